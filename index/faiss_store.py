"""The embedded vector store: FAISS files in the generation folder, of a type that follows the size."""

from pathlib import Path
from typing import Any

import numpy as np

from index import coded_store
from index.errors import IndexDamagedError
from index.protocols import Hit, Progress, Rows, StoredVectors, Vectors, VectorStore

EXACT_ROWS = 32_768
"""Up to this many rows every one is compared: 384 dimensions take 1.7 ms on one core, and nothing is lost."""
_BATCH = 65_536


class ExactStore:
    """Rows of unit vectors by inner product, every one compared."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @property
    def size(self) -> int:
        """The number of rows."""
        return int(self._index.ntotal)

    def search(self, query: Vectors, count: int) -> list[Hit]:
        """Return at most `count` rows nearest to one query of shape (dimension,), best first.

        Raises ValueError for a query of another dimension, which FAISS would refuse without a word.
        """
        query = np.ascontiguousarray(query, dtype=np.float32)
        if query.shape != (self._index.d,):
            raise ValueError(f"expected a query of shape ({self._index.d},), found {query.shape}")
        count = min(count, self.size)
        if count <= 0:
            return []
        scores, rows = self._index.search(query[None], count)
        pairs = zip(rows[0].tolist(), scores[0].tolist(), strict=True)
        return [Hit(row, score) for row, score in pairs]

    def scores(self, query: Vectors, ids: Rows) -> Vectors:
        """Return the inner products of one query with the named rows, in their order."""
        rows = np.asarray(ids, dtype=np.int64)
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        vectors: Vectors = self._index.reconstruct_batch(rows)
        return vectors @ np.asarray(query, dtype=np.float32)


def write(folder: Path, name: str, vectors: StoredVectors, progress: Progress | None = None) -> str:
    """Write all rows of `vectors`, which may be memory-mapped, as `{name}.faiss`.

    Returns what the manifest tells of the index: its type and, where it is not exact, its recall.
    """
    import faiss

    if len(vectors) > EXACT_ROWS:
        return coded_store.write(folder, name, vectors, progress)
    index = faiss.IndexFlatIP(vectors.shape[1])
    for start in range(0, len(vectors), _BATCH):
        index.add(np.ascontiguousarray(vectors[start : start + _BATCH], dtype=np.float32))
        if progress is not None:
            progress(index.ntotal, len(vectors))
    faiss.write_index(index, str(folder / f"{name}.faiss"))
    return "Flat"


def open_store(folder: Path, name: str) -> VectorStore:
    """Open what `write` left; raises IndexDamagedError when it cannot be read."""
    import faiss

    path = folder / f"{name}.faiss"
    # A damaged header may claim any size: without a limit FAISS reserves gigabytes before it notices.
    faiss.set_deserialization_vector_byte_limit(max(path.stat().st_size * 2, 1 << 20))
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        if isinstance(index, faiss.IndexFlat):
            return ExactStore(index)
        return coded_store.open_store(folder, name, index)
    except (RuntimeError, OSError, ValueError) as error:
        raise IndexDamagedError(
            f"{path} cannot be read by FAISS, expected a vector index; run: rawi reindex"
        ) from error
