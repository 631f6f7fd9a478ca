"""Dialect words to standard Arabic, so that a question meets an article written in the standard.

Only the wording that a search looks for is rewritten; what a reader typed is never shown rewritten.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from knowledge.arabic import Token, tokenise_with_offsets
from knowledge.conjugation import is_verb
from knowledge.dialect_words import EVERY_DIALECT, Entry, entry_of, phrase_entry

LONGEST_PHRASE = 3
_PROGRESSIVE = frozenset({"عم", "عمال", "عماله", "عمالين", "قاعد", "قاعده", "قاعدين", "جالس", "جالسين"})
_FUTURE = frozenset({"رح", "راح", "حا", "غادي", "غاديه", "غاديين", "غا"})
_ASKED_FIRST = frozenset(
    {"ما", "لماذا", "كيف", "أين", "من أين", "إلى أين", "متى", "من", "كم", "بكم", "بماذا", "لمن"}
)
_ASKING = frozenset(
    {"ما", "ماذا", "لماذا", "كيف", "اين", "متي", "كم", "هل", "اي", "كام", "ليه", "ليش", "شو", "واش", "وش"}
)
_PREPOSITIONS = frozenset({"في", "علي", "عن", "من", "مع", "الي", "بعد", "قبل", "ب", "ل", "عند", "غير"})
_WANT = frozenset({"أريد", "يريد", "تريد", "يريدون"})
_NOUNS_LIKE_VERBS = frozenset({"سبب", "حكم", "اثر"})
_STAY_BEFORE = _PREPOSITIONS | {"كان", "كانت", "يعني"}
_SIGNS = re.compile("[\u0621\u064b-\u0652\u0670]*")
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
    if _CASE_ENDINGS.search(written) or "ء" in written or "آ" in written:
        return True
    return "ة" in written and (entry.kind == "verb" or entry.standard == "ما")


def end_of(text: str, token: Token) -> int:
    """Return where a token ends with the ء and the vowel signs that its matching form leaves out."""
    signs = _SIGNS.match(text, token.end)
    return signs.end() if signs is not None else token.end


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
        if phrase is not None and not _is_standard(text[run[0].start : end_of(text, run[-1])], phrase):
            return _Match(run[0].start, end_of(text, run[-1]), length, phrase)
    token = tokens[at]
    entry = _auxiliary(tokens, at) or entry_of(token.text)
    end = end_of(text, token)
    if entry is None or _is_standard(text[token.start : end], entry):
        return None
    if text[token.start : end].endswith("ة") and entry.standard.endswith("ه"):
        entry = replace(entry, standard=entry.standard[:-1] + "ة")
    return _Match(token.start, end, 1, entry)


def _matches(text: str, tokens: Sequence[Token]) -> Iterator[_Match]:
    at = 0
    while at < len(tokens):
        match = _match_at(text, tokens, at)
        at += match.tokens if match else 1
        if match is not None:
            yield match


def _before_verb(tokens: Sequence[Token], match: _Match) -> bool:
    following = [token.text for token in tokens if token.start >= match.end]
    if not following or following[0] in _NOUNS_LIKE_VERBS:
        return False
    entry = entry_of(following[0])
    wants = entry is not None and entry.standard in _WANT
    return wants or following[0] in _PROGRESSIVE | _FUTURE or is_verb(following[0])


def _fitting(tokens: Sequence[Token], match: _Match) -> str:
    """The standard word that suits what follows: ما and ليس before a noun, ماذا and لا before a verb."""
    standard = match.entry.standard
    if standard == "ما":
        before = [token.text for token in tokens if token.end <= match.start]
        bound = bool(before) and before[-1] in _PREPOSITIONS
        return "ماذا" if bound or _before_verb(tokens, match) else "ما"
    return "لا" if standard == "ليس" and _before_verb(tokens, match) else standard


def _asks_last(tokens: Sequence[Token], match: _Match) -> bool:
    """Whether the question word stands last, is the only one, and no preposition needs it where it is."""
    before = [token.text for token in tokens if token.start < match.start]
    return (
        bool(before)
        and match.end >= tokens[-1].end
        and before[-1] not in _PREPOSITIONS
        and _ASKING.isdisjoint(before)
    )


def _replace(text: str, tokens: Sequence[Token], matches: Sequence[_Match]) -> str:
    parts: list[str] = []
    first = ""
    done = 0
    for match in matches:
        standard = _fitting(tokens, match)
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


@lru_cache(maxsize=64)
def to_standard(text: str) -> Rewriting:
    """Return `text` with its dialect words in standard Arabic; the very same text when there are none."""
    tokens = tokenise_with_offsets(text)
    found = list(_matches(text, tokens))
    shown = _shown(match.entry.dialects for match in found if match.entry.certain)
    kept = [match for match in found if match.entry.certain or match.entry.dialects & shown]
    return Rewriting(_replace(text, tokens, kept) if kept else text, shown)
