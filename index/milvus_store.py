"""What a question is searched in when the index lives in Milvus: vectors, words and passages."""

import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import IndexDamagedError
from index.keyword import hash_units
from index.milvus_connection import Connection
from index.passage_file import passage_of
from index.protocols import DocumentRecord, Hit, Rows, Vectors
from knowledge.types import Passage

_UNITS = 2**32 - 3
"""Dimensions of a sparse vector in Milvus are below 2^32 - 1; of a million units about 100 pairs meet."""
NO_UNIT = _UNITS
"""Stands in rows without any unit, because Milvus refuses an empty sparse vector."""
_MOST_ROWS = 8192
_BOUNDS_KEPT = 200_000


def unit_numbers(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the dimension that each hashed unit has in Milvus."""
    return (hashes % np.uint64(_UNITS)).astype(np.int64)


def seal(row: int, data: bytes) -> int:
    """Return a checksum of what stands in a row."""
    return zlib.crc32(data, row & 0xFFFFFFFF)


class MilvusVectors:
    """The dense vectors of one collection."""

    def __init__(self, connection: Connection, collection: str, size: int) -> None:
        self._connection = connection
        self._collection = collection
        self.size = size

    def search(self, query: Vectors, count: int) -> list[Hit]:
        """Return at most `count` rows nearest to one query of shape (dimension,), best first."""
        count = min(count, self.size)
        if count <= 0:
            return []
        return _search(self._connection, self._collection, "vector", query.tolist(), count)

    def scores(self, query: Vectors, ids: Rows) -> Vectors:
        """Return the inner products of one query with the named rows, in their order."""
        rows = np.asarray(ids, dtype=np.int64)
        found = _scores_of(self._connection, self._collection, "vector", query.tolist(), rows)
        missing = [int(row) for row in rows if int(row) not in found]
        # A graph index may not reach every row that the filter lets through.
        if missing:
            found.update(zip(missing, (self.vectors(missing) @ query).tolist(), strict=True))
        return np.array([found[int(row)] for row in rows], dtype=np.float32)

    def vectors(self, ids: Rows) -> Vectors:
        """Return the named rows, in their order, shape (rows, dimension)."""
        rows = np.asarray(ids, dtype=np.int64).tolist()
        found: dict[int, Vectors] = {}
        for start in range(0, len(rows), _MOST_ROWS):
            part = rows[start : start + _MOST_ROWS]
            records = self._connection.ask(
                partial(self._connection.client.get, self._collection, part, output_fields=["id", "vector"])
            )
            found.update((record["id"], np.asarray(record["vector"], np.float32)) for record in records)
        return np.array([found[row] for row in rows], dtype=np.float32)


class MilvusWords:
    """The sparse vectors of one collection: BM25's weights, made on our side, so that the scores are ours."""

    def __init__(self, connection: Connection, collection: str, units: str, field: str, size: int) -> None:
        self._connection = connection
        self._collection = collection
        self._units = units
        self._field = field
        self._bounds: dict[int, float | None] = {}
        self.size = size

    def match(self, units: Sequence[str]) -> "MilvusMatches":
        """Return what `units` match, each as often as it occurs; nothing is asked before it is needed."""
        counted = Counter(units)
        numbers = unit_numbers(np.array(hash_units(counted), dtype=np.uint64)).tolist()
        query: dict[int, float] = {}
        for number, count in zip(numbers, counted.values(), strict=True):
            query[number] = query.get(number, 0.0) + count
        return MilvusMatches(self, query)

    def holds(self, unit: str) -> bool:
        """Tell whether any row holds `unit`, even one too common to be matched."""
        numbers = unit_numbers(np.array(hash_units([unit]), dtype=np.uint64)).tolist()
        return bool(self._bounds_of(numbers))

    def bound(self, query: Mapping[int, float]) -> float:
        """Return the most that any row could score."""
        return sum(bound * query[number] for number, bound in self._bounds_of(query).items())

    def _bounds_of(self, numbers: Iterable[int]) -> dict[int, float]:
        """Return the most that each unit adds to a row; those that no row holds are left out."""
        known = {number: self._bounds[number] for number in numbers if number in self._bounds}
        unknown = [number for number in numbers if number not in known]
        if unknown:
            if len(self._bounds) > _BOUNDS_KEPT:
                self._bounds.clear()
            fields = ["id", self._field]
            records = self._connection.ask(
                lambda: self._connection.client.get(self._units, unknown, output_fields=fields)
            )
            found = {record["id"]: float(record[self._field]) for record in records}
            fresh = {number: found.get(number) for number in unknown}
            self._bounds.update(fresh)
            known |= fresh
        return {number: bound for number, bound in known.items() if bound is not None}

    def best(self, query: Mapping[int, float], count: int) -> list[Hit]:
        """Return the `count` rows that score most."""
        return _search(self._connection, self._collection, "words", dict(query), min(count, self.size))

    def scores(self, query: Mapping[int, float], rows: NDArray[np.int64]) -> Vectors:
        """Return the BM25 scores of `rows`."""
        found = _scores_of(self._connection, self._collection, "words", dict(query), rows)
        return np.array([found.get(int(row), 0.0) for row in rows], dtype=np.float32)


class MilvusMatches:
    """What the units of one question match."""

    def __init__(self, words: MilvusWords, query: Mapping[int, float]) -> None:
        self._words = words
        self._query = query

    @cached_property
    def bound(self) -> float:
        """The most that any row could have scored."""
        return self._words.bound(self._query) if self._query else 0.0

    def shares(self, rows: NDArray[np.int64]) -> Vectors:
        """Return the scores of `rows` as shares of the bound, from 0 to 1."""
        if self.bound <= 0 or not len(rows):
            return np.zeros(len(rows), dtype=np.float32)
        shares: Vectors = self._words.scores(self._query, rows) / np.float32(self.bound)
        return shares

    def best(self, count: int) -> NDArray[np.int64]:
        """Return at most `count` rows with a positive score, in no order."""
        if self.bound <= 0:
            return np.zeros(0, dtype=np.int64)
        hits = self._words.best(self._query, count)
        return np.array([hit.id for hit in hits if hit.score > 0], dtype=np.int64)


class MilvusPassages:
    """The passages of one generation; a passage is fetched when it is shown."""

    def __init__(
        self,
        connection: Connection,
        collection: str,
        documents: Sequence[DocumentRecord],
        first_sentence: NDArray[np.int64],
    ) -> None:
        self.documents = tuple(documents)
        self.first_sentence = first_sentence
        self._connection = connection
        self._collection = collection
        self._row_of = {document.id: row for row, document in enumerate(self.documents)}
        self.passage = lru_cache(maxsize=512)(self._passage)

    def __len__(self) -> int:
        return len(self.first_sentence) - 1

    @property
    def sentences(self) -> int:
        """The number of sentences."""
        return int(self.first_sentence[-1])

    def _passage(self, row: int) -> Passage:
        """Return the passage in `row`; raises IndexDamagedError when it is not what was written."""
        client = self._connection.client
        records = self._connection.ask(
            lambda: client.get(self._collection, [row], output_fields=["id", "line", "seal"])
        )
        if not records or seal(row, records[0]["line"].encode()) != records[0]["seal"]:
            raise IndexDamagedError(
                f"passage {row} of {self._collection} is not what was written there; run: rawi reindex"
            )
        return passage_of(records[0]["line"], self.document_of(row))

    def row(self, document_id: str, ordinal: int) -> int | None:
        """Return the row of a document's passage, or None when there is none."""
        position = self._row_of.get(document_id)
        if position is None:
            return None
        document = self.documents[position]
        return document.first_passage + ordinal if 0 <= ordinal < document.passages else None

    def sentence_number(self, row: int, index: int) -> int:
        """Return which sentence of its document, from 1, the `index`-th sentence of a passage is."""
        first_passage = self.document_of(row).first_passage
        return int(self.first_sentence[row] - self.first_sentence[first_passage]) + index + 1

    def document_of(self, row: int) -> DocumentRecord:
        """Return the document that the passage in `row` belongs to."""
        return self.documents[bisect_right(self.documents, row, key=lambda item: item.first_passage) - 1]

    def passage_of_sentence(self, rows: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Return the passage row of each sentence row, in the shape of `rows`."""
        return np.asarray(np.searchsorted(self.first_sentence, rows, side="right") - 1)


def _search(  # noqa: PLR0913, PLR0917 - Milvus has one call for all of this
    connection: Connection, collection: str, field: str, query: Any, count: int, condition: str = ""
) -> list[Hit]:
    if count <= 0:
        return []
    (found,) = connection.ask(
        lambda: connection.client.search(
            collection, [query], anns_field=field, limit=count, filter=condition, output_fields=["id"]
        )
    )
    return [Hit(int(hit["id"]), float(hit["distance"])) for hit in found]


def _scores_of(
    connection: Connection, collection: str, field: str, query: Any, rows: NDArray[np.int64]
) -> dict[int, float]:
    found: dict[int, float] = {}
    for start in range(0, len(rows), _MOST_ROWS):
        part = rows[start : start + _MOST_ROWS].tolist()
        # Numbers only: nothing that anybody typed gets into a filter.
        hits = _search(connection, collection, field, query, len(part), f"id in {part}")
        found.update({hit.id: hit.score for hit in hits})
    return found
