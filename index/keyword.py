"""BM25 over Arabic sub-word units, in memory-mapped arrays.

A unit is looked up by a 64-bit hash in a sorted array, so that opening an index reads no vocabulary.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import arrays
from index.protocols import Vectors
from knowledge.arabic import letter_sequences, stem, tokenise

TERM_FREQUENCY_SATURATION = 1.2
LENGTH_WEIGHT = 0.75
SEQUENCE_LENGTH = 4
PARTS = ("terms", "offsets", "rows", "shares", "bound", "shape")
_TOGETHER = 1_000_000
"""Postings added up together, in some 30 bytes each; those of a longer question are added unit by unit."""
_MANY = 16
"""Times as many rows as are looked for from which on most of them are ruled out first."""


def units_of(text: str) -> list[str]:
    """Return the units that BM25 counts: the stem of each word and its runs of four letters.

    The runs are taken from the word between two marks (`_`), so that a beginning or an end matches as such.
    """
    return [unit for word in tokenise(text) for unit in units_of_word(word)]


def units_of_word(word: str) -> list[str]:
    """Return the units of one word in matching form."""
    return [f"={stem(word)}", *letter_sequences(f"_{word}_", SEQUENCE_LENGTH)]


def hash_units(units: Iterable[str]) -> list[int]:
    """Return one unsigned 64-bit hash a unit."""
    return [_hash_unit(unit) for unit in units]


@lru_cache(maxsize=65_536)
def _hash_unit(unit: str) -> int:
    return int.from_bytes(blake2b(unit.encode(), digest_size=8).digest(), "little")


def worth(documents: NDArray[np.int64], size: int, kept_as: np.dtype[Any]) -> NDArray[np.float64]:
    """Return what one as a share adds to a score, of units that stand in so many of `size` rows.

    That is Lucene's inverse document frequency times BM25's greatest; a share kept as a byte is of 255.
    """
    rarity = np.log1p((size - documents + 0.5) / (documents + 0.5))
    whole = 1 if kept_as.kind == "f" else np.iinfo(kept_as).max
    return rarity * (TERM_FREQUENCY_SATURATION + 1) / whole


@dataclass(frozen=True, slots=True)
class KeywordIndex:
    """Postings of hashed units: the rows of `terms[i]` stand at `offsets[i]:offsets[i + 1]`.

    `shares` holds what BM25 makes of a unit's frequency in a row, from 0 to 1, in a large index as a byte,
    where too common a unit has no postings at all; `bound` the most that each unit contributes to any row;
    `shape` the number of rows and their mean length.
    BM25 with the inverse document frequency of Lucene: Kamphuis et al. 2020, "Which BM25 do you mean?".
    """

    terms: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    shares: NDArray[np.float16] | NDArray[np.uint8]
    bound: NDArray[np.float32]
    shape: NDArray[np.float64]

    @property
    def size(self) -> int:
        """The number of rows, those without a unit included."""
        return int(self.shape[0])

    def match(self, units: Sequence[str]) -> "Matches":
        """Return what `units` match, each as often as it occurs."""
        counted = Counter(units)
        if not counted or not len(self.terms):
            return Matches(self, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        wanted = np.array(hash_units(counted), dtype=np.uint64)
        places = np.minimum(np.searchsorted(self.terms, wanted), len(self.terms) - 1)
        counts = np.fromiter(counted.values(), dtype=np.int64, count=len(counted))
        known = (self.terms[places] == wanted) & (self.offsets[places] < self.offsets[places + 1])
        return Matches(self, places[known], counts[known])

    def holds(self, unit: str) -> bool:
        """Tell whether any row holds `unit`, even one too common to be matched."""
        wanted = np.uint64(_hash_unit(unit))
        place = int(np.searchsorted(self.terms, wanted))
        return place < len(self.terms) and bool(self.terms[place] == wanted)

    def worth(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what one as a share adds to a score, of each of the terms at `places`."""
        return worth(self.offsets[places + 1] - self.offsets[places], self.size, self.shares.dtype)


class Matches:
    """What the units of one question match; a score depends on its row alone."""

    def __init__(self, index: KeywordIndex, places: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        self._index, self._places, self._counts = index, places, counts
        self.bound = float(index.bound[places] @ counts)
        """The most that any row could have scored; whoever asks for no more pays for no more."""

    @cached_property
    def _added_up(self) -> tuple[NDArray[np.int32], NDArray[Any]]:
        """The rows that the units stand in, at most once a unit, and the score of every row."""
        index, places = self._index, self._places
        if not len(places):
            return np.zeros(0, dtype=np.int32), np.zeros(index.size)
        starts, ends = index.offsets[places], index.offsets[places + 1]
        postings = list(map(slice, starts.tolist(), ends.tolist()))
        worths = (index.worth(places) * self._counts).astype(np.float32)
        if (ends - starts).sum() > _TOGETHER:
            by_row = np.zeros(index.size)
            for own, each in zip(postings, worths, strict=True):
                by_row[index.rows[own]] += each * index.shares[own]
            return np.flatnonzero(by_row).astype(np.int32), by_row
        rows = np.concatenate([index.rows[own] for own in postings])
        shares = np.concatenate([index.shares[own] for own in postings])
        return rows, np.bincount(rows, np.repeat(worths, ends - starts) * shares, index.size)

    @property
    def scores(self) -> Vectors:
        """The BM25 score of every row, shape (size,)."""
        return self._added_up[1].astype(np.float32)

    def shares(self, rows: NDArray[np.int64]) -> Vectors:
        """Return the scores of `rows` as shares of the bound, from 0 to 1: comparable across questions."""
        shares: Vectors = (self._added_up[1][rows] / max(self.bound, 1e-6)).astype(np.float32)
        return shares

    def best(self, count: int) -> NDArray[np.int64]:
        """Return at most `count` rows with a positive score, in no order."""
        rows, by_row = self._added_up
        if len(by_row) <= len(rows):
            every = _largest(np.arange(len(by_row)), by_row, count)
            return every.compress(by_row[every] > 0)
        scores = by_row.take(rows)
        # Each of the best may stand there as often as there are units.
        several = count * len(self._places)
        if len(scores) > _MANY * several:
            # What is less than so many of an eighth of them is not among the best of all: quickly told.
            some = scores[::8]
            likely = np.flatnonzero(scores >= np.partition(some, len(some) - several)[len(some) - several])
            rows, scores = rows[likely], scores[likely]
        found = np.unique(_largest(rows, scores, several)).astype(np.int64)
        return _largest(found, by_row[found], count)


def _largest(rows: NDArray[Any], scores: NDArray[np.float64], count: int) -> NDArray[Any]:
    if len(rows) <= count:
        return rows
    return rows[np.argpartition(scores, len(rows) - count)[len(rows) - count :]]


def open_index(folder: Path, name: str) -> KeywordIndex:
    """Open what `keyword_builder` wrote, memory-mapped."""
    parts: dict[str, Any] = {part: arrays.opened(folder / f"{name}.{part}.npy") for part in PARTS}
    return KeywordIndex(**parts)
