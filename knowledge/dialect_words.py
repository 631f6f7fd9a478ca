"""Dialect words and what they stand for, taken apart into conjunction, preposition, article and pronoun."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from knowledge.arabic import normalise
from knowledge.conjugation import standard_verb
from knowledge.lexicon import lines

EVERY_DIALECT = frozenset("elgm")
_PREPOSITIONS = {"ب": "ب", "ل": "ل", "ك": "ك", "ع": "على ", "ف": "في "}
_ARTICLES = {
    "ال": "ال",
    "بال": "بال",
    "لل": "لل",
    "كال": "كال",
    "عال": "على ال",
    "فال": "في ال",
    "هال": "هذا ال",
    "بهال": "بهذا ال",
    "لهال": "لهذا ال",
    "عهال": "على هذا ال",
    "فهال": "في هذا ال",
}
_JOINED_ARTICLE = re.compile(r"(?P<lead>[وف]?)(?P<article>عهال|بهال|لهال|فهال|عال|هال|فال)(?P<noun>\w{3,})")
_NOT_JOINED = re.compile(r"[وف]?(?:عالم|عالي|عالج|عالق|هالك|هاله|هالت|هالا|هالو|هالي)\w{0,3}")
_PRONOUNS = ("هم", "ها", "هن", "نا", "كم", "ه", "ك", "و")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one dialect form stands for; `certain` forms are evidence of their dialects by themselves."""

    standard: str
    dialects: frozenset[str]
    certain: bool
    kind: Literal["particle", "noun", "verb"] = "particle"


@cache
def _entries() -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for name in ("particles", "nouns"):
        for line in lines(name):
            head, _, rest = line.partition(":")
            forms, _, standard = rest.partition("=")
            standard = standard.strip().replace("-", "")
            # A noun is no evidence: it may be a name.
            certain = head.endswith("!") and name == "particles"
            kind: Literal["particle", "noun"] = "noun" if name == "nouns" else "particle"
            entry = Entry(standard, frozenset(head.rstrip("!?")), certain, kind)
            for form in forms.split():
                entries.setdefault(normalise(form.replace("_", " ")), entry)
    return entries


def phrase_entry(phrase: str) -> Entry | None:
    """Return the entry of a phrase in matching form, its words divided by single spaces."""
    return _entries().get(phrase)


def _with(entry: Entry, standard: str) -> Entry:
    return Entry(standard, entry.dialects, entry.certain, entry.kind)


def _whole(word: str) -> Entry | None:
    entry = _entries().get(word)
    if entry is not None:
        return entry
    verb = standard_verb(word)
    return None if verb is None else Entry(verb.standard, verb.dialects, verb.certain, "verb")


def _noun(word: str) -> Entry | None:
    entry = _entries().get(word)
    return entry if entry is not None and entry.kind == "noun" else None


def _behind_preposition(word: str) -> Entry | None:
    preposition = _PREPOSITIONS.get(word[0])
    entry = _noun(word[1:]) if preposition and len(word) > 3 else None
    return None if entry is None else _with(entry, f"{preposition}{entry.standard}")


def _behind_article(word: str) -> Entry | None:
    """A dialect noun behind an article, or any word behind one that only dialects join to it."""
    for written, article in _ARTICLES.items():
        entry = _noun(word[len(written) :]) if word.startswith(written) else None
        if entry is not None:
            return _with(entry, article + entry.standard)
    joined = _JOINED_ARTICLE.fullmatch(word)
    if joined is None or _NOT_JOINED.fullmatch(word):
        return None
    certain = joined["article"] not in {"هال", "فال"}
    return Entry(f"{joined['lead']}{_ARTICLES[joined['article']]}{joined['noun']}", EVERY_DIALECT, certain)


def _before_pronoun(word: str) -> Entry | None:
    for pronoun in _PRONOUNS:
        noun = word.removesuffix(pronoun)
        if noun == word or len(noun) < 3:
            continue
        entry = _noun(noun) or (_noun(noun[:-1] + "ه") if noun.endswith("ت") else None)
        if entry is not None:
            base = entry.standard.removesuffix("ة") + ("ت" if entry.standard.endswith("ة") else "")
            return _with(entry, base + ("ه" if pronoun == "و" else pronoun))
    return None


_ANALYSES: tuple[Callable[[str], Entry | None], ...] = (
    _whole,
    _behind_preposition,
    _behind_article,
    _before_pronoun,
)


@lru_cache(maxsize=8192)
def entry_of(word: str) -> Entry | None:
    """Return the entry of one word in matching form, with what is joined to it; None for no dialect word."""
    for analyse in _ANALYSES:
        entry = analyse(word)
        if entry is not None:
            return entry
    if word[0] in "وف" and len(word) > 2:
        for analyse in _ANALYSES:
            entry = analyse(word[1:])
            if entry is not None:
                behind = _with(entry, word[0] + entry.standard if entry.standard else "")
                # Many a word begins with ف itself: "فوايد" is no وايد.
                return replace(behind, certain=entry.certain and word[0] == "و")
    return None
