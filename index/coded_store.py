"""Beyond a size: short codes of all rows are scanned, and the best are compared by what the codes leave out.

A question's embedding lies outside the cloud of the sentences, where cells and graphs find little: the ten
nearest to a real question lie scattered over half of the cells, and a graph walks past them. So every row is
scanned, by a code of half a byte for three dimensions (André et al. 2015, "Cache locality is not enough"),
about 2 ms a million on one core. Beside the codes stands a byte a dimension of what they leave of a row.
What makes so few bytes do:

- the axes are the principal ones, dealt out so that each code describes as much (Ge et al. 2013, "Optimized
  product quantization", its parametric solution);
- an axis counts for as much as questions are long along it, which is taken to be as rows are: what is sought
  is not the nearest vector but the right product;
- the axes that count least have no code; what is left of them is all of them;
- a byte spans what is left, a fifth of the variance, and so says twice as much as a byte of the vector; along
  the mean of the rows, where three quarters of a question's length lie, what is left is not rounded.

`python -m benchmarks.scale` measures it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.protocols import Hit, Progress, Rows, StoredVectors, Vectors

_ASKED_FOR = 96
"""Rows that are asked for at least: the first few of many compared again are surer than of few."""
_PROPOSED = 56
"""Times as many rows as are asked for are compared again."""
_SETTLED = 2
"""Times as many of those, by the scan's own rounded scores, are compared once more without rounding."""
_AXES_CODED = 7 / 8
_LEAST = 1e-4
"""Of the mean variance: an axis along which the sampled rows hardly vary is taken to vary so much."""
_AXES_A_CODE = 3
_CODE_BITS = 4
_BYTE_RANGE = 5.0
"""Standard deviations that a byte spans on either side."""
_ROUNDS = 12
"""Sixteen centres settle in few; FAISS's 25 would be most of a small reindex."""
_TRAINED_ON = 40_000
_RECALL_AT = 10
_SAMPLED_QUERIES = 100
_BATCH = 32_768
_BLOCK = 256
"""Rows whose bytes become numbers at once: they stay in the processor's cache."""
_SEED = 7
_PARTS = ("axes", "weights", "steps", "left", "along")


@dataclass(frozen=True, slots=True)
class _Frame:
    """The axes that rows are described along: a row each, the mean of the rows first; and a byte's worth."""

    axes: Vectors
    weights: Vectors
    """Of each axis, what its numbers are multiplied by in a row, and divided by in a question."""
    steps: Vectors
    """Of each axis, what one step of its byte stands for."""

    def rows(self, vectors: Vectors) -> Vectors:
        """Return rows along the axes."""
        turned: Vectors = np.ascontiguousarray(vectors @ self.axes.T * self.weights)
        return turned

    def question(self, vector: Vectors) -> Vectors:
        """Return a question along the axes."""
        turned: Vectors = (self.axes @ vector) / self.weights
        return turned


