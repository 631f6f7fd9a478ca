"""Arabic written in Latin letters and digits ("el kahraba 3ashan eh"), read back in Arabic letters."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from heapq import nsmallest

from knowledge.arabic import normalise
from knowledge.conjugation import is_verb
from knowledge.dialects import is_dialect_word, to_standard
from knowledge.latin_letters import choices
from knowledge.lexicon import words
from knowledge.scripts import LATIN_WORD, arabizi_words
from knowledge.skeletons import Vocabulary, skeleton, skeleton_key, skeletons

__all__ = ["Reading", "skeleton", "skeleton_key", "transliterations", "word_readings"]

_BEAM = 40
"""Spellings of a word that are followed up."""
_LIKELY = 10
"""Spellings that are looked at closely."""
_READINGS_A_WORD = 4
_JOINER = "ـ"

_SAME_VOWEL = (("oo", "ou"), ("uu", "ou"), ("ii", "ee"), ("ei", "ai"))
_GLIDES = (("ay", "ai"), ("ey", "ai"), ("aw", "au"))
_APOSTROPHE = "['’`´‘]"
_UNIT = re.compile(r"ia$|ha$|[ae]h$|[aei]t$|kh|gh|sh|ch|th|dh|dj|ph|ck|[3679]'|aa|ee|ou|ai|au|.")
_DOUBLED = re.compile(r"([b-df-hj-np-tv-z2-9])\1+")
_ARTICLE = re.compile(
    r"(?P<article>(?:[wf]|wa)?(?:[aei]l|l(?=[b-df-hj-np-tv-z2-9]))|[aei]?(?=(?P<sun>sh|th|dh|[tdrzsn])(?P=sun)))(?P<noun>.{3,})"
)
_ASSIMILATED = re.compile(r"\b[aei](sh|th|dh|[tdrzsn])-(?=\1)", re.IGNORECASE)
_PROCLITICS = re.compile(r"(?:[وف]?(?:بال|كال|لل|ال|[بلك])|[وف])(?=..)")
_SUFFIXES = re.compile(r"(?<=..)(?:هم|ها|نا|كم|وا|ه|ي|ك)$")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a word in Arabic letters; the lower the cost, the likelier."""

    text: str
    cost: float


@cache
def _common() -> frozenset[str]:
    return frozenset(words("common")) | {normalise(word) for word in arabizi_words().values()}


def _spell(latin: str) -> list[Reading]:
    """Every likely spelling of a bare word, best first."""
    for written, vowel in _SAME_VOWEL:
        latin = latin.replace(written, vowel)
    # "ay" is a vowel before a consonant or at the end, but "aya" is two syllables.
    for written, vowel in _GLIDES:
        latin = re.sub(f"{written}(?![aeiou{written[1]}])", vowel, latin)
    units = _UNIT.findall(_DOUBLED.sub(r"\1", latin))
    beam = {"": 0.0}
    for at, unit in enumerate(units):
        grown: dict[str, float] = {}
        for text, cost in beam.items():
            for letters, price in choices(unit, at, len(units) - 1):
                total = cost + price
                if total < grown.get(text + letters, 99.0):
                    grown[text + letters] = total
        beam = dict(nsmallest(_BEAM, grown.items(), key=lambda item: item[1]))
    return [Reading(text, cost) for text, cost in beam.items() if text]


@lru_cache(maxsize=4096)
def _spellings(word: str) -> tuple[Reading, ...]:
    # Only after 3, 6, 7 and 9 does an apostrophe make another letter.
    latin = re.sub(r"(?<![3679])'", "", re.sub(_APOSTROPHE, "'", word))
    found = _spell(latin)
    article = _ARTICLE.fullmatch(latin)
    if article is not None:
        bare = article["noun"].removeprefix(article["sun"] or "")
        lead = {"w": "و", "f": "ف"}.get(latin[0], "") if article["article"] else ""
        found += [Reading(f"{lead}ال{noun.text}", noun.cost + 0.1) for noun in _spell(bare)]
    return tuple(sorted(found, key=lambda reading: reading.cost))


def _familiarity(form: str, vocabulary: Container[str], *, likely: bool) -> float:
    """How far a spelling in matching form is a known word: 0 unknown, 3 a word of the articles.

    Only `likely` spellings are taken apart and compared with the dialects' forms: that takes longer.
    """
    if form in vocabulary:
        return 3.0
    verb = 0.2 if likely and is_verb(form) else 0.0
    if form in _common() or (likely and is_dialect_word(form)):
        return 2.0
    bare = _PROCLITICS.sub("", form, count=1)
    stems = {bare, _SUFFIXES.sub("", form), _SUFFIXES.sub("", bare)} if likely else {bare}
    stems = {stem for stem in stems if len(stem) > 2 and stem != form}
    if any(stem in vocabulary for stem in stems) or (likely and f"ال{form}" in vocabulary):
        return 2.2 + verb
    return (
        2.0
        if verb
        else 1.2
        if likely and any(stem in _common() or is_dialect_word(stem) for stem in stems)
        else 0.0
    )


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
        if distance <= (len(spelling) // 2 if len(skeletons(word)[0]) > 2 else 1):
            yield Reading(found, 0.5 * distance - 1.5)


def word_readings(word: str, vocabulary: Container[str] | None = None) -> list[Reading]:
    """Return at most four readings of one word in Latin letters, the likeliest first.

    Readings among the words of `vocabulary` (matching form) come before frequent words, and these before
    others; a `Vocabulary` also finds words of the same consonants.
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
        Reading(
            spelling.text,
            spelling.cost - _familiarity(normalise(spelling.text), known, likely=place < _LIKELY),
        )
        for place, spelling in enumerate(spellings[:_BEAM])
    )
    for reading in sorted([*judged, *sounding], key=lambda reading: reading.cost):
        ranked.setdefault(normalise(reading.text), reading)
    return list(ranked.values())[:_READINGS_A_WORD]


def _joined(parts: Iterable[str]) -> str:
    """Words with a joiner at an end meet their neighbour: الـ and بنك make البنك."""
    text = re.sub(rf"{_JOINER}\s+|\s+(?=[؟?!.,،؛:])", "", " ".join(parts)).replace(_JOINER, "")
    # An article that a word already has, and the ل that swallows its ا.
    return re.sub(r"(?<!\S)(و?)(ب?)الال(?=\S\S)", r"\1\2ال", text)


def transliterations(text: str, vocabulary: Container[str] | None = None, most: int = 4) -> list[str]:
    """Return at most `most` readings of `text` in Arabic letters and standard words, the likeliest first.

    Words that are in Arabic letters, numbers and punctuation stay as they are.
    """
    places: list[list[Reading]] = []
    text = _ASSIMILATED.sub("el ", text)
    for chunk in re.findall(rf"{LATIN_WORD.pattern}|[^\sA-Za-z]+", text, re.IGNORECASE):
        for part in filter(None, chunk.lower().split("-")):
            if part == "hal" and not places:
                # Elsewhere it is the Levantine "this": "bhal balad".
                places.append([Reading("هل", 0.0)])
            elif LATIN_WORD.fullmatch(part) and not part.isdigit():
                places.append(word_readings(part, vocabulary))
            else:
                places.append([Reading(part, 0.0)])
    beam: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
    for options in places:
        grown = [(cost + option.cost, (*parts, option.text)) for cost, parts in beam for option in options]
        beam = nsmallest(most * 2, grown)
    found = dict.fromkeys(to_standard(_joined(parts)).text for _, parts in beam)
    return [reading for reading in found if reading][:most]
