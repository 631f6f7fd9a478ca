"""In which letters and which language of Latin letters a message is written."""

import re
from collections import Counter
from functools import cache, lru_cache
from typing import Literal

from knowledge.arabic import is_arabic
from knowledge.lexicon import lines, words

Script = Literal["arabic", "latin", "arabizi", "mixed", "other", "none"]

LATIN_WORD = re.compile(r"[a-zà-ÿ0-9]+(?:['’`´‘-][a-zà-ÿ0-9]+)*['’`´‘]?", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGIT_LETTER = re.compile(r"[a-z']*[2356789]'?[a-z]|[a-z][a-z']*[2356789]", re.IGNORECASE)
"""A digit standing for an Arabic letter has a Latin letter beside it."""
_NO_DIGIT_LETTER = re.compile(
    r"(?:\d+(?:st|nd|rd|th|s|k|m|b|g|kg|km|cm|mm|mw|gw|kwh|gb|mb|tb|am|pm|d|x|p)"
    r"|[a-z]\d{1,3}|\w*19|mp[34]|h2o|co2|b2[bc]|p2p|e2e|web[23]|i18n|l10n|[a-z]{2,}\d{2,})",
    re.IGNORECASE,
)
_ENOUGH = 0.5
"""More than one word that only looks Arabic: names do, too."""
_ARTICLES = frozenset({"el", "al", "il", "l"})
"""Other languages have them, too."""
_SHAPES = re.compile(r"kh|gh|aa|dh|ou|[ae]h$|^(?:[aei]l-?[a-z]{3}|[bfl][ei]l|w[ae]l|mel)")
"""Letter groups that are commoner in Arabic than in English or French."""


@cache
def english() -> frozenset[str]:
    """Frequent English words."""
    return frozenset(words("english")) | english_function_words()


@cache
def english_function_words() -> frozenset[str]:
    """English words that say nothing about a subject."""
    return frozenset(words("english_function"))


@cache
def _other_languages() -> frozenset[str]:
    return frozenset(words("french"))


@cache
def arabizi_words() -> dict[str, str]:
    """Frequent words of Arabic in Latin letters with what they stand for."""
    known: dict[str, str] = {}
    for line in lines("arabizi"):
        arabic, _, spellings = line.partition(":")
        for spelling in spellings.split():
            known.setdefault(spelling, arabic.strip().replace("_", " "))
    return known


def latin_words(text: str) -> list[str]:
    """Return the words of `text` that hold a Latin letter, digits for letters included, in lower case."""
    found = (match.group().lower() for match in LATIN_WORD.finditer(text))
    return [word for word in found if any("a" <= letter <= "z" or letter > "\x7f" for letter in word)]


def _evidence(word: str) -> float:
    """How much one word in Latin letters speaks for Arabic; negative: for another language."""
    if _DIGIT_LETTER.match(word) and not _NO_DIGIT_LETTER.fullmatch(word):
        return 2.0
    plain = word.strip("'’`´‘")
    in_arabizi, foreign = plain in arabizi_words(), plain in english() or plain in _other_languages()
    if in_arabizi != foreign:
        return -1.0 if foreign else 0.4 if plain in _ARTICLES else 1.0
    if in_arabizi:
        return 0.0
    return 0.4 if _SHAPES.search(plain) else 0.0


def is_arabizi(words_in_latin: list[str]) -> bool:
    """Tell whether words in Latin letters, in lower case, are rather Arabic than English or French."""
    return sum(map(_evidence, words_in_latin)) > _ENOUGH


@lru_cache(maxsize=64)
def script_of(text: str) -> Script:
    """Return the letters `text` is written in; "arabizi" for Arabic in Latin letters, "none" without any."""
    counts: Counter[str] = Counter()
    for run in _LETTERS.findall(text):
        latin = run.isascii() or "À" <= run[0] <= "ɏ"
        counts["arabic" if is_arabic(run) else "latin" if latin else "other"] += len(run)
    if not counts:
        return "none"
    if counts["other"] > counts["arabic"] + counts["latin"]:
        return "other"
    if counts["arabic"] and counts["latin"]:
        return "mixed"
    if counts["arabic"]:
        return "arabic"
    return "arabizi" if is_arabizi(latin_words(text)) else "latin"
