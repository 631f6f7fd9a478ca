"""Writes the rows of a generation into new Milvus collections."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from index import keyword
from index.keyword import KeywordIndex
from index.library import PASSAGE_WORDS, SENTENCE_WORDS, Draft
from index.manifest import IndexManifest
from index.milvus_connection import Connection
from index.milvus_store import NO_UNIT, seal, unit_numbers
from index.passage_file import PassageFile
from index.protocols import StoredVectors
from index.reports import StageProgress
from knowledge.errors import RawiError

ALIAS = "rawi"
PARTS = ("documents", "passages", "sentences", "units")
_BATCH = 500
_BLOCK = 16_384
_EXACT_ROWS = 50_000
_LONGEST = 65_535
"""Bytes of a VARCHAR field in Milvus."""

Row = dict[str, Any]


def collection(generation: str, part: str) -> str:
    """Return the name of a part's collection."""
    return f"{ALIAS}_{generation}_{part}"


def generation_of(name: str) -> str | None:
    """Return the generation whose part a collection is, or None when it is not ours."""
    own, _, rest = name.partition("_")
    generation, _, part = rest.rpartition("_")
    return generation if own == ALIAS and part in PARTS and generation else None


def index_type(rows: int) -> str:
    """Return the dense index for so many rows: exact while that is fast, then a graph."""
    return "FLAT" if rows <= _EXACT_ROWS else "HNSW"


def write_rows(
    connection: Connection,
    draft: Draft,
    sentences: StoredVectors,
    passages: StoredVectors,
    progress: StageProgress,
) -> None:
    """Write sentences, passages and units of a draft whose other parts lie in its folder."""
    file = PassageFile(draft.folder)
    words = {name: keyword.open_index(draft.folder, name) for name in (SENTENCE_WORDS, PASSAGE_WORDS)}
    total, written = len(sentences) + len(passages), 0
    for part, vectors, rows in (
        ("sentences", sentences, _rows(sentences, words[SENTENCE_WORDS])),
        ("passages", passages, _with_lines(_rows(passages, words[PASSAGE_WORDS]), file)),
    ):
        target = collection(draft.name, part)
        _create(connection, target, part, vectors.shape[1], len(vectors))
        for count in _insert(connection, target, rows):
            written += count
            progress("write", written, total)
    target = collection(draft.name, "units")
    _create(connection, target, "units", 2, 0)
    for _ in _insert(connection, target, _units(words[SENTENCE_WORDS], words[PASSAGE_WORDS])):
        pass


def write_documents(connection: Connection, draft: Draft, manifest: IndexManifest) -> None:
    """Write the documents and, with the counts and checksums of all rows, the manifest."""
    file = PassageFile(draft.folder)
    units = len({row["id"] for row in _units(*_both_words(draft))})
    checksums = {
        "documents rows": str(len(file.documents) + 1),
        "passages rows": str(manifest.passages),
        "sentences rows": str(manifest.sentences),
        "units rows": str(units),
        "passages seal": str(sum(seal(row, _line(file, row).encode()) for row in range(len(file)))),
    }
    manifest = manifest.model_copy(update={"checksums": checksums})
    records = [manifest.model_dump_json(), *(json.dumps(asdict(item)) for item in file.documents)]
    longest = max(len(record.encode()) for record in records)
    if longest > _LONGEST:
        raise RawiError(
            f"a document's title, source and questions take {longest} bytes, expected at most {_LONGEST}; "
            "shorten them, then run: rawi reindex"
        )
    target = collection(draft.name, "documents")
    _create(connection, target, "documents", 2, 0)
    rows = ({"id": row, "record": record, "vector": [0.0, 0.0]} for row, record in enumerate(records))
    for _ in _insert(connection, target, rows):
        pass


def _both_words(draft: Draft) -> tuple[KeywordIndex, KeywordIndex]:
    return keyword.open_index(draft.folder, SENTENCE_WORDS), keyword.open_index(draft.folder, PASSAGE_WORDS)


def _create(connection: Connection, target: str, part: str, dimension: int, rows: int) -> None:
    from pymilvus import DataType, MilvusClient

    client = connection.client
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    indexes = client.prepare_index_params()
    settings = {"M": 16, "efConstruction": 200} if index_type(rows) == "HNSW" else {}
    indexes.add_index("vector", index_type=index_type(rows), metric_type="IP", params=settings)
    if part in {"passages", "sentences"}:
        schema.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
        indexes.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    if part == "passages":
        schema.add_field("line", DataType.VARCHAR, max_length=_LONGEST)
        schema.add_field("sentences", DataType.INT64)
        schema.add_field("seal", DataType.INT64)
    if part == "documents":
        schema.add_field("record", DataType.VARCHAR, max_length=_LONGEST)
    if part == "units":
        schema.add_field("sentence", DataType.FLOAT)
        schema.add_field("passage", DataType.FLOAT)
    connection.ask(lambda: client.create_collection(target, schema=schema, index_params=indexes))


def _insert(connection: Connection, target: str, rows: Iterable[Row]) -> Iterator[int]:
    waiting = iter(rows)
    while batch := list(islice(waiting, _BATCH)):
        connection.ask(partial(connection.client.insert, target, batch))
        yield len(batch)
    connection.ask(lambda: connection.client.flush(target))


def _rows(vectors: StoredVectors, words: KeywordIndex) -> Iterator[Row]:
    """Yield the rows of sentences or passages: the postings turned round, a block of rows at a time."""
    for start in range(0, len(vectors), _BLOCK):
        end = min(start + _BLOCK, len(vectors))
        places = np.flatnonzero((words.rows >= start) & (words.rows < end))
        terms = np.searchsorted(words.offsets, places, side="right") - 1
        numbers = unit_numbers(words.terms[terms])
        sparse: list[dict[int, float]] = [{} for _ in range(end - start)]
        found = zip(
            (words.rows[places] - start).tolist(),
            numbers.tolist(),
            (words.shares[places] * words.worth(terms)).tolist(),
            strict=True,
        )
        for row, number, weight in found:
            sparse[row][number] = sparse[row].get(number, 0.0) + weight
        for row in range(start, end):
            yield {
                "id": row,
                "vector": vectors[row].astype(np.float32),
                "words": sparse[row - start] or {NO_UNIT: 1.0},
            }


def _with_lines(rows: Iterable[Row], file: PassageFile) -> Iterator[Row]:
    for row in rows:
        line = _line(file, row["id"])
        sentences = int(file.first_sentence[row["id"] + 1] - file.first_sentence[row["id"]])
        yield {**row, "line": line, "sentences": sentences, "seal": seal(row["id"], line.encode())}


def _line(file: PassageFile, row: int) -> str:
    return file.line(row).decode().rstrip("\n")


def _units(sentences: KeywordIndex, passages: KeywordIndex) -> Iterator[Row]:
    """Yield the most that each unit adds; where two units share a number, the greater."""
    numbers = [unit_numbers(index.terms) for index in (sentences, passages)]
    together = np.union1d(*numbers)
    bounds = np.zeros((2, len(together)), dtype=np.float32)
    for position, index in enumerate((sentences, passages)):
        np.maximum.at(bounds[position], np.searchsorted(together, numbers[position]), index.bound)
    for number, sentence, passage in zip(together.tolist(), *bounds.tolist(), strict=True):
        yield {"id": number, "vector": [0.0, 0.0], "sentence": sentence, "passage": passage}
