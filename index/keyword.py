"""BM25 over Arabic sub-word units, in memory-mapped arrays.

A unit is looked up by a 64-bit hash in a sorted array, so that opening an index reads no vocabulary.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.protocols import Vectors
from knowledge.arabic import letter_sequences, stem, tokenise

TERM_FREQUENCY_SATURATION = 1.2
LENGTH_WEIGHT = 0.75
SEQUENCE_LENGTH = 4
_COMMON_FROM = 20_000
_COMMON_SHARE = 0.1
_PARTS = ("terms", "offsets", "rows", "weights", "bound")


def units_of(text: str) -> list[str]:
    """Return the units that BM25 counts: the stem of each word and its runs of four letters.

    The runs are taken from the word between two marks (`_`), so that a beginning or an end matches as such.
    """
    units: list[str] = []
    for word in tokenise(text):
        units.append(f"={stem(word)}")
        units += letter_sequences(f"_{word}_", SEQUENCE_LENGTH)
    return units


def hash_units(units: Iterable[str]) -> list[int]:
    """Return one unsigned 64-bit hash a unit."""
    return [int.from_bytes(blake2b(unit.encode(), digest_size=8).digest(), "little") for unit in units]


@dataclass(frozen=True, slots=True)
class KeywordIndex:
    """Postings of hashed units: the rows of `terms[i]` stand at `offsets[i]:offsets[i + 1]`.

    `weights` holds each unit's BM25 contribution to a row, inverse document frequency included;
    `bound` the most that each unit contributes to any row.
    BM25 with the inverse document frequency of Lucene: Kamphuis et al. 2020, "Which BM25 do you mean?".
    """

    size: int
    terms: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    bound: NDArray[np.float32]

    def _postings(self, units: Sequence[str]) -> list[tuple[int, slice, int]]:
        counted = Counter(units)
        if not counted or not len(self.terms):
            return []
        wanted = np.array(hash_units(counted), dtype=np.uint64)
        places = np.searchsorted(self.terms, wanted)
        places[places == len(self.terms)] = 0
        found = self.terms[places] == wanted
        return [
            (int(place), slice(int(self.offsets[place]), int(self.offsets[place + 1])), count)
            for place, count, known in zip(places, counted.values(), found, strict=True)
            if known
        ]

    def match(self, units: Sequence[str]) -> "Matches":
        """Return what `units` match, each as often as it occurs."""
        scores = np.zeros(self.size, dtype=np.float32)
        bound = 0.0
        for term, postings, count in self._postings(units):
            scores[self.rows[postings]] += self.weights[postings] * np.float32(count)
            bound += float(self.bound[term]) * count
        return Matches(scores, bound)


@dataclass(frozen=True, slots=True)
class Matches:
    """The BM25 score of every row, shape (size,), and the most that any row could have scored."""

    scores: Vectors
    bound: float

    def shares(self, rows: NDArray[np.int64]) -> Vectors:
        """Return the scores of `rows` as shares of the bound, from 0 to 1: comparable across questions."""
        shares: Vectors = self.scores[rows] / np.float32(max(self.bound, 1e-6))
        return shares

    def best(self, count: int) -> NDArray[np.int64]:
        """Return at most `count` rows with a positive score, in no order."""
        rows = np.flatnonzero(self.scores)
        if len(rows) <= count:
            return rows
        return rows[np.argpartition(self.scores[rows], len(rows) - count)[len(rows) - count :]]


def build(texts: Iterable[str]) -> KeywordIndex:
    """Index `texts`; row i is the i-th text."""
    hashed = [hash_units(units_of(text)) for text in texts]
    size = len(hashed)
    lengths = np.array([len(row) for row in hashed], dtype=np.int64)
    every = np.fromiter((unit for row in hashed for unit in row), dtype=np.uint64, count=int(lengths.sum()))
    terms, term_of = np.unique(every, return_inverse=True)
    # One number a (unit, row) pair: counting equal ones gives the term frequencies, sorted by unit then row.
    pairs, frequency = np.unique(term_of * max(size, 1) + np.repeat(np.arange(size), lengths), return_counts=True)
    term, row = np.divmod(pairs, max(size, 1))
    documents = np.bincount(term, minlength=len(terms))
    if size >= _COMMON_FROM:
        keep = documents[term] <= _COMMON_SHARE * size
        term, row, frequency = term[keep], row[keep], frequency[keep]
    rarity = np.log1p((size - documents + 0.5) / (documents + 0.5))
    average = lengths.mean() if size else 1.0
    norm = TERM_FREQUENCY_SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths / max(average, 1e-9))
    weights = rarity[term] * frequency * (TERM_FREQUENCY_SATURATION + 1) / (frequency + norm[row])
    offsets = np.searchsorted(term, np.arange(len(terms) + 1))
    bound = np.zeros(len(terms))
    np.maximum.at(bound, term, weights)
    return KeywordIndex(
        size,
        terms,
        offsets.astype(np.int64),
        row.astype(np.int32),
        weights.astype(np.float32),
        bound.astype(np.float32),
    )


def write(index: KeywordIndex, folder: Path, name: str) -> None:
    """Write the arrays of `index` as `{name}.{part}.npy`."""
    for part in _PARTS:
        np.save(folder / f"{name}.{part}.npy", getattr(index, part), allow_pickle=False)
    np.save(folder / f"{name}.size.npy", np.array([index.size]), allow_pickle=False)


def open_index(folder: Path, name: str) -> KeywordIndex:
    """Open what `write` left, memory-mapped."""
    arrays = {
        part: np.load(folder / f"{name}.{part}.npy", mmap_mode="r", allow_pickle=False) for part in _PARTS
    }
    return KeywordIndex(size=int(np.load(folder / f"{name}.size.npy", allow_pickle=False)[0]), **arrays)
