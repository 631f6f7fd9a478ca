"""Beyond a size: short codes of all rows are scanned, and the best are compared by what the codes leave out.

A question's embedding lies outside the cloud of the sentences, where cells and graphs find little: the ten
nearest to a real question lie scattered over half of the cells, and a graph walks past them. So every row is
scanned, by a code of half a byte for three dimensions (André et al. 2015, "Cache locality is not enough"),
about 2 ms a million on one core. Beside the codes stands a byte a dimension of what they leave of a row.
What makes so few bytes do:

- the axes are the principal ones, dealt out so that each code describes as much (Ge et al. 2013, "Optimized
  product quantization", its parametric solution);
- the mean of the rows, along which they differ most by far, is turned to where it is a part of several codes:
  a scan rounds every code as coarsely as the one in which rows differ most;
- an axis counts for as much as questions are long along it, which is taken to be as rows are: what is sought
  is not the nearest vector but the right product;
- the axes that count least have no code; what is left of them is all of them;
- a byte spans what is left, a fifth of the variance, and so says twice as much as a byte of the vector; along
  the mean, where three quarters of a question's length lie, what the byte leaves is kept as a number.

`python -m benchmarks.scale` measures it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import arrays
from index.protocols import Hit, Progress, Rows, StoredVectors, Vectors

_ASKED_FOR = 96
"""Rows that are asked for at least: the first few of many compared again are surer than of few."""
_PROPOSED = 32
"""Times as many rows as are asked for are compared again."""
_SETTLED = 2
"""Times as many of those, by the scan's own rounded scores, are compared once more without rounding."""
_AXES_CODED = 7 / 8
_LEAST = 1e-4
"""Of the mean variance: an axis along which the sampled rows hardly vary counts as if they did so much."""
_AXES_A_CODE = 3
_CODE_BITS = 4
_MEAN_SPREAD = 6
"""Codes that count the mean: of a million rows 98 of 100 that are nearest are among the first 600 of the scan
with six, among the first 3,000 with one.
"""
_SPANNED = 99.9
"""Percent of what is left along an axis that a byte spans; the few beyond are cut off, for all would take
twice the span.
"""
_ROUNDS = 12
"""Sixteen centres settle in few; FAISS's 25 would be most of a small reindex."""
_TRAINED_ON = 40_000
"""Rows that the axes and the codes are chosen by."""
_RECALL_AT = 10
_SAMPLED_QUERIES = 100
_BATCH = 8_192
_BLOCK = 512
"""Rows whose bytes become numbers at once: they stay in the processor's cache."""
_SEED = 7
_PARTS = ("axes", "weights", "mean", "steps", "left", "along")
_NEARLY = 1e-4
"""Scores nearer to each other than this count as equal."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """The axes that rows are described along, a row each."""

    axes: Vectors
    weights: Vectors
    """Of each axis, what its numbers are multiplied by in a row, and divided by in a question."""
    mean: Vectors
    """The direction of the mean of the rows, as a row along the axes."""

    def rows(self, vectors: Vectors) -> Vectors:
        """Return rows along the axes."""
        turned: Vectors = np.ascontiguousarray(vectors @ self.axes.T * self.weights)
        return turned

    def vectors(self, turned: Vectors) -> Vectors:
        """Return rows along the axes as they were."""
        plain: Vectors = np.divide(turned, self.weights, dtype=np.float32) @ self.axes
        return plain

    def question(self, vector: Vectors) -> Vectors:
        """Return a question along the axes."""
        turned: Vectors = (self.axes @ vector) / self.weights
        return turned


@dataclass(frozen=True, slots=True)
class _Left:
    """What the codes leave of each row: bytes, each axis with its own step, and the rest along the mean."""

    steps: Vectors
    bytes: NDArray[np.int8]
    along: Vectors

    def of(self, turned: Vectors, mean: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """Return what it adds to the products of a turned question with `rows`; `mean` is the frame's."""
        worth = turned * self.steps
        sums: Vectors = self.along[rows] * (mean @ turned)
        # Reused, for memory asked of the system anew costs more than the arithmetic.
        numbers = np.empty((min(_BLOCK, len(rows)), len(worth)), dtype=np.float32)
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            own = numbers[: len(block)]
            np.copyto(own, np.take(self.bytes, block, axis=0))
            sums[start : start + _BLOCK] += own @ worth
        return sums


