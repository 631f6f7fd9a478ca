"""Arabic written in Latin letters and digits ("el kahraba 3ashan eh"), read back in Arabic letters."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import nsmallest

from knowledge.arabic import is_arabic, normalise
from knowledge.dialects import is_dialect_word, to_standard
from knowledge.lexicon import words
from knowledge.scripts import LATIN_WORD, arabizi_words
from knowledge.skeletons import Vocabulary, skeleton, skeleton_key, skeletons

__all__ = ["Reading", "skeleton", "skeleton_key", "transliterations", "word_readings"]

_BEAM = 48
_READINGS_A_WORD = 4
_JOINER = "ـ"
_VOWELS = frozenset("aeiou")

# What each Latin unit may stand for, with a cost: 0 the only reading, about 1 a rare one. Set by judgement.
_Choices = tuple[tuple[str, float], ...]
_CONSONANTS: dict[str, _Choices] = {
    "kh": (("خ", 0.0),),
    "7'": (("خ", 0.0),),
    "5": (("خ", 0.0),),
    "gh": (("غ", 0.0),),
    "3'": (("غ", 0.0),),
    "sh": (("ش", 0.0),),
    "ch": (("ش", 0.1), ("تش", 0.6), ("خ", 1.0)),
    "th": (("ث", 0.1), ("ذ", 0.5), ("ته", 1.0)),
    "dh": (("ذ", 0.2), ("ض", 0.3), ("ظ", 0.3)),
    "dj": (("ج", 0.0),),
    "ph": (("ف", 0.0),),
    "ck": (("ك", 0.0),),
    "9'": (("ض", 0.0),),
    "6'": (("ظ", 0.0),),
    "2": (("ق", 0.2), ("أ", 0.25), ("ئ", 0.45), ("ء", 0.5), ("ؤ", 0.6), ("", 0.7)),
    "3": (("ع", 0.0),),
    "4": (("ش", 0.6), ("ذ", 0.8)),
    "6": (("ط", 0.0),),
    "7": (("ح", 0.0),),
    "8": (("ق", 0.3), ("غ", 0.3)),
    "9": (("ق", 0.2), ("ص", 0.3)),
    "b": (("ب", 0.0),),
    "c": (("ك", 0.3), ("س", 0.4), ("ش", 0.8)),
    "d": (("د", 0.1), ("ض", 0.4), ("ذ", 0.7), ("ظ", 0.9)),
    "f": (("ف", 0.0),),
    "g": (("ج", 0.2), ("غ", 0.6), ("ق", 0.6), ("ك", 0.9)),
    "h": (("ه", 0.2), ("ح", 0.4)),
    "j": (("ج", 0.0),),
    "k": (("ك", 0.1), ("ق", 0.6), ("خ", 1.1)),
    "l": (("ل", 0.0),),
    "m": (("م", 0.0),),
    "n": (("ن", 0.0),),
    "p": (("ب", 0.0),),
    "q": (("ق", 0.0),),
    "r": (("ر", 0.0),),
    "s": (("س", 0.1), ("ص", 0.3), ("ث", 0.7), ("ز", 1.1)),
    "t": (("ت", 0.1), ("ط", 0.4), ("ث", 0.8)),
    "v": (("ف", 0.0),),
    "w": (("و", 0.0),),
    "x": (("كس", 0.2), ("خ", 0.4)),
    "y": (("ي", 0.0),),
    "z": (("ز", 0.1), ("ظ", 0.4), ("ذ", 0.5)),
}
_FIRST: dict[str, _Choices] = {
    "a": (("ا", 0.0), ("ع", 1.1)),
    "aa": (("ا", 0.0), ("عا", 1.0)),
    "e": (("ا", 0.1), ("ي", 1.0)),
    "i": (("ا", 0.1), ("اي", 0.7)),
    "o": (("ا", 0.1), ("او", 0.4), ("ع", 1.2)),
    "u": (("ا", 0.1), ("او", 0.4)),
    "ou": (("او", 0.1), ("ا", 0.5)),
    "ee": (("اي", 0.1),),
    "ai": (("اي", 0.1), ("عي", 1.0)),
    "au": (("او", 0.1),),
    "2": (("أ", 0.1), ("ق", 0.15)),
    "y": (("ي", 0.0),),
}
_INSIDE: dict[str, _Choices] = {
    "a": (("", 0.3), ("ا", 0.35)),
    "aa": (("ا", 0.0),),
    "e": (("", 0.2), ("ي", 0.6), ("ا", 0.9)),
    "i": (("", 0.35), ("ي", 0.35)),
    "o": (("", 0.4), ("و", 0.35)),
    "u": (("", 0.4), ("و", 0.4)),
    "ou": (("و", 0.0), ("", 0.7)),
    "ee": (("ي", 0.0), ("", 0.9)),
    "ai": (("ي", 0.1), ("اي", 0.4), ("ائ", 0.5)),
    "au": (("و", 0.1), ("او", 0.4)),
}
_LAST: dict[str, _Choices] = {
    "a": (("ة", 0.3), ("ا", 0.35), ("ى", 0.6), ("اء", 0.8), ("", 1.0)),
    "aa": (("ا", 0.1), ("اء", 0.4), ("ى", 0.5)),
    "ah": (("ة", 0.1), ("اه", 0.6)),
    "e": (("ة", 0.3), ("ي", 0.6), ("ه", 0.5), ("", 0.8)),
    "eh": (("ة", 0.2), ("ه", 0.3), ("يه", 0.5)),
    "i": (("ي", 0.1), ("ة", 1.0)),
    "o": (("و", 0.3), ("ه", 0.35), ("وا", 0.4)),
    "u": (("وا", 0.3), ("و", 0.35), ("ه", 0.5)),
    "ou": (("وا", 0.2), ("و", 0.3), ("ه", 0.6)),
    "ee": (("ي", 0.1),),
    "ai": (("ي", 0.1), ("اي", 0.4)),
    "ia": (("ية", 0.2), ("يا", 0.3)),
    "at": (("ات", 0.25), ("ت", 0.35), ("ة", 0.45)),
    "et": (("ت", 0.3), ("ة", 0.3)),
    "it": (("ت", 0.3), ("يت", 0.3), ("ة", 0.6)),
    "2": (("ق", 0.2), ("ء", 0.2), ("أ", 0.3), ("ئ", 0.5)),
}
_SAME_VOWEL = (("oo", "ou"), ("uu", "ou"), ("ii", "ee"), ("ei", "ai"), ("ay", "ai"), ("ey", "ai"), ("aw", "au"))
_UNIT = re.compile(r"ia$|[ae]h$|[aei]t$|kh|gh|sh|ch|th|dh|dj|ph|ck|[3679]'|aa|ee|ou|ai|au|.")
_DOUBLED = re.compile(r"([b-df-hj-np-tv-z2-9])\1+")
_ARTICLE = re.compile(
    r"(?P<article>(?:[wf]|wa)?(?:[aei]l|l(?=[b-df-hj-np-tv-z2-9]))|[aei]?(?=(?P<sun>sh|th|dh|[tdrzsn])(?P=sun)))(?P<noun>.{3,})"
)
_PROCLITICS = re.compile(r"(?:[وف]?(?:بال|كال|لل|ال|[بلك])|[وف])(?=..)")
_SUFFIXES = re.compile(r"(?<=..)(?:هم|ها|نا|كم|ه|ي|ك)$")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a word in Arabic letters; the lower the cost, the likelier."""

    text: str
    cost: float