class CodedStore:
    """Rows of unit vectors, by inner product, in a seventh of a byte and one byte a dimension."""

    def __init__(self, codes: Any, frame: _Frame, left: NDArray[np.int8], along: Vectors) -> None:
        self._codes, self._frame, self._left, self._along = codes, frame, left, along

    @property
    def size(self) -> int:
        """The number of rows."""
        return int(self._codes.ntotal)

    def search(self, query: Vectors, count: int) -> list[Hit]:
        """Return at most `count` rows nearest to one query of shape (dimension,), best first.

        Raises ValueError for a query of another dimension.
        """
        count = min(count, self.size)
        if count <= 0:
            return []
        turned = self._turned(query)
        asked_for = max(count, _ASKED_FOR)
        proposed = min(_PROPOSED * asked_for, self.size)
        coded, rows = self._codes.search(turned[None, : self._codes.d], proposed)
        rows = rows[0][rows[0] >= 0]
        left = self._left_of(turned, rows)
        nearly = coded[0][: len(rows)] + left
        settled = _largest(nearly, _SETTLED * asked_for)
        scores = self._coded_of(turned, rows[settled]) + left[settled]
        best = np.argsort(-scores, kind="stable")[:count]
        pairs = zip(rows[settled][best].tolist(), scores[best].tolist(), strict=True)
        return [Hit(row, score) for row, score in pairs]

    def scores(self, query: Vectors, ids: Rows) -> Vectors:
        """Return the inner products of one query with the named rows, in their order."""
        rows = np.asarray(ids, dtype=np.int64)
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        turned = self._turned(query)
        return self._coded_of(turned, rows) + self._left_of(turned, rows)

    def _turned(self, query: Vectors) -> Vectors:
        query = np.asarray(query, dtype=np.float32)
        dimension = len(self._frame.axes)
        if query.shape != (dimension,):
            raise ValueError(f"expected a query of shape ({dimension},), found {query.shape}")
        return self._frame.question(query)

    def _coded_of(self, turned: Vectors, rows: NDArray[np.int64]) -> Vectors:
        coded: Vectors = self._codes.reconstruct_batch(rows) @ turned[: self._codes.d]
        return coded

    def _left_of(self, turned: Vectors, rows: NDArray[np.int64]) -> Vectors:
        worth = turned * self._frame.steps
        sums: Vectors = self._along[rows] * turned[0]
        # Reused, for memory asked of the system anew costs more than the arithmetic.
        numbers = np.empty((min(_BLOCK, len(rows)), len(worth)), dtype=np.float32)
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            own = numbers[: len(block)]
            np.copyto(own, np.take(self._left, block, axis=0))
            sums[start : start + _BLOCK] += own @ worth
        return sums


def write(folder: Path, name: str, vectors: StoredVectors, progress: Progress | None = None) -> str:
    """Write the rows of `vectors`, which may be memory-mapped, and return the type and its recall."""
    import faiss

    draw = np.random.default_rng(_SEED)
    sample = _sampled(vectors, _TRAINED_ON, draw)
    dimension = vectors.shape[1]
    codes_a_row = max(1, int(dimension * _AXES_CODED) // _AXES_A_CODE)
    codes = faiss.IndexPQFastScan(
        min(codes_a_row * _AXES_A_CODE, dimension), codes_a_row, _CODE_BITS, faiss.METRIC_INNER_PRODUCT
    )
    codes.pq.cp.niter = _ROUNDS
    axes, weights = _axes(sample, codes_a_row, codes.d)
    turned = _Frame(axes, weights, weights).rows(sample)
    codes.train(np.ascontiguousarray(turned[:, : codes.d]))
    steps = _rest(codes, turned).std(axis=0) * (_BYTE_RANGE / 127)
    frame = _Frame(axes, weights, np.maximum(steps, 1e-9).astype(np.float32))
    left = np.lib.format.open_memmap(
        folder / f"{name}.left.npy", mode="w+", dtype=np.int8, shape=(len(vectors), dimension)
    )
    along = np.zeros(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), _BATCH):
        block = slice(start, start + _BATCH)
        turned = frame.rows(vectors[block].astype(np.float32))
        codes.add(np.ascontiguousarray(turned[:, : codes.d]))
        rest = _rest(codes, turned)
        left[block] = np.clip(np.rint(rest / frame.steps), -127, 127)
        along[block] = rest[:, 0] - left[block, 0] * frame.steps[0]
        if progress is not None:
            progress(codes.ntotal, len(vectors))
    left.flush()
    small = {"axes": frame.axes, "weights": frame.weights, "steps": frame.steps, "along": along}
    for part, array in small.items():
        np.save(folder / f"{name}.{part}.npy", array, allow_pickle=False)
    faiss.write_index(codes, str(folder / f"{name}.faiss"))
    recall = _recall(CodedStore(codes, frame, left, along), vectors, draw)
    return (
        f"PCA,PQ{codes_a_row}x{_CODE_BITS}fs,residual bytes, "
        f"recall@{_RECALL_AT} {recall:.3f} of {_SAMPLED_QUERIES} rows"
    )


def is_written(folder: Path, name: str) -> bool:
    """Tell whether `write` wrote this index, and not an exact one."""
    return (folder / f"{name}.left.npy").exists()


