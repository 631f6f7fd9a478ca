"""The seams of this room: what an embedder and a vector store are, without any implementation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""Called with (done, total) while something long goes on."""


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """What an index must have been built with to be searched: any difference makes the vectors useless."""

    model: str
    revision: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One found row and its raw inner product with the query."""

    id: int
    score: float


class Embedder(Protocol):
    """Turns texts into unit vectors; queries and passages may be embedded differently."""

    @property
    def identity(self) -> EmbedderIdentity:
        """What produced the vectors."""
        ...

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, markers and prefix included."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension)."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension), in the order of `texts`."""
        ...


class VectorStore(Protocol):
    """Rows of unit vectors searched by inner product; row numbers are the ids."""

    @property
    def size(self) -> int:
        """The number of rows."""
        ...

    def search(self, query: Vectors, count: int) -> list[Hit]:
        """Return at most `count` rows nearest to one query of shape (dimension,), best first."""
        ...

    def scores(self, query: Vectors, ids: Sequence[int]) -> Vectors:
        """Return the inner products of one query with the named rows, in their order."""
        ...


class VectorStoreWriter(Protocol):
    """Writes a vector store into a new generation folder."""

    def write(self, folder: Path, name: str, vectors: Vectors, progress: Progress | None = None) -> None:
        """Write all rows; `vectors` may be memory-mapped."""
        ...

    def open(self, folder: Path, name: str) -> VectorStore:
        """Open what `write` left."""
        ...