@cache
def _common() -> frozenset[str]:
    return frozenset(words("common")) | {normalise(word) for word in arabizi_words().values()}


def _choices(unit: str, at: int, last: int) -> _Choices:
    if at == 0 and at != last and unit in _FIRST:
        return _FIRST[unit]
    if at == last and unit in _LAST:
        return _LAST[unit]
    return _CONSONANTS.get(unit) or _INSIDE.get(unit) or _LAST.get(unit) or ((unit, 1.0),)


def _spell(latin: str) -> list[Reading]:
    """Every likely spelling of a bare word, best first."""
    for written, vowel in _SAME_VOWEL:
        latin = latin.replace(written, vowel) if written[1] not in "yw" else _glide(latin, written, vowel)
    units = _UNIT.findall(_DOUBLED.sub(r"\1", latin))
    beam = {"": 0.0}
    for at, unit in enumerate(units):
        grown: dict[str, float] = {}
        for text, cost in beam.items():
            for letters, price in _choices(unit, at, len(units) - 1):
                total = cost + price
                if total < grown.get(text + letters, 99.0):
                    grown[text + letters] = total
        beam = dict(nsmallest(_BEAM, grown.items(), key=lambda item: item[1]))
    return [Reading(text, cost) for text, cost in beam.items() if text]


def _glide(latin: str, written: str, vowel: str) -> str:
    """"ay" is a vowel before a consonant or at the end, but "aya" is two syllables."""
    return re.sub(f"{written}(?![aeiou{written[1]}])", vowel, latin)


