"""Dialect words to standard Arabic, so that a question meets an article written in the standard.

Only the wording that a search looks for is rewritten; what a reader typed is never shown rewritten.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.arabic import Token, tokenise_with_offsets
from knowledge.conjugation import standard_verb
from knowledge.dialect_words import EVERY_DIALECT, Entry, entry_of, phrase_entry

LONGEST_PHRASE = 3
_PROGRESSIVE = frozenset({"عم", "عمال", "عماله", "عمالين", "قاعد", "قاعده", "قاعدين", "جالس", "جالسين"})
_FUTURE = frozenset({"رح", "راح", "حا", "غادي", "غاديه", "غاديين", "غا"})
_PRONOUN_SUBJECTS = frozenset({"هو", "هي", "هم", "هما"})
_ASKED_FIRST = frozenset(
    {"ما", "لماذا", "كيف", "أين", "من أين", "إلى أين", "متى", "من", "كم", "بكم", "بماذا", "لمن"}
)
_ASKING = frozenset(
    {"ما", "ماذا", "لماذا", "كيف", "اين", "متي", "كم", "هل", "اي", "كام", "ليه", "ليش", "شو", "واش", "وش"}
)
_BOUND = frozenset(
    {"في", "علي", "عن", "من", "مع", "الي", "بعد", "قبل", "ب", "ل", "عند", "غير", "كان", "كانت"}
)
_CASE_ENDINGS = re.compile("[\u064b-\u064d]")
_PRESENT = re.compile(r"[بهحك]?[يتن]\w{2,}")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A text with its dialect words replaced, and the dialects they showed (letters of lexicon/particles)."""

    text: str
    dialects: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    tokens: int
    entry: Entry


def _is_standard(written: str, entry: Entry) -> bool:
    """Whether letters that the matching form drops tell a standard word from the dialect word of that form.

    آية and إيه, شراء and شرا, خلية and خليه; and only the standard writes its case endings.
    """
    if _CASE_ENDINGS.search(written) or "ء" in written:
        return True
    return not entry.noun and ("ة" in written or "آ" in written)


def _auxiliary(tokens: Sequence[Token], at: int) -> Entry | None:
    """عم, رح and their like before a present verb: the standard says it with the verb alone."""
    word = tokens[at].text
    if at + 1 == len(tokens) or not _PRESENT.fullmatch(tokens[at + 1].text):
        return None
    if word in _PROGRESSIVE:
        # "عم يبحث" may also be the standard "what is he looking for".
        return Entry("", EVERY_DIALECT, certain=False)
    return Entry("سوف", EVERY_DIALECT, certain=word in {"رح", "غادي"}) if word in _FUTURE else None


def _match_at(text: str, tokens: Sequence[Token], at: int) -> _Match | None:
    for length in range(min(LONGEST_PHRASE, len(tokens) - at), 1, -1):
        run = tokens[at : at + length]
        phrase = phrase_entry(" ".join(token.text for token in run))
        if phrase is not None and not _is_standard(text[run[0].start : run[-1].end], phrase):
            return _Match(run[0].start, run[-1].end, length, phrase)
    token = tokens[at]
    entry = _auxiliary(tokens, at) or entry_of(token.text)
    standard = entry is None or _is_standard(text[token.start : token.end], entry)
    return None if entry is None or standard else _Match(token.start, token.end, 1, entry)


def _matches(text: str, tokens: Sequence[Token]) -> Iterator[_Match]:
    at = 0
    while at < len(tokens):
        match = _match_at(text, tokens, at)
        at += match.tokens if match else 1
        if match is not None:
            yield match


def _what(tokens: Sequence[Token], match: _Match) -> str:
    """ "What" is ما before a noun and ماذا before a verb."""
    following = [token.text for token in tokens if token.start >= match.end][:2]
    definite = [word.startswith("ال") or word in _PRONOUN_SUBJECTS for word in following]
    verb = following and (following[0][0] in "يتن" or standard_verb(following[0]) is not None)
    bound = any(
        token.text in _BOUND for token in tokens if token.end < match.start and token.end + 2 > match.start
    )
    if bound:
        return "ماذا"
    return "ما" if not following or definite[0] or (definite[-1] and not verb) else "ماذا"


def _asks_last(tokens: Sequence[Token], match: _Match) -> bool:
    """Whether the question word stands last, is the only one, and no preposition needs it where it is."""
    before = [token.text for token in tokens if token.start < match.start]
    return (
        bool(before)
        and match.end == tokens[-1].end
        and before[-1] not in _BOUND
        and _ASKING.isdisjoint(before)
    )


def _replace(text: str, tokens: Sequence[Token], matches: Sequence[_Match]) -> str:
    parts: list[str] = []
    first = ""
    done = 0
    for match in matches:
        standard = match.entry.standard
        if standard == "ما":
            standard = _what(tokens, match)
        # Egyptians ask "راح فين": the standard asks first.
        if standard in _ASKED_FIRST and _asks_last(tokens, match):
            first, standard = standard, ""
        parts += [text[done : match.start], standard]
        done = match.end
    rewritten = re.sub(r"\s+", " ", "".join([first, " ", *parts, text[done:]])).strip()
    return re.sub(r" (?=[؟?!.،])", "", rewritten)


def _shown(certain: Iterable[frozenset[str]]) -> frozenset[str]:
    """The dialects that the certain words speak for most; a word of fewer dialects says more."""
    weights: Counter[str] = Counter()
    for dialects in certain:
        weights.update({dialect: 12 // len(dialects) for dialect in dialects})
    return frozenset(dialect for dialect, weight in weights.items() if 2 * weight >= max(weights.values()))


def is_dialect_word(word: str) -> bool:
    """Tell whether a word in matching form is a form that some dialect has."""
    return bool(word) and entry_of(word) is not None


def to_standard(text: str) -> Rewriting:
    """Return `text` with its dialect words in standard Arabic; the very same text when there are none."""
    tokens = list(tokenise_with_offsets(text))
    found = list(_matches(text, tokens))
    shown = _shown(match.entry.dialects for match in found if match.entry.certain)
    kept = [match for match in found if match.entry.certain or match.entry.dialects & shown]
    return Rewriting(_replace(text, tokens, kept) if kept else text, shown)
