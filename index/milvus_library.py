"""Generations in Milvus: new collections beside the old ones, and an alias switched when they are whole.

    rawi                       alias of the documents of the generation that answers
    rawi_<generation>_documents   the manifest in row 0, then one row a document
    rawi_<generation>_passages    passages with their vectors and words
    rawi_<generation>_sentences   sentences' vectors and words
    rawi_<generation>_units       the most that each BM25 unit adds to a sentence and to a passage

Milvus can lose rows without a word: counts are checked at every opening; a passage carries a checksum.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from pydantic import ValidationError

from index import milvus_writer
from index.errors import IndexDamagedError, IndexMissingError
from index.generation import Generation
from index.generations import Generations
from index.library import Draft
from index.manifest import SCHEMA_VERSION, IndexManifest
from index.milvus_connection import Connection
from index.milvus_store import MilvusPassages, MilvusVectors, MilvusWords, seal
from index.milvus_writer import ALIAS, PARTS, collection
from index.protocols import DocumentRecord, StoredVectors
from index.reports import StageProgress

_ALIAS_SECONDS = 1.0
_BATCH = 1000
_DAMAGED = "expected what the reindex wrote there; run: rawi reindex"


class MilvusLibrary:
    """The generations on one Milvus server or in one Milvus Lite file."""

    kind = "milvus"

    def __init__(self, url: str, data_dir: Path) -> None:
        """Connect to `url`; drafts are made in `data_dir`. Raises StoreUnreachableError."""
        self._connection = Connection(url)
        self._local = Generations(data_dir)
        self._named: tuple[float, str | None] | None = None

    def current_name(self) -> str | None:
        """Return the name of the generation that answers, asked for at most once a second."""
        if self._named is None or monotonic() - self._named[0] > _ALIAS_SECONDS:
            self._named = (monotonic(), self._current_name())
        return self._named[1]

    def _current_name(self) -> str | None:
        client = self._connection.client
        for name in self._connection.ask(client.list_collections):
            if not name.startswith(f"{ALIAS}_") or not name.endswith("_documents"):
                continue
            listed = self._connection.ask(partial(client.list_aliases, name))
            if ALIAS in listed["aliases"]:
                return milvus_writer.generation_of(name)
        return None

    def manifest(self) -> IndexManifest:
        """Return the manifest of the generation that answers."""
        return self._manifest(self._named_or_missing())

    def open(self, name: str | None = None) -> Generation:
        """Open and verify a generation, by default the one that answers.

        Raises IndexMissingError, IndexDamagedError, StoreUnreachableError.
        """
        name = name or self._named_or_missing()
        manifest = self._manifest(name)
        for part in PARTS:
            self._connection.ask(partial(self._connection.client.load_collection, collection(name, part)))
        sentences, passages, units = (collection(name, part) for part in ("sentences", "passages", "units"))
        expected = manifest.checksums
        for part in PARTS:
            found = self._count(collection(name, part))
            if found != int(expected.get(f"{part} rows", -1)):
                raise IndexDamagedError(
                    f"{collection(name, part)} holds {found} rows, expected {expected.get(f'{part} rows')}; "
                    "run: rawi reindex"
                )
        generation = Generation(
            manifest=manifest,
            passages=self._passages(name, manifest),
            sentence_vectors=MilvusVectors(self._connection, sentences, manifest.sentences),
            passage_vectors=MilvusVectors(self._connection, passages, manifest.passages),
            sentence_words=MilvusWords(self._connection, sentences, units, "sentence", manifest.sentences),
            passage_words=MilvusWords(self._connection, passages, units, "passage", manifest.passages),
        )
        generation.refuse_wrong_counts()
        return generation

    def lock(self) -> AbstractContextManager[None]:
        """Hold the reindex lock of this machine's data folder; reindex from one machine at a time."""
        return self._local.lock()

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """Yield a new draft; on leaving, its local folder goes, its collections unless it was published."""
        with self._local.draft() as (local, folder):
            name = local.replace("-", "_")
            try:
                yield Draft(name, folder)
            finally:
                if self._current_name() != name:
                    self._drop(name)

    def keep_vectors(
        self, draft: Draft, sentences: StoredVectors, passages: StoredVectors, progress: StageProgress
    ) -> str:
        """Write all rows, words and passages included, into new collections."""
        milvus_writer.write_rows(self._connection, draft, sentences, passages, progress)
        return f"{self.kind}: {milvus_writer.index_type(len(sentences))}"

    def finish(self, draft: Draft, manifest: IndexManifest, progress: StageProgress) -> Generation:
        """Write the documents and the manifest, with the counts and checksums of all rows, and open them."""
        progress("verify", 0, 1)
        milvus_writer.write_documents(self._connection, draft, manifest)
        generation = self.open(draft.name)
        progress("verify", 1, 1)
        return generation

    def publish(self, draft: Draft) -> None:
        """Switch the alias to the draft, and drop all but it and the generation before."""
        client, target = self._connection.client, collection(draft.name, "documents")
        before = self._current_name()
        switch = client.create_alias if before is None else client.alter_alias
        self._connection.ask(lambda: switch(collection_name=target, alias=ALIAS))
        self._named = None
        for name in {
            milvus_writer.generation_of(name) for name in self._connection.ask(client.list_collections)
        }:
            # A draft that another machine makes is younger than what answered before.
            if name is not None and name < min(before or draft.name, draft.name):
                self._drop(name)

    def close(self) -> None:
        """Let go of the server or file."""
        self._connection.close()

    def _named_or_missing(self) -> str:
        name = self._current_name()
        if name is None:
            raise IndexMissingError(
                f"no index in Milvus at {self._connection.url}, expected one built before; run: rawi reindex"
            )
        return name

    def _manifest(self, name: str) -> IndexManifest:
        target = collection(name, "documents")
        client = self._connection.client
        self._connection.ask(lambda: client.load_collection(target))
        records = self._connection.ask(lambda: client.get(target, [0], output_fields=["id", "record"]))
        try:
            manifest = IndexManifest.model_validate_json(records[0]["record"])
        except (IndexError, ValidationError) as error:
            raise IndexDamagedError(f"{target} holds no manifest, {_DAMAGED}") from error
        if manifest.schema_version != SCHEMA_VERSION:
            raise IndexDamagedError(
                f"{target} has schema {manifest.schema_version}, expected {SCHEMA_VERSION}; run: rawi reindex"
            )
        return manifest

    def _passages(self, name: str, manifest: IndexManifest) -> MilvusPassages:
        target = collection(name, "passages")
        counts = np.full(manifest.passages, -1, dtype=np.int64)
        total = 0
        for record in self._scan(target, ["id", "sentences", "line", "seal"]):
            if seal(record["id"], record["line"].encode()) != record["seal"]:
                raise IndexDamagedError(f"passage {record['id']} of {target} is damaged, {_DAMAGED}")
            counts[record["id"]] = record["sentences"]
            total += record["seal"]
        if str(total) != manifest.checksums.get("passages seal") or (counts < 0).any():
            raise IndexDamagedError(f"{target} lacks passages, {_DAMAGED}")
        records = sorted(
            self._scan(collection(name, "documents"), ["id", "record"]), key=lambda row: row["id"]
        )
        parsed = [json.loads(record["record"]) for record in records[1:]]
        documents = [
            DocumentRecord(**{**record, "questions": tuple(record["questions"])}) for record in parsed
        ]
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return MilvusPassages(self._connection, target, documents, first)

    def _scan(self, target: str, fields: list[str]) -> Iterator[dict[str, Any]]:
        client = self._connection.client
        rows = self._connection.ask(
            lambda: client.query_iterator(target, batch_size=_BATCH, output_fields=fields)
        )
        while batch := self._connection.ask(rows.next):
            yield from batch
        rows.close()

    def _count(self, target: str) -> int:
        client = self._connection.client
        (answer,) = self._connection.ask(
            lambda: client.query(target, output_fields=["count(*)"], consistency_level="Strong")
        )
        return int(answer["count(*)"])

    def _drop(self, name: str) -> None:
        for part in PARTS:
            self._connection.ask(partial(self._connection.client.drop_collection, collection(name, part)))
