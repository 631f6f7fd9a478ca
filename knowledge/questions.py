"""What a search should look for, given a question as it was typed."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cache

from knowledge.arabic import Token, normalise, tokenise, tokenise_with_offsets
from knowledge.arabizi import transliterations
from knowledge.dialects import end_of, to_standard
from knowledge.lexicon import lines, words
from knowledge.scripts import Script, english_function_words, latin_words, script_of

MOST_ALTERNATIVES = 4
LONGEST_READ = 4_000
"""Characters of a text that are read; a longer one is no question, and is returned as it is."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The wordings under which the answer to one question may be found."""

    standard: str
    """The question towards standard Arabic; the very input when no word is of a dialect."""
    content: str
    """The same without question words and request phrases; never empty unless the question is."""
    alternatives: tuple[str, ...]
    """For Arabizi, at most four readings in Arabic letters and standard words, the likeliest first."""
    script: Script


@dataclass(frozen=True, slots=True)
class _Phrases:
    anywhere: frozenset[tuple[str, ...]]
    first: frozenset[tuple[str, ...]]
    longest: int


@cache
def _requests() -> _Phrases:
    entries = list(lines("requests"))
    first = frozenset(tuple(tokenise(entry)) for entry in entries if entry.startswith("^"))
    anywhere = frozenset(tuple(tokenise(entry)) for entry in entries if not entry.startswith("^"))
    return _Phrases(anywhere, first, max(map(len, first | anywhere)))


@cache
def _question_words() -> frozenset[str]:
    return frozenset(normalise(word) for word in words("question_words")) | english_function_words()


def _request_length(forms: Sequence[str], at: int, *, first: bool) -> int:
    """Words of the request phrase that begins at `at`, 0 when none does."""
    phrases = _requests()
    for length in range(min(phrases.longest, len(forms) - at), 0, -1):
        phrase = tuple(forms[at : at + length])
        if phrase in phrases.anywhere or (first and phrase in phrases.first):
            return length
    return 0


def _is_noun(standard: str, token: Token) -> bool:
    """ماء and آية have the matching forms of ما and أية."""
    written = standard[token.start : end_of(standard, token)]
    return "ء" in written or "آ" in written


def _content_tokens(standard: str, tokens: Sequence[Token]) -> list[Token]:
    forms = [token.text for token in tokens]
    kept: list[Token] = []
    at = 0
    while at < len(tokens):
        skipped = _request_length(forms, at, first=at == 0)
        if not skipped and (forms[at] not in _question_words() or _is_noun(standard, tokens[at])):
            kept.append(tokens[at])
        at += max(skipped, 1)
    return kept


def content_of(standard: str) -> str:
    """Return a question in standard Arabic or English without question words and request phrases."""
    kept = _content_tokens(standard, tokenise_with_offsets(standard))
    return " ".join(standard[token.start : end_of(standard, token)] for token in kept) or standard


def readings(question: str, vocabulary: Container[str] | None = None) -> Readings:
    """Return the readings of `question`; of any text, without raising.

    `vocabulary` holds the words of the indexed articles in matching form: readings of Arabizi that stand
    there win; a `knowledge.skeletons.Vocabulary` also finds words of the same consonants.
    """
    if len(question) > LONGEST_READ:
        return Readings(question, question, (), "mixed")
    script = script_of(question)
    standard = to_standard(question).text or question
    alternatives: tuple[str, ...] = ()
    if script in {"arabizi", "mixed"}:
        alternatives = tuple(transliterations(question, vocabulary, MOST_ALTERNATIVES))
    content = content_of(alternatives[0] if alternatives else standard)
    if script == "mixed":
        # A foreign name may stand in the article in either script.
        content = " ".join(
            [content, *(word for word in latin_words(question) if word not in english_function_words())]
        )
    return Readings(standard, content, alternatives, script)