def open_store(folder: Path, name: str, codes: Any) -> CodedStore:
    """Open what `write` left beside the `codes`, memory-mapped."""
    parts: dict[str, NDArray[Any]] = {
        part: np.asarray(np.load(folder / f"{name}.{part}.npy", mmap_mode="r", allow_pickle=False)).view(
            np.ndarray
        )
        for part in _PARTS
    }
    frame = _Frame(parts["axes"], parts["weights"], parts["steps"])
    return CodedStore(codes, frame, parts["left"], parts["along"])


def _largest(scores: Vectors, count: int) -> NDArray[np.int64]:
    """Return where the `count` largest scores stand, in no order."""
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(scores, len(scores) - count)[len(scores) - count :]


def _axes(sample: Vectors, codes: int, coded: int) -> tuple[Vectors, Vectors]:
    """Return the axes, those of one code side by side and those without a code last, and their weights."""
    mean = sample.mean(axis=0, dtype=np.float64)
    mean /= max(float(np.linalg.norm(mean)), 1e-9)
    along = sample @ mean
    # In what is left the mean is one more direction of no variance, and so the last.
    variance, directions = np.linalg.eigh(np.cov((sample - np.outer(along, mean)).T))
    axes = np.concatenate([[mean], directions.T[:0:-1]])
    spread = np.concatenate([[along.var()], np.maximum(variance[:0:-1], _LEAST * variance.mean())])
    length = np.concatenate([[np.square(along).mean()], spread[1:]])
    dealt = _dealt((spread * length)[:coded], codes)
    # The mean stays first: its code's other axes follow it.
    own = next(number for number, axes_of_code in enumerate(dealt) if 0 in axes_of_code)
    dealt.insert(0, dealt.pop(own))
    order = [*(axis for axes_of_code in dealt for axis in axes_of_code), *range(coded, len(axes))]
    return axes[order].astype(np.float32), np.sqrt(length[order]).astype(np.float32)


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


def _rest(codes: Any, turned: Vectors) -> Vectors:
    """Return what the codes leave of rows."""
    coded = np.ascontiguousarray(turned[:, : codes.d])
    rest = turned.copy()
    rest[:, : codes.d] -= codes.pq.decode(codes.pq.compute_codes(coded))
    return rest


def _recall(store: CodedStore, vectors: StoredVectors, draw: np.random.Generator) -> float:
    """Return the share found of the rows nearest to sampled rows, each one's own place left out."""
    queries = _sampled(vectors, _SAMPLED_QUERIES, draw)
    wanted = _nearest(queries, vectors, _RECALL_AT + 1)
    found = [{hit.id for hit in store.search(query, _RECALL_AT + 1)} for query in queries]
    hits = [len(own & set(right.tolist())) - 1 for own, right in zip(found, wanted, strict=True)]
    return float(np.mean(hits)) / _RECALL_AT


def _sampled(vectors: StoredVectors, count: int, draw: np.random.Generator) -> Vectors:
    rows = np.sort(draw.choice(len(vectors), min(count, len(vectors)), replace=False))
    return np.ascontiguousarray(vectors[rows], dtype=np.float32)


def _nearest(queries: Vectors, vectors: StoredVectors, count: int) -> NDArray[np.int64]:
    """Return the rows nearest to each query, by comparing every one."""
    rows = np.zeros((len(queries), 0), dtype=np.int64)
    scores = np.zeros((len(queries), 0), dtype=np.float32)
    for start in range(0, len(vectors), _BATCH):
        block = np.asarray(vectors[start : start + _BATCH], dtype=np.float32)
        numbers = np.broadcast_to(np.arange(start, start + len(block)), (len(queries), len(block)))
        rows = np.concatenate([rows, numbers], axis=1)
        scores = np.concatenate([scores, queries @ block.T], axis=1)
        best = np.argpartition(-scores, count, axis=1)[:, :count]
        rows, scores = np.take_along_axis(rows, best, axis=1), np.take_along_axis(scores, best, axis=1)
    return rows