class CodedStore:
    """Rows of unit vectors, by inner product, in about a seventh of a byte and one byte a dimension."""

    def __init__(self, codes: Any, frame: _Frame, left: _Left) -> None:
        self._codes, self._frame, self._left = codes, frame, left

    @property
    def size(self) -> int:
        """The number of rows."""
        return int(self._codes.ntotal)

    def search(self, query: Vectors, count: int) -> list[Hit]:
        """Return at most `count` rows nearest to one query of shape (dimension,), best first.

        Raises ValueError for a query of another dimension.
        """
        turned = self._turned(query)
        count = min(count, self.size)
        if count <= 0:
            return []
        asked_for = max(count, _ASKED_FOR)
        coded, found = self._codes.search(
            turned[None, : self._codes.d], min(_PROPOSED * asked_for, self.size)
        )
        rows = found[0][found[0] >= 0]
        left = self._left.of(turned, self._frame.mean, rows)
        settled = _largest(coded[0][: len(rows)] + left, _SETTLED * asked_for)
        scores = self._coded_of(turned, rows[settled]) + left[settled]
        best = np.argsort(-scores, kind="stable")[:count]
        return list(map(Hit, rows[settled][best].tolist(), scores[best].tolist()))

    def scores(self, query: Vectors, ids: Rows) -> Vectors:
        """Return the inner products of one query with the named rows, in their order."""
        rows = np.asarray(ids, dtype=np.int64)
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        turned = self._turned(query)
        return self._coded_of(turned, rows) + self._left.of(turned, self._frame.mean, rows)

    def vectors(self, ids: Rows) -> Vectors:
        """Return the named rows, in their order, shape (rows, dimension), as nearly as they are kept."""
        rows = np.asarray(ids, dtype=np.int64)
        turned = self._left.bytes[rows].astype(np.float32) * self._left.steps
        turned += np.outer(self._left.along[rows], self._frame.mean)
        if len(rows):
            turned[:, : self._codes.d] += self._codes.reconstruct_batch(rows)
        return self._frame.vectors(turned)

    def _turned(self, query: Vectors) -> Vectors:
        query = np.asarray(query, dtype=np.float32)
        dimension = len(self._frame.axes)
        if query.shape != (dimension,):
            raise ValueError(f"expected a query of shape ({dimension},), found {query.shape}")
        return self._frame.question(query)

    def _coded_of(self, turned: Vectors, rows: NDArray[np.int64]) -> Vectors:
        coded: Vectors = self._codes.reconstruct_batch(rows) @ turned[: self._codes.d]
        return coded


