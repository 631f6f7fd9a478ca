"""Beyond a size: short codes in cells are scanned, and what they propose is compared by whole bytes.

A question's embedding lies outside the cloud of the sentences, where cells alone do not help: of real
Arabic questions on 5,555 real sentences, the ten nearest lie scattered over half of the cells. So a large
share of them is scanned, which codes of half a byte for three dimensions make fast (André et al. 2015,
"Cache locality is not enough"), and the best are compared again by a byte a dimension, which any row can
also be asked for.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.protocols import Progress, StoredVectors, Vectors

COMPARED = 96
"""Rows that are asked for at least: the first few of many compared again are surer than of few."""
_COMPARED_AGAIN, _COMPARED_AGAIN_OF_MANY = 48, 16
"""Times as many as are asked for; the second where not all rows can be scanned, for time is short there."""
_SCANNED_ROWS = 300_000
"""At most, however many there are: about 2 ms on one core."""
_SHARES = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
_RECALL_WANTED = 0.995
"""Of rows; questions lie further out, and theirs is .02 to .03 lower."""
_RECALL_AT = 10
_SAMPLED_QUERIES = 100
_TRAINED_ON = 40_000
_ROUNDS = 8
_BATCH = 32_768
_BYTE_RANGE = 3.7
"""Standard deviations that a byte spans on either side: of 300 questions' ten nearest .979 stay.

With 3.2 it is .982, but odd texts are cut off; from the least to the greatest value .970.
"""
_SEED = 7


@dataclass(frozen=True, slots=True)
class _Parts:
    """The index that is written and the parts of it that are set."""

    whole: Any
    cells: Any


def write(path: Path, vectors: StoredVectors, progress: Progress | None = None) -> str:
    """Write the rows of `vectors`, which may be memory-mapped, and return the type and its recall."""
    import faiss

    draw = np.random.default_rng(_SEED)
    # Half the square root: finding cells costs little beside scanning many.
    cells = max(16, 1 << int(np.log2(len(vectors) ** 0.5 / 2)))
    parts = _trained(_sampled(vectors, _TRAINED_ON, draw), cells)
    parts.whole.k_factor = _COMPARED_AGAIN if len(vectors) <= _SCANNED_ROWS else _COMPARED_AGAIN_OF_MANY
    for start in range(0, len(vectors), _BATCH):
        parts.whole.add(np.ascontiguousarray(vectors[start : start + _BATCH], dtype=np.float32))
        if progress is not None:
            progress(parts.whole.ntotal, len(vectors))
    # Cells are filled by distance, which keeps them even, and probed by inner product, which is sought.
    centroids = parts.cells.quantizer.reconstruct_n(0, parts.cells.nlist)
    by_product = faiss.IndexFlatIP(vectors.shape[1])
    by_product.add(centroids)
    parts.cells.quantizer = by_product
    recall = _tune(parts, vectors, draw)
    faiss.write_index(parts.whole, str(path))
    return (
        f"IVF{parts.cells.nlist},PQ{parts.cells.pq.M}x4fs,Refine(SQ8) with {parts.cells.nprobe} probes, "
        f"recall@{_RECALL_AT} {recall:.3f} of {_SAMPLED_QUERIES} rows"
    )


def opened(path: Path) -> Any:
    """Open a FAISS index with its flat codes memory-mapped; raises RuntimeError when it cannot be read."""
    import faiss

    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)


def _trained(sample: Vectors, cells: int) -> _Parts:
    import faiss

    dimension = sample.shape[1]
    clustering = faiss.Clustering(dimension, cells)
    clustering.niter = _ROUNDS
    clustering.seed = _SEED
    quantiser = faiss.IndexFlatL2(dimension)
    clustering.train(sample, quantiser)
    codes = max(size for size in range(1, max(dimension // 3, 1) + 1) if dimension % size == 0)
    coarse = faiss.IndexIVFPQFastScan(quantiser, dimension, cells, codes, 4, faiss.METRIC_INNER_PRODUCT)
    coarse.by_residual = False
    # Sixteen centres settle in few rounds; FAISS's 25 would be most of a small reindex.
    coarse.pq.cp.niter = _ROUNDS
    coarse.train(sample)
    exact = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    exact.sq.rangestat = faiss.ScalarQuantizer.RS_meanstd
    exact.sq.rangestat_arg = _BYTE_RANGE
    exact.train(sample)
    whole = faiss.IndexRefine(coarse, exact)
    return _Parts(whole, coarse)


def _tune(parts: _Parts, vectors: StoredVectors, draw: np.random.Generator) -> float:
    """Set how many cells are probed and return the recall, each sampled row's own place left out."""
    queries = _sampled(vectors, _SAMPLED_QUERIES, draw)
    wanted = _nearest(queries, vectors, _RECALL_AT + 1)
    recall = 0.0
    for share in _SHARES:
        if recall and share * len(vectors) > _SCANNED_ROWS:
            break
        parts.cells.nprobe = max(1, round(share * parts.cells.nlist))
        _, found = parts.whole.search(queries, COMPARED)
        hits = [
            len(set(own[: _RECALL_AT + 1]) & set(right)) - 1 for own, right in zip(found, wanted, strict=True)
        ]
        recall = float(np.mean(hits)) / _RECALL_AT
        if recall >= _RECALL_WANTED:
            break
    return recall


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
