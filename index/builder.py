"""Reindex: read, reuse what did not change, embed the rest, publish."""

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic

import numpy as np

from index import keyword_builder
from index.errors import IndexDamagedError
from index.generation import Generation
from index.library import PASSAGE_WORDS, SENTENCE_WORDS, Draft, Library
from index.manifest import EmbedderRecord, IndexManifest
from index.passage_file import PassageFile, PassageWriter
from index.protocols import Embedder, Progress, StoredVectors, Vectors
from index.reports import ReindexReport, StageProgress
from index.vector_cache import STORED, VectorCache
from knowledge.arabic import NORMALISER_VERSION
from knowledge.documents import Reading
from knowledge.errors import RawiError
from knowledge.passages import Chunking, split_passages
from knowledge.types import Document

_SAMPLED = 20
_ROUNDED = 0.05
"""How far an odd row's score may be off in an index of codes."""
_logger = logging.getLogger(__name__)


def _silent(stage: str, done: int, total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds generations of one library from the documents that `read` returns.

    What grows with the articles is kept in files: in memory are the documents themselves, some dozens of
    bytes a sentence, and blocks of a fixed size.
    """

    data_dir: Path
    read: Callable[[], Reading]
    embedder: Embedder
    library: Library
    chunking: Chunking

    def run(self, progress: StageProgress = _silent) -> ReindexReport:
        """Bring the index up to date with the articles.

        Raises IndexBusyError when another process reindexes, KnowledgeError when there is nothing to read;
        whatever happens, the generation that answered before goes on answering.
        """
        started = monotonic()
        with self.library.lock():
            reading = self.read()
            current = self._current()
            if current is not None and self._is_of(current.manifest, reading.documents):
                return _report(current.manifest, reading, embedded=0, started=started, changed=False)
            with self.library.draft() as draft:
                manifest, embedded = self._build(draft, reading.documents, current, progress)
                self.library.publish(draft)
        return _report(manifest, reading, embedded=embedded, started=started, changed=True)

    def _current(self) -> Generation | None:
        """Return the generation that answers when it is sound and built as it would be now."""
        try:
            generation = self.library.open()
            generation.manifest.refuse_mismatch(
                self.embedder.identity, str(self.chunking), NORMALISER_VERSION
            )
        except RawiError as error:
            _logger.info("building anew: %s", error)
            return None
        return generation

    def _is_of(self, manifest: IndexManifest, documents: Sequence[Document]) -> bool:
        return manifest.corpus_hash == _corpus_hash(documents) and manifest.store.startswith(
            self.library.kind
        )

    def _build(
        self, draft: Draft, documents: Sequence[Document], current: Generation | None, progress: StageProgress
    ) -> tuple[IndexManifest, int]:
        self._split(draft.folder, documents, current, progress)
        passages = PassageFile(draft.folder)
        work = draft.folder / "work"
        work.mkdir()
        vectors, embedded = self._embed(passages, work, progress)
        self._index_words(passages, draft.folder, progress)
        sentences = passages.sentences
        store = self.library.keep_vectors(draft, vectors[:sentences], vectors[sentences:], progress)
        manifest = IndexManifest(
            generation=draft.name,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            embedder=EmbedderRecord.of(self.embedder.identity),
            chunking=str(self.chunking),
            normaliser_version=NORMALISER_VERSION,
            store=store,
            corpus_hash=_corpus_hash(documents),
            documents=len(documents),
            passages=len(passages),
            sentences=sentences,
            checksums={},
        )
        sampled = _sampled(vectors[sentences:])
        del vectors
        shutil.rmtree(work)
        generation = self.library.finish(draft, manifest, progress)
        _verify(generation, passages, sampled)
        return generation.manifest, embedded

    def _split(
        self,
        folder: Path,
        documents: Sequence[Document],
        current: Generation | None,
        progress: StageProgress,
    ) -> None:
        """Write the passages; those of a document that has not changed are copied."""
        source = current.passages if current is not None else None
        known = (
            {record.content_hash: record for record in source.documents}
            if isinstance(source, PassageFile)
            else {}
        )
        with PassageWriter(folder) as writer:
            for number, document in enumerate(documents, start=1):
                record = known.get(document.content_hash)
                if record is not None and isinstance(source, PassageFile):
                    writer.copy(document, source, record)
                else:
                    count = self.embedder.count_tokens
                    writer.add(document, split_passages(document, chunking=self.chunking, count_tokens=count))
                progress("split", number, len(documents))
            writer.finish()

    def _embed(
        self, passages: PassageFile, folder: Path, progress: StageProgress
    ) -> tuple[StoredVectors, int]:
        """Return the vectors of all sentences, then of all passages, and how many were not known."""
        count = passages.sentences + len(passages)
        vectors: StoredVectors = np.memmap(
            folder / "vectors", STORED, "w+", shape=(max(count, 1), self.embedder.identity.dimension)
        )[:count]

        cache = VectorCache(self.data_dir, self.embedder.identity)
        embedded = cache.embed(_Texts(passages), self.embedder, vectors, _stage(progress, "embed"))
        cache.keep_only(_Texts(passages))
        return vectors, embedded

    def _index_words(self, passages: PassageFile, folder: Path, progress: StageProgress) -> None:
        total = passages.sentences + len(passages)
        keyword_builder.write_indexes(
            passages.sentences_of_passages(),
            folder,
            SENTENCE_WORDS,
            PASSAGE_WORDS,
            lambda done: progress("words", done, total),
        )


@dataclass(frozen=True, slots=True)
class _Texts:
    """All sentences, then all passages, read as they are gone through."""

    passages: PassageFile

    def __len__(self) -> int:
        return self.passages.sentences + len(self.passages)

    def __iter__(self) -> Iterator[str]:
        yield from self.passages.sentence_texts()
        yield from self.passages.passage_texts()


def _sampled(vectors: StoredVectors) -> dict[int, Vectors]:
    rows = np.linspace(0, len(vectors) - 1, min(_SAMPLED, len(vectors)))
    return {int(row): vectors[int(row)].astype(np.float32) for row in rows}


def _verify(generation: Generation, passages: PassageFile, sampled: dict[int, Vectors]) -> None:
    """Raise IndexDamagedError unless sampled passages find themselves in the index just written."""
    for row, vector in sampled.items():
        own = float(generation.passage_vectors.scores(vector, [row])[0])
        best = generation.passage_vectors.search(vector, 1)
        same_text = generation.passages.passage(row).text == passages.passage(row).text
        # Written so that what is no number fails too.
        right = abs(own - float(vector @ vector)) <= _ROUNDED and bool(best)
        if not same_text or not right or not abs(best[0].score - own) <= 1e-2:
            raise IndexDamagedError(
                f"passage {row} does not find itself in the index just written; run: rawi reindex"
            )


def _stage(progress: StageProgress, stage: str) -> Progress:
    return lambda done, total: progress(stage, done, total)


def _corpus_hash(documents: Sequence[Document]) -> str:
    lines = "\n".join(
        f"{document.id}\t{document.source}\t{'|'.join(document.questions)}\t{document.content_hash}"
        for document in documents
    )
    return sha256(lines.encode()).hexdigest()


def _report(
    manifest: IndexManifest, reading: Reading, *, embedded: int, started: float, changed: bool
) -> ReindexReport:
    return ReindexReport(
        generation=manifest.generation,
        documents=manifest.documents,
        passages=manifest.passages,
        sentences=manifest.sentences,
        reused=manifest.passages + manifest.sentences - embedded,
        embedded=embedded,
        seconds=round(monotonic() - started, 3),
        unreadable=tuple(reading.problems),
        changed=changed,
    )
