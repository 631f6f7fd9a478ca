"""Verbs as the dialects conjugate them, taken apart and put together again as standard Arabic would."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from knowledge.arabic import normalise
from knowledge.lexicon import lines

_OBJECTS = ("", "ه", "ها", "هم", "هن", "نا", "ني", "ك", "كم", "لو", "له", "لها", "لهم", "ليه", "ليها", "ليهم")
_PAST_ENDINGS = {
    "": "",
    "ت": "ت",
    "وا": "وا",
    "و": "وا",
    "نا": "نا",
    "تو": "تم",
    "توا": "تم",
    "تي": "ت",
    "ات": "ت",
}
_PRESENT_ENDINGS = {"": "", "وا": "ون", "و": "ون", "ون": "ون", "ين": "ين"}
_ASPECTS = {"ب": "", "ك": "", "ه": "س", "ح": "س", "غ": "س"}
"""Prefixes of the present: going on (ب, Moroccan ك) and to come (ه ح غ)."""
_ASPECT_DIALECTS = {"ب": "elg", "ك": "m", "ه": "e", "ح": "el", "غ": "m"}
_UNLISTED = re.compile(r"(?P<aspect>[بهك])ي(?P<stem>\w{2,}?)وا")
_PERSONS = frozenset("يتنا")
_WEAK = ("ي", "ا")
_ANY = frozenset("elgm")


@dataclass(frozen=True, slots=True)
class Verb:
    """A dialect verb and the standard one that says the same; `shared` when they are one."""

    past: str
    standard_past: str
    standard_present: str
    dialects: frozenset[str]
    shared: bool


@dataclass(frozen=True, slots=True)
class VerbForm:
    """One conjugated form in standard Arabic; `certain` when the standard has no such form."""

    standard: str
    dialects: frozenset[str]
    certain: bool


@dataclass(frozen=True, slots=True)
class _Verbs:
    by_past: dict[str, Verb]
    by_present: dict[str, Verb]


def _pairs(side: str) -> Iterator[tuple[str, str]]:
    for pair in side.split("/"):
        past, present = pair.split()
        yield past, present


@cache
def _verbs() -> _Verbs:
    verbs = _Verbs({}, {})
    for line in lines("verbs"):
        head, colon, rest = line.rpartition(":")
        ours, _, standard = rest.partition("=")
        standard_pair = next(_pairs(standard)) if standard else None
        for past, present in _pairs(ours):
            verb = Verb(
                "" if past == "-" else normalise(past),
                *(standard_pair or (past, present)),
                frozenset(head) if colon else _ANY,
                shared=standard_pair is None,
            )
            if verb.past:
                verbs.by_past.setdefault(verb.past, verb)
            verbs.by_present.setdefault(normalise(present)[1:], verb)
    return verbs


def _join(base: str, ending: str, pronoun: str) -> str:
    """Standard base, ending and object pronoun; a weak last letter gives way to ت and the plural."""
    if ending in {"ت", "وا", "ون", "ين"} and base.endswith(("ى", "ا", "ي")):
        base = base[:-1]
    if pronoun and ending == "" and base.endswith("ى"):
        base = base[:-1] + "ا"
    if pronoun and ending == "وا":
        ending = "و"
    spaced = pronoun.startswith("ل")
    return f"{base}{ending}{' ' if spaced else ''}{pronoun.replace('لي', 'ل').replace('لو', 'له')}"


def _splits(word: str, endings: dict[str, str], stems: dict[str, Verb]) -> Iterator[tuple[Verb, str, str]]:
    """Yield every (verb, standard ending, object pronoun) that the letters of `word` allow."""
    for pronoun in _OBJECTS:
        if pronoun and (not word.endswith(pronoun) or len(word) - len(pronoun) < 2):
            continue
        inner = word[: len(word) - len(pronoun)]
        for ending, standard in endings.items():
            if ending and (not inner.endswith(ending) or len(inner) - len(ending) < 2):
                continue
            stem = inner[: len(inner) - len(ending)]
            # "لقى" loses its last letter before an ending: "لقت", "لقوا".
            for weak in ("", *_WEAK) if ending else ("",):
                verb = stems.get(stem + weak)
                if verb is not None:
                    yield verb, standard, pronoun


def _present(word: str) -> VerbForm | None:
    aspect = word[0] if word[0] in _ASPECTS and len(word) > 3 and word[1] in _PERSONS else ""
    person, rest = word[len(aspect)], word[len(aspect) + 1 :]
    if person not in _PERSONS:
        return None
    for verb, ending, pronoun in _splits(rest, _PRESENT_ENDINGS, _verbs().by_present):
        if verb.shared and not aspect:
            continue
        leading = _ASPECTS.get(aspect, "") + ("أ" if person == "ا" else person)
        form = _join(leading + verb.standard_present[1:], ending if person in "يت" else "", pronoun)
        dialects = frozenset(_ASPECT_DIALECTS[aspect]) if aspect else verb.dialects
        # "بتغير" may also be the noun "change" behind a preposition; "بيغير" can only be the verb.
        certain = person == "ي" and aspect in {"ب", "ه", "ك"} and len(rest) > 2
        return VerbForm(form, dialects, certain)
    return None


def _past(word: str) -> VerbForm | None:
    for verb, ending, pronoun in _splits(word, _PAST_ENDINGS, _verbs().by_past):
        if verb.shared and ending == "وا" and not pronoun and word.endswith("و"):
            return VerbForm(_join(verb.standard_past, ending, pronoun), _ANY, certain=False)
        if not verb.shared:
            return VerbForm(_join(verb.standard_past, ending, pronoun), verb.dialects, certain=False)
    return None


def _unlisted(word: str) -> VerbForm | None:
    """A verb of no list that its prefix and its plural ending give away: "بيلعبوا", "هيطلقوا"."""
    found = _UNLISTED.fullmatch(word)
    if found is None:
        return None
    aspect = found["aspect"]
    return VerbForm(
        f"{_ASPECTS[aspect]}ي{found['stem']}ون", frozenset(_ASPECT_DIALECTS[aspect]), certain=False
    )


def _negated(word: str) -> VerbForm | None:
    """ما…ش and م…ش around a verb: "ماحصلش", "مبيعملوش"."""
    for lead in ("ما", "م"):
        inner = word[len(lead) : -1]
        if not word.startswith(lead) or not word.endswith("ش") or len(inner) < 3:
            continue
        present = _present(inner)
        if present is not None:
            return VerbForm(f"لا {present.standard}", present.dialects | {"e", "m"}, certain=True)
        past = _past(inner)
        known = past is not None or any(_splits(inner, _PAST_ENDINGS, _verbs().by_past))
        if known:
            return VerbForm(f"ما {past.standard if past else inner}", frozenset("em"), certain=True)
    return None


def is_verb(word: str) -> bool:
    """Tell whether a word in matching form is a listed verb, standard or of a dialect."""
    verbs = _verbs()
    past = any(_splits(word, _PAST_ENDINGS, verbs.by_past))
    present = word[:1] in _PERSONS and any(_splits(word[1:], _PRESENT_ENDINGS, verbs.by_present))
    return past or present or standard_verb(word) is not None


@lru_cache(maxsize=8192)
def standard_verb(word: str) -> VerbForm | None:
    """Return the standard form of a dialect verb in matching form, or None when it is no dialect form."""
    if len(word) < 2:
        return None
    return _negated(word) or _past(word) or _present(word) or _unlisted(word)
