"""The embedded vector store: FAISS files in the generation folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import IndexDamagedError
from index.protocols import Hit, Progress, Vectors

_BATCH = 65_536


class FaissStore:
    """Rows of unit vectors in one FAISS index, by inner product."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @property
    def size(self) -> int:
        """The number of rows."""
        return int(self._index.ntotal)

    def search(self, query: Vectors, count: int) -> list[Hit]:
        """Return at most `count` rows nearest to one query of shape (dimension,), best first."""
        count = min(count, self.size)
        if count == 0:
            return []
        scores, rows = self._index.search(np.ascontiguousarray(query[None], dtype=np.float32), count)
        return [Hit(int(row), float(score)) for row, score in zip(rows[0], scores[0], strict=True) if row >= 0]

    def scores(self, query: Vectors, ids: Sequence[int]) -> Vectors:
        """Return the inner products of one query with the named rows, in their order."""
        rows = np.asarray(ids, dtype=np.int64)
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        vectors: Vectors = self._index.reconstruct_batch(rows)
        return vectors @ np.asarray(query, dtype=np.float32)


class FaissWriter:
    """Writes and opens FAISS stores."""

    name = "faiss-flat"

    def write(self, folder: Path, name: str, vectors: Vectors, progress: Progress | None = None) -> None:
        """Write all rows of `vectors`, which may be memory-mapped, as `{name}.faiss`."""
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        for start in range(0, len(vectors), _BATCH):
            index.add(np.ascontiguousarray(vectors[start : start + _BATCH], dtype=np.float32))
            if progress is not None:
                progress(index.ntotal, len(vectors))
        faiss.write_index(index, str(folder / f"{name}.faiss"))

    def open(self, folder: Path, name: str) -> FaissStore:
        """Open what `write` left; raises IndexDamagedError when FAISS cannot read it."""
        import faiss

        path = folder / f"{name}.faiss"
        # A damaged header may claim any size: without a limit FAISS reserves gigabytes before it notices.
        faiss.set_deserialization_vector_byte_limit(max(path.stat().st_size * 2, 1 << 20))
        try:
            return FaissStore(faiss.read_index(str(path)))
        except RuntimeError as error:
            raise IndexDamagedError(
                f"{path} cannot be read by FAISS, expected a vector index; run: rawi reindex"
            ) from error