def write(folder: Path, name: str, vectors: StoredVectors, progress: Progress | None = None) -> str:
    """Write the rows of `vectors`, which may be memory-mapped, and return the type and its recall."""
    import faiss

    draw = np.random.default_rng(_SEED)
    dimension = vectors.shape[1]
    codes_a_row = max(1, int(dimension * _AXES_CODED) // _AXES_A_CODE)
    codes = faiss.IndexPQFastScan(
        min(codes_a_row * _AXES_A_CODE, dimension), codes_a_row, _CODE_BITS, faiss.METRIC_INNER_PRODUCT
    )
    codes.pq.cp.niter = _ROUNDS
    frame, steps = _trained(codes, vectors[_sampled(vectors, _TRAINED_ON, draw)].astype(np.float32))
    left = _Left(
        steps,
        np.lib.format.open_memmap(
            folder / f"{name}.left.npy", mode="w+", dtype=np.int8, shape=(len(vectors), dimension)
        ),
        np.zeros(len(vectors), dtype=np.float32),
    )
    along = frame.mean / frame.weights**2
    for start in range(0, len(vectors), _BATCH):
        block = slice(start, start + _BATCH)
        rest = frame.rows(vectors[block].astype(np.float32))
        codes.add(np.ascontiguousarray(rest[:, : codes.d]))
        rest[:, : codes.d] -= codes.reconstruct_n(start, len(rest))
        rounded = np.clip(np.rint(rest / steps), -127, 127)
        left.bytes[block] = rounded
        left.along[block] = (rest - rounded * steps) @ along
        if progress is not None:
            progress(codes.ntotal, len(vectors))
    small = {
        "axes": frame.axes,
        "weights": frame.weights,
        "mean": frame.mean,
        "steps": steps,
        "along": left.along,
    }
    for part, array in small.items():
        np.save(folder / f"{name}.{part}.npy", array, allow_pickle=False)
    faiss.write_index(codes, str(folder / f"{name}.faiss"))
    recall = _recall(CodedStore(codes, frame, left), vectors, _sampled(vectors, _SAMPLED_QUERIES, draw))
    return (
        f"PCA,PQ{codes_a_row}x{_CODE_BITS}fs,residual bytes, "
        f"recall@{_RECALL_AT} {recall:.3f} of {_SAMPLED_QUERIES} rows"
    )


def open_store(folder: Path, name: str, codes: Any) -> CodedStore:
    """Open what `write` left beside the `codes`, memory-mapped; raises OSError or ValueError."""
    parts = {part: arrays.opened(folder / f"{name}.{part}.npy") for part in _PARTS}
    frame = _Frame(parts["axes"], parts["weights"], parts["mean"])
    return CodedStore(codes, frame, _Left(parts["steps"], parts["left"], parts["along"]))


def _largest(scores: Vectors, count: int) -> NDArray[np.int64]:
    """Return where the `count` largest scores stand, in no order."""
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(scores, len(scores) - count)[len(scores) - count :]


def _trained(codes: Any, sample: Vectors) -> tuple[_Frame, Vectors]:
    """Train the codes and return the axes that rows are described along and the steps of their bytes."""
    frame = _frame_of(sample, codes.pq.M, codes.d)
    turned = frame.rows(sample)
    codes.train(np.ascontiguousarray(turned[:, : codes.d]))
    coded = codes.pq.decode(codes.pq.compute_codes(np.ascontiguousarray(turned[:, : codes.d])))
    turned[:, : codes.d] -= coded
    span = np.percentile(np.abs(turned), _SPANNED, axis=0)
    return frame, np.maximum(span / 127, 1e-9).astype(np.float32)


def _frame_of(sample: Vectors, codes: int, coded: int) -> _Frame:
    """Return the axes, those of one code side by side and those without a code last, and their weights."""
    average = sample.mean(axis=0, dtype=np.float64)
    products = (sample.T @ sample).astype(np.float64) / len(sample)
    norm = float(np.linalg.norm(average))
    has_mean = norm > 1e-6
    mean = average / norm if has_mean else np.eye(len(average))[0]
    across = np.eye(len(mean)) - np.outer(mean, mean)
    covariance = across @ (products - np.outer(average, average)) @ across
    # Given more variance than unit vectors can have, the mean is surely the last direction found.
    variance, directions = np.linalg.eigh(covariance + 2 * np.outer(mean, mean))
    axes = np.concatenate([[mean], directions.T[-2::-1]])
    along = float(mean @ products @ mean)
    spread = np.concatenate([[along - norm**2], variance[-2::-1]])
    spread = np.maximum(spread, max(_LEAST * float(spread.mean()), 1e-9))
    length = np.concatenate([[max(along, spread[0])], spread[1:]])
    # With the axes that would count least among the coded.
    mixed = [0, *range(max(1, coded - _MEAN_SPREAD + 1), coded)] if has_mean else [0]
    turn = _to_all(len(mixed))
    axes[mixed] = turn @ axes[mixed]
    spread[mixed], length[mixed] = turn**2 @ spread[mixed], turn**2 @ length[mixed]
    dealt = _dealt((spread * length)[:coded], codes)
    order = [*(axis for axes_of_code in dealt for axis in axes_of_code), *range(coded, len(axes))]
    axes, weights = axes[order], np.sqrt(length[order])
    return _Frame(*(part.astype(np.float32) for part in (axes, weights, axes @ mean * weights)))


def _to_all(count: int) -> NDArray[np.float64]:
    """Return the reflection that turns the first axis to where it has an equal part of each."""
    across = np.eye(count)[0] - count**-0.5
    whole = max(float(across @ across), 1e-12)
    reflection: NDArray[np.float64] = np.eye(count) - 2 / whole * np.outer(across, across)
    return reflection


def _dealt(counts: NDArray[np.float64], codes: int) -> list[list[int]]:
    """Deal out the axes by how much each counts so that the codes' products are as like as can be.

    The axis that counts most of those left goes to the code that still has the smallest product.
    """
    dealt: list[list[int]] = [[] for _ in range(codes)]
    # Above 1, so that an axis more is always more.
    logarithms = np.log(counts / counts.min()) + 1
    products = np.zeros(codes)
    for axis in np.argsort(-counts, kind="stable").tolist():
        open_codes = [n for n in range(codes) if len(dealt[n]) < len(counts) // codes]
        chosen = min(open_codes, key=lambda n: products[n])
        dealt[chosen].append(axis)
        products[chosen] += logarithms[axis]
    for own in dealt:
        own.sort()
    return dealt


def _recall(store: CodedStore, vectors: StoredVectors, sampled: NDArray[np.int64]) -> float:
    """Return the share found of the rows nearest to the sampled rows, each one's own place left out."""
    queries = vectors[sampled].astype(np.float32)
    found = 0
    for query, row, tenth in zip(queries, sampled, _tenth_nearest(queries, vectors), strict=True):
        hits = [hit.id for hit in store.search(query, _RECALL_AT + 1)]
        others = [other for other in hits if other != row][:_RECALL_AT]
        found += int((vectors[others].astype(np.float32) @ query >= tenth - _NEARLY).sum())
    return found / _RECALL_AT / len(sampled)


def _sampled(vectors: StoredVectors, count: int, draw: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(draw.choice(len(vectors), min(count, len(vectors)), replace=False))


def _tenth_nearest(queries: Vectors, vectors: StoredVectors) -> Vectors:
    """Return the score of the tenth nearest row to each query, which is a row itself, every one compared."""
    kept = min(_RECALL_AT + 1, len(vectors))
    best = np.full((len(queries), kept), -np.inf, dtype=np.float32)
    for start in range(0, len(vectors), _BATCH):
        block = np.asarray(vectors[start : start + _BATCH], dtype=np.float32)
        best = np.concatenate([best, queries @ block.T], axis=1)
        best = np.partition(best, -kept, axis=1)[:, -kept:]
    tenth: Vectors = best.min(axis=1)
    return tenth
