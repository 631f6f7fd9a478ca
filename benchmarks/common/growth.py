"""Real vectors and sentences grown to any number.

A grown vector is a real one moved within the differences between it and its thirty nearest real neighbours,
each weighted by chance: it stays where real sentences lie and varies as they vary there. How far is found by
bisection, so that a grown vector is on average as near to its ten nearest grown ones as a real vector is to
its ten nearest real ones. Vectors are never random: such have no neighbourhoods. Chance is a hash of the text
that a vector is grown for, so that the same text always has the same vector.

A grown sentence is the first half of a real one and the second half of another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Chance = NDArray[np.uint16]
_NEIGHBOURS = 30
_COMPARED = 10
_BLOCK = 16_384
_PROBES = 100
_STEPS = 10
_FARTHEST = 2.0
_SEED = 7
_CHANCES = _NEIGHBOURS + 2


@dataclass(frozen=True, slots=True)
class Growth:
    """Real unit vectors, the neighbours of each, and how far a grown vector is moved."""

    real: Vectors
    neighbours: NDArray[np.int64]
    reach: float = 1.0

    def of_texts(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text, (texts, dimension)."""
        chance = b"".join(blake2b(text.encode(), digest_size=2 * _CHANCES).digest() for text in texts)
        return self._grown(np.frombuffer(chance, dtype="<u2").reshape(-1, _CHANCES))

    def fill(self, vectors: NDArray[np.float16]) -> None:
        """Fill `vectors`, the real ones first, a block at a time; the same for the same reach."""
        own = min(len(self.real), len(vectors))
        vectors[:own] = self.real[:own]
        draw = np.random.default_rng(_SEED)
        for start in range(own, len(vectors), _BLOCK):
            rows = min(_BLOCK, len(vectors) - start)
            vectors[start : start + rows] = self._grown(
                draw.integers(1 << 16, size=(rows, _CHANCES), dtype=np.uint16)
            )

    def _grown(self, chance: Chance) -> Vectors:
        """Return a unit vector a row of `chance`; its first two numbers choose the real one that is moved."""
        from scipy.sparse import csr_array

        rows = len(chance)
        origin = (chance[:, 0].astype(np.int64) * (1 << 16) + chance[:, 1]) % len(self.real)
        # Of variance 1.
        weights = (chance[:, 2:].astype(np.float32) / 65_535 - 0.5) * np.float32(12**0.5)
        weights *= self.reach / _NEIGHBOURS**0.5
        columns = np.column_stack([origin, self.neighbours[origin]])
        values = np.column_stack([1 - weights.sum(axis=1), weights])
        starts = np.arange(rows + 1) * columns.shape[1]
        mixing = csr_array((values.ravel(), columns.ravel(), starts), shape=(rows, len(self.real)))
        moved: Vectors = mixing @ self.real
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        return moved


def growth_of(real: Vectors) -> Growth:
    """Return the growth of `real` unit vectors, not yet fitted to a number."""
    order = np.empty((len(real), _NEIGHBOURS), dtype=np.int64)
    for start in range(0, len(real), 1024):
        found = real[start : start + 1024] @ real.T
        found[np.arange(len(found)), np.arange(start, start + len(found))] = -1
        order[start : start + 1024] = np.argsort(-found, axis=1)[:, :_NEIGHBOURS]
    return Growth(real, order)


def fitted(growth: Growth, vectors: NDArray[np.float16]) -> tuple[Growth, float, float]:
    """Return the growth whose vectors are as near to each other as real ones; fills `vectors` to find it.

    Beside it, the mean cosine of a real vector with its ten nearest, and that of a grown one with its own.
    """
    real = growth.real
    nearest = real[growth.neighbours[:, :_COMPARED]]
    wanted = float(np.einsum("nd,nkd->nk", real, nearest).mean())
    least, most, found, reach = 0.2, _FARTHEST, 0.0, 1.0
    probes = np.sort(np.random.default_rng(_SEED).choice(len(vectors), _PROBES, replace=False))
    for _ in range(_STEPS):
        reach = (least + most) / 2
        replace(growth, reach=reach).fill(vectors)
        found = float(neighbour_similarities(vectors, probes).mean())
        least, most = (reach, most) if found > wanted else (least, reach)
    return replace(growth, reach=reach), wanted, found


def neighbour_similarities(vectors: NDArray[np.float16], probes: NDArray[np.int64]) -> Vectors:
    """Return the cosines of some rows to the ten rows nearest to each, best first, itself left out."""
    best = np.full((len(probes), _COMPARED + 1), -1, dtype=np.float32)
    queries = vectors[probes].astype(np.float32)
    for start in range(0, len(vectors), _BLOCK):
        found = queries @ vectors[start : start + _BLOCK].astype(np.float32).T
        both = np.concatenate([best, found], axis=1)
        best = -np.partition(-both, _COMPARED, axis=1)[:, : _COMPARED + 1]
    return -np.sort(-best, axis=1)[:, 1:]


def sentences(real: Sequence[str], count: int) -> Iterator[str]:
    """Yield `count` sentences, the real ones first, then halves of two put together."""
    for text in real[:count]:
        yield text if text[-1] in ".!?؟" else f"{text}."
    draw = np.random.default_rng(_SEED)
    halves = [(words[: len(words) // 2], words[len(words) // 2 :]) for words in map(str.split, real)]
    for _ in range(count - len(real)):
        first, second = draw.integers(len(halves), size=2)
        text = " ".join([*halves[first][0], *halves[second][1]])
        yield text if text[-1] in ".!?؟" else f"{text}."
