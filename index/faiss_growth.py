"""Beyond a size: rows in cells around centroids, one byte a dimension, memory-mapped."""

from pathlib import Path
from typing import Any

from index.protocols import Progress, StoredVectors


def write(path: Path, vectors: StoredVectors, progress: Progress | None) -> str:
    raise NotImplementedError


def opened(path: Path) -> Any:
    import faiss

    return faiss.read_index(str(path))
