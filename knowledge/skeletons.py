"""Consonant skeletons: what spellings of one name share in Arabic and in Latin letters."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice, product

from knowledge.arabic import is_arabic, normalise

SHORTEST_KEY = 3
"""Consonants below which a skeleton says too little about a name."""
_MOST_VARIANTS = 8
_ARABIC = {
    # As foreign names write ch and ng.
    "تش": ("S", "tS"),
    "نغ": ("n", "ng"),
    **dict.fromkeys("ب", ("b",)),
    **dict.fromkeys("تط", ("t",)),
    **dict.fromkeys("جغ", ("g",)),
    **dict.fromkeys("حه", ("h",)),
    **dict.fromkeys("خ", ("x",)),
    **dict.fromkeys("دض", ("d",)),
    **dict.fromkeys("سص", ("s",)),
    **dict.fromkeys("قك", ("k",)),
    # Letters that the dialects, and so Arabs writing in Latin letters, pronounce in two ways.
    "ث": ("t", "s"),
    "ذ": ("d", "z"),
    "ظ": ("z", "d"),
    "ز": ("z",),
    "ش": ("S",),
    "ف": ("f",),
    "ر": ("r",),
    "ل": ("l",),
    "م": ("m",),
    "ن": ("n",),
}
_LATIN = {
    "kh": ("x",),
    "7'": ("x",),
    "sh": ("S",),
    "ch": ("S",),
    "gh": ("g",),
    "3'": ("g",),
    "dj": ("g",),
    "th": ("t", "s"),
    "dh": ("d", "z"),
    "9'": ("d",),
    "6'": ("z",),
    "ph": ("f",),
    "ck": ("k",),
    "ng": ("n", "ng"),
    "x": ("ks",),
    "5": ("x",),
    "6": ("t",),
    "7": ("h",),
    "8": ("k", "g"),
    "9": ("k", "s"),
    "2": ("", "k"),
    **{letter: (letter,) for letter in "bdfghjklmnrstz"},
    "j": ("g",),
    "p": ("b",),
    "v": ("f",),
    "q": ("k",),
    "c": ("k",),
}
_ARABIC_UNIT = re.compile("تش|نغ|.", re.DOTALL)
_LATIN_UNIT = re.compile("|".join(sorted(_LATIN, key=len, reverse=True)))
_SOFT_C = re.compile(r"c(?=[eiy])")
_ARTICLE = re.compile(r"^(?:وال|فال|بال|كال|ال|لل|ول|وب)(?=..)")
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=16_384)
def skeletons(word: str) -> tuple[str, ...]:
    """Return the skeletons that a word in matching form may have, the likeliest first; at most eight.

    One letter a consonant, consonants that scripts and dialects confuse merged; vowels, ع, ء and a final h
    dropped.
    """
    if is_arabic(word):
        units = [_ARABIC.get(unit, ("",)) for unit in _ARABIC_UNIT.findall(re.sub(r"(?<=..)ه$", "", word))]
    else:
        latin = _SOFT_C.sub("s", re.sub(r"(?<=[aeiou])h$", "", word.lower()))
        units = [_LATIN[unit] for unit in _LATIN_UNIT.findall(latin)]
        if re.search(r"[aei]t$", latin):
            units[-1] = ("t", "")
    variants = islice(product(*units), _MOST_VARIANTS)
    return tuple(dict.fromkeys(_DOUBLED.sub(r"\1", "".join(variant)) for variant in variants))


def skeleton(word: str) -> str:
    """Return the likeliest consonant skeleton of a word of either script; empty when it has no consonant."""
    return skeletons(normalise(word))[0]


def skeleton_key(word: str) -> str:
    """Return the key under which spellings of one name meet across scripts, or "" when it is too short.

    Without the article: Bitcoin, بيتكوين and البتكوين share one key.
    """
    form = normalise(word)
    keys = [skeletons(spelling)[0] for spelling in (_ARTICLE.sub("", form), form)]
    # ألماتي begins with what looks like an article.
    return next((key for key in keys if len(key) >= SHORTEST_KEY), "")


class Vocabulary:
    """The words of the indexed articles, bare too, found by their matching form or by their skeleton."""

    def __init__(self, words: Iterable[str]) -> None:
        """Index `words`, which are in matching form."""
        whole = frozenset(words)
        self._words = whole | {_ARTICLE.sub("", word) for word in whole}
        self._by_skeleton: defaultdict[str, list[str]] = defaultdict(list)
        for word in sorted(self._words):
            for key in skeletons(word):
                self._by_skeleton[key].append(word)

    def __contains__(self, word: object) -> bool:
        """Whether `word`, in matching form, stands in an article, with or without the definite article."""
        return word in self._words

    def __len__(self) -> int:
        """How many different words there are, with and without the definite article."""
        return len(self._words)

    def sounding_like(self, word: str) -> Iterator[str]:
        """Yield the words that share a skeleton with `word`, of either script; in no order of likeness."""
        seen = dict.fromkeys(
            found for key in skeletons(normalise(word)) for found in self._by_skeleton.get(key, ())
        )
        yield from seen