@lru_cache(maxsize=4096)
def _spellings(word: str) -> tuple[Reading, ...]:
    latin = re.sub(r"['’`´‘](?!$)", "'", word).rstrip("'’`´‘") if not re.search(r"[3679]['’`´‘]$", word) else word
    latin = re.sub(r"(?<![3679])'", "", latin.replace("’", "'"))
    found = _spell(latin)
    article = _ARTICLE.fullmatch(latin)
    if article is not None:
        lead = {"w": "و", "f": "ف"}.get(latin[0], "") if article["article"] else ""
        found += [Reading(f"{lead}ال{noun.text}", noun.cost + 0.1) for noun in _spell(article["noun"])]
    return tuple(sorted(found, key=lambda reading: reading.cost))


def _familiarity(form: str, vocabulary: Container[str]) -> float:
    """How far a spelling in matching form is a known word: 0 unknown, 3 a word of the articles."""
    if form in vocabulary:
        return 3.0
    if form in _common() or is_dialect_word(form):
        return 2.0
    bare = _PROCLITICS.sub("", form, count=1)
    for stem in (bare, _SUFFIXES.sub("", form), _SUFFIXES.sub("", bare)):
        if len(stem) > 2 and stem in vocabulary:
            return 2.2
        if len(stem) > 2 and (stem in _common() or is_dialect_word(stem)):
            return 1.2
    if f"ال{form}" in vocabulary:
        return 2.5
    return 0.0


def _distance(one: str, other: str) -> int:
    """Levenshtein's edit distance."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, expected in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (letter != expected))
    return row[-1]


def _sounding_like(word: str, spelling: str, vocabulary: Container[str]) -> Iterator[Reading]:
    if not isinstance(vocabulary, Vocabulary) or len(skeletons(word)[0]) < 2:
        return
    for found in vocabulary.sounding_like(word):
        distance = min(_distance(spelling, found), _distance(spelling, found.removeprefix("ال")))
        if distance <= max(1, len(spelling) // 2):
            yield Reading(found, 0.5 * distance - 1.5)


def word_readings(word: str, vocabulary: Container[str] | None = None) -> list[Reading]:
    """Return at most four readings of one word in Latin letters, the likeliest first.

    Readings among the words of `vocabulary` (matching form) come before frequent words, and these before others;
    a `Vocabulary` also finds words of the same consonants.
    """
    known: Container[str] = vocabulary if vocabulary is not None else frozenset[str]()
    listed = arabizi_words().get(word)
    if listed is not None:
        return [Reading(listed, -4.0)]
    spellings = _spellings(word)
    if not spellings:
        return [Reading(word, 0.0)]
    ranked: dict[str, Reading] = {}
    sounding = _sounding_like(word, normalise(spellings[0].text), known)
    judged = (
        Reading(spelling.text, spelling.cost - _familiarity(normalise(spelling.text), known))
        for spelling in spellings
    )
    for reading in sorted([*judged, *sounding], key=lambda reading: reading.cost):
        ranked.setdefault(normalise(reading.text), reading)
    return list(ranked.values())[:_READINGS_A_WORD]


def _joined(parts: Iterable[str]) -> str:
    """Words with a joiner at an end meet their neighbour: الـ and بنك make البنك."""
    text = re.sub(rf"{_JOINER}\s+", "", " ".join(parts)).replace(_JOINER, "")
    # An article that a word already has, and the ل that swallows its ا.
    return re.sub(r"(?<!\S)(و?)(ب?)الال(?=\S\S)", r"\1\2ال", text)


def transliterations(text: str, vocabulary: Container[str] | None = None, most: int = 4) -> list[str]:
    """Return at most `most` readings of `text` in Arabic letters and standard words, the likeliest first.

    Words that are in Arabic letters, numbers and punctuation stay as they are.
    """
    choices: list[list[Reading]] = []
    for chunk in re.findall(rf"{LATIN_WORD.pattern}|[^\sA-Za-z]+", text, re.IGNORECASE):
        for part in re.split(r"-", chunk.lower()):
            latin = part and not part.isdigit() and LATIN_WORD.fullmatch(part) and not is_arabic(part)
            choices.append(word_readings(part, vocabulary) if latin else [Reading(part, 0.0)])
    beam: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
    for options in choices:
        grown = [(cost + option.cost, (*parts, option.text)) for cost, parts in beam for option in options]
        beam = nsmallest(most * 2, grown)
    found = dict.fromkeys(to_standard(_joined(parts)).text for _, parts in beam)
    return [reading for reading in found if reading][:most]
