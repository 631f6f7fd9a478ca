"""The embedded vector store: FAISS files in the generation folder, of a type that follows the size."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index import coded_store
from index.errors import IndexDamagedError
from index.protocols import Hit, Progress, Rows, StoredVectors, Vectors, VectorStore

EXACT_ROWS = 65_536
"""Up to this many rows every one is compared: 384 dimensions take 1.5 ms on one core, and nothing is lost."""
_BATCH = 8_192


class ExactStore:
    """Rows of unit vectors in half precision by inner product, every one compared."""

    def __init__(self, index: Any) -> None:
        """Take an `IndexScalarQuantizer` of `QT_fp16`."""
        import faiss

        self._index = index
        codes = faiss.rev_swig_ptr(index.codes.data(), index.codes.size())
        self._rows = codes.view(np.float16).reshape(index.ntotal, index.d)

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
        return list(map(Hit, rows[0].tolist(), scores[0].tolist()))

    def scores(self, query: Vectors, ids: Rows) -> Vectors:
        """Return the inner products of one query with the named rows, in their order."""
        rows = np.asarray(ids, dtype=np.int64)
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        return self.vectors(rows) @ np.asarray(query, dtype=np.float32)

    def vectors(self, ids: Rows) -> Vectors:
        """Return the named rows, in their order, shape (rows, dimension)."""
        return widened(self._rows[np.asarray(ids, dtype=np.int64)])


def write(folder: Path, name: str, vectors: StoredVectors, progress: Progress | None = None) -> str:
    """Write all rows of `vectors`, which may be memory-mapped, as `{name}.faiss`.

    Returns what the manifest tells of the index: its type and, where it is not exact, its recall.
    """
    import faiss

    if len(vectors) > EXACT_ROWS:
        return coded_store.write(folder, name, vectors, progress)
    # As they are kept: half the bytes of `IndexFlatIP`, the same numbers, and other data stays in the cache.
    index = faiss.IndexScalarQuantizer(
        vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    for start in range(0, len(vectors), _BATCH):
        index.add(np.ascontiguousarray(vectors[start : start + _BATCH], dtype=np.float32))
        if progress is not None:
            progress(index.ntotal, len(vectors))
    faiss.write_index(index, str(folder / f"{name}.faiss"))
    return "SQfp16"


def widened(halves: NDArray[np.float16]) -> Vectors:
    """Return finite half-precision numbers in single precision; FAISS and NumPy do it one at a time."""
    bits = halves.view(np.int16).astype(np.int32)
    bits <<= 13
    # Between a half's sign and its exponent, whose zero is 112 less, three bits are copies of the sign.
    bits &= ~0x70000000
    numbers = bits.view(np.float32)
    numbers *= np.float32(2.0**112)
    return numbers


def open_store(folder: Path, name: str) -> VectorStore:
    """Open what `write` left; raises IndexDamagedError when it cannot be read."""
    import faiss

    path = folder / f"{name}.faiss"
    # A damaged header may claim any size: without a limit FAISS reserves gigabytes before it notices.
    faiss.set_deserialization_vector_byte_limit(max(path.stat().st_size * 2, 1 << 20))
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        if isinstance(index, faiss.IndexScalarQuantizer):
            return ExactStore(index)
        return coded_store.open_store(folder, name, index)
    except (RuntimeError, OSError, ValueError) as error:
        raise IndexDamagedError(
            f"{path} cannot be read by FAISS, expected a vector index; run: rawi reindex"
        ) from error
