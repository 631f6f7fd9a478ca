"""Real vectors and sentences grown to any number.

A grown vector is a real one moved within the differences between it and its thirty nearest real neighbours,
each weighted by chance: it stays where real sentences lie and varies as they vary there. How far is found by
bisection, so that a grown vector is on average as near to its ten nearest grown ones as a real vector is to
its ten nearest real ones. Vectors are never random: such have no neighbourhoods.

A grown sentence is the first half of a real one and the second half of another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
_NEIGHBOURS = 30
_COMPARED = 10
_BLOCK = 16_384
_PROBES = 100
_STEPS = 6
_FARTHEST = 2.0
_SEED = 7


@dataclass(frozen=True, slots=True)
class Growth:
    """Real unit vectors, the neighbours of each, and how far a grown vector is moved."""

    real: Vectors
    neighbours: NDArray[np.int64]
    reach: float = 1.0

    def fill(self, vectors: NDArray[np.float16]) -> None:
        """Fill `vectors`, the real ones first, a block at a time; the same for the same reach."""
        own = min(len(self.real), len(vectors))
        vectors[:own] = self.real[:own]
        draw = np.random.default_rng(_SEED)
        for start in range(own, len(vectors), _BLOCK):
            rows = min(_BLOCK, len(vectors) - start)
            origin = draw.integers(len(self.real), size=rows)
            weights = draw.standard_normal((rows, _NEIGHBOURS), dtype=np.float32)
            weights *= self.reach / _NEIGHBOURS**0.5
            moved = self.real[origin] * (1 - weights.sum(axis=1))[:, None]
            for number in range(_NEIGHBOURS):
                moved += weights[:, number, None] * self.real[self.neighbours[origin, number]]
            vectors[start : start + rows] = moved / np.linalg.norm(moved, axis=1, keepdims=True)


def growth_of(real: Vectors) -> Growth:
    """Return the growth of `real` unit vectors, not yet fitted to a number."""
    order = np.empty((len(real), _NEIGHBOURS), dtype=np.int64)
    for start in range(0, len(real), 1024):
        found = real[start : start + 1024] @ real.T
        found[np.arange(len(found)), np.arange(start, start + len(found))] = -1
        order[start : start + 1024] = np.argsort(-found, axis=1)[:, :_NEIGHBOURS]
    return Growth(real, order)


def grown(growth: Growth, vectors: NDArray[np.float16]) -> tuple[float, float]:
    """Fill `vectors` so that neighbours are as near as real ones; return the two mean cosines."""
    real = growth.real
    nearest = real[growth.neighbours[:, :_COMPARED]]
    wanted = float(np.einsum("nd,nkd->nk", real, nearest).mean())
    least, most, found = 0.2, _FARTHEST, 0.0
    probes = np.sort(np.random.default_rng(_SEED).choice(len(vectors), _PROBES, replace=False))
    for _ in range(_STEPS):
        reach = (least + most) / 2
        replace(growth, reach=reach).fill(vectors)
        found = float(neighbour_similarities(vectors, probes).mean())
        least, most = (reach, most) if found > wanted else (least, reach)
    return wanted, found


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
    yield from real[:count]
    draw = np.random.default_rng(_SEED)
    halves = [(words[: len(words) // 2], words[len(words) // 2 :]) for words in map(str.split, real)]
    for _ in range(count - len(real)):
        first, second = draw.integers(len(halves), size=2)
        yield " ".join([*halves[first][0], *halves[second][1]])
