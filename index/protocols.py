"""The seams of this room: what an embedder and a vector store are, without any implementation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.types import Passage

Vectors = NDArray[np.float32]
StoredVectors = NDArray[np.float16]
Rows = Sequence[int] | NDArray[np.int64]
Progress = Callable[[int, int], None]
"""Called with (done, total) while something long goes on."""


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """What an index must have been built with to be searched: any difference makes the vectors useless."""

    model: str
    revision: str
    dimension: int


class Hit(NamedTuple):
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


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """What a reader makes of one sentence: code points `start` to `end` of it answer by themselves."""

    score: float
    """A logit: how surely the sentence answers."""
    start: int = 0
    end: int = 0
    certainty: float = 0.0
    """The probability of exactly these words, if the sentence answers."""
    match: float = 0.0
    """What a matcher makes of the sentence; 0 without one."""


class Reader(Protocol):
    """Reads a question and a sentence together."""

    def read(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[ReadSentence]:
        """Return what it makes of each (sentence before, sentence), in their order."""
        ...


class Matcher(Protocol):
    """Compares a question's embeddings with those of sentences."""

    def match(
        self,
        wordings: Sequence[str],
        vector: Vectors,
        sentences: Sequence[str],
        sentence_vectors: Vectors,
        keyword: Vectors,
    ) -> Vectors:
        """Return a logit for each sentence, comparable within one question.

        The question comes in one or more `wordings` and as one `vector`; of the sentences it takes the text,
        the vector, and BM25's share of its bound.
        """
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

    def scores(self, query: Vectors, ids: Rows) -> Vectors:
        """Return the inner products of one query with the named rows, in their order."""
        ...

    def vectors(self, ids: Rows) -> Vectors:
        """Return the named rows, in their order, shape (rows, dimension), as nearly as they are kept."""
        ...


class WordMatches(Protocol):
    """What the units of one question match."""

    @property
    def bound(self) -> float:
        """The most that any row could have scored."""
        ...

    def shares(self, rows: NDArray[np.int64]) -> Vectors:
        """Return the BM25 scores of `rows` as shares of the bound, from 0 to 1."""
        ...

    def best(self, count: int) -> NDArray[np.int64]:
        """Return at most `count` rows with a positive score, in no order."""
        ...


class WordStore(Protocol):
    """Rows of BM25 units; row numbers are those of the vectors of the same texts."""

    @property
    def size(self) -> int:
        """The number of rows, those without a unit included."""
        ...

    def match(self, units: Sequence[str]) -> WordMatches:
        """Return what `units` match, each as often as it occurs."""
        ...

    def holds(self, unit: str) -> bool:
        """Tell whether any row holds `unit`, even one too common to be matched."""
        ...


class PassageSource(Protocol):
    """The documents and passages of one generation; a sentence row belongs to exactly one passage."""

    @property
    def documents(self) -> "Sequence[DocumentRecord]":
        """The documents, in the order of their passages."""
        ...

    @property
    def first_sentence(self) -> NDArray[np.int64]:
        """The first sentence row of each passage, and one more at the end."""
        ...

    @property
    def sentences(self) -> int:
        """The number of sentences."""
        ...

    def __len__(self) -> int:
        """Return the number of passages."""
        ...

    def passage(self, row: int) -> Passage:
        """Return the passage in `row`."""
        ...

    def row(self, document_id: str, ordinal: int) -> int | None:
        """Return the row of a document's passage, or None when there is none."""
        ...

    def sentence_number(self, row: int, index: int) -> int:
        """Return which sentence of its document, from 1, the `index`-th sentence of a passage is."""
        ...

    def document_of(self, row: int) -> "DocumentRecord":
        """Return the document that the passage in `row` belongs to."""
        ...

    def passage_of_sentence(self, rows: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Return the passage row of each sentence row, in the shape of `rows`."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """What is kept of a document beside its passages."""

    id: str
    title: str
    source: str
    content_hash: str
    questions: tuple[str, ...]
    first_passage: int
    passages: int
