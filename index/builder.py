"""Reindex: read, reuse what did not change, embed the rest, publish."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic

import numpy as np

from index import keyword
from index.errors import IndexDamagedError, RawiError
from index.generation import (
    PASSAGE_VECTORS,
    PASSAGE_WORDS,
    SENTENCE_VECTORS,
    SENTENCE_WORDS,
    Generation,
    open_generation,
)
from index.generations import Generations
from index.manifest import MANIFEST_NAME, EmbedderRecord, IndexManifest, checksum
from index.passage_file import write_passages
from index.protocols import Embedder, Progress, Vectors, VectorStoreWriter
from index.reports import ReindexReport
from index.vector_cache import VectorCache
from knowledge.arabic import NORMALISER_VERSION
from knowledge.documents import Reading
from knowledge.passages import Chunking, split_passages
from knowledge.types import Document, Passage

StageProgress = Callable[[str, int, int], None]
"""Called with (stage, done, total); stages are "split", "embed", "words", "write", "verify"."""

_SAMPLED = 20
_logger = logging.getLogger(__name__)


def _silent(stage: str, done: int, total: int) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds generations of one data folder from the documents that `read` returns."""

    data_dir: Path
    read: Callable[[], Reading]
    embedder: Embedder
    store: VectorStoreWriter
    chunking: Chunking

    def run(self, progress: StageProgress = _silent) -> ReindexReport:
        """Bring the index up to date with the articles.

        Raises IndexBusyError when another process reindexes, KnowledgeError when there is nothing to read;
        whatever happens, the generation that answered before goes on answering.
        """
        started = monotonic()
        generations = Generations(self.data_dir)
        with generations.lock():
            reading = self.read()
            unchanged = self._unchanged(generations, reading.documents)
            if unchanged is not None:
                return _report(unchanged, reading, embedded=0, started=started, changed=False)
            with generations.build() as folder:
                manifest, embedded = self._build(folder, reading.documents, progress)
        return _report(manifest, reading, embedded=embedded, started=started, changed=True)

    def _unchanged(self, generations: Generations, documents: Sequence[Document]) -> IndexManifest | None:
        """Return the manifest of the current generation when it is sound and of these very documents."""
        try:
            generation = open_generation(generations.current(), self.store)
            generation.manifest.refuse_mismatch(self.embedder.identity, str(self.chunking), NORMALISER_VERSION)
        except RawiError as error:
            _logger.info("building anew: %s", error)
            return None
        manifest = generation.manifest
        same = manifest.corpus_hash == _corpus_hash(documents) and manifest.store == self.store.name
        return manifest if same else None

    def _build(
        self, folder: Path, documents: Sequence[Document], progress: StageProgress
    ) -> tuple[IndexManifest, int]:
        passages: list[tuple[Passage, ...]] = []
        for number, document in enumerate(documents, start=1):
            passages.append(
                split_passages(document, chunking=self.chunking, count_tokens=self.embedder.count_tokens)
            )
            progress("split", number, len(documents))
        write_passages(folder, documents, passages)
        passage_texts = [passage.text for own in passages for passage in own]
        sentence_texts = [
            sentence.text for own in passages for passage in own for sentence in passage.sentences
        ]
        del passages
        vectors, embedded = self._embed(sentence_texts + passage_texts, folder, progress)
        split = len(sentence_texts)
        self.store.write(folder, SENTENCE_VECTORS, vectors[:split], _stage(progress, "write"))
        self.store.write(folder, PASSAGE_VECTORS, vectors[split:], _stage(progress, "write"))
        del vectors
        for name, texts in ((SENTENCE_WORDS, sentence_texts), (PASSAGE_WORDS, passage_texts)):
            progress("words", 0, len(texts))
            keyword.write(keyword_builder.build(texts), folder, name)
        manifest = self._write_manifest(folder, documents, len(passage_texts), len(sentence_texts))
        progress("verify", 0, 1)
        self._verify(open_generation(folder, self.store), passage_texts)
        VectorCache(self.data_dir, self.embedder.identity).keep_only(sentence_texts + passage_texts)
        return manifest, embedded

    def _embed(self, texts: Sequence[str], folder: Path, progress: StageProgress) -> tuple[Vectors, int]:
        vectors = np.zeros((len(texts), self.embedder.identity.dimension), dtype=np.float32)
        cache = VectorCache(self.data_dir, self.embedder.identity)
        embedded = cache.embed(texts, self.embedder, vectors, _stage(progress, "embed"))
        return vectors, embedded

    def _write_manifest(
        self, folder: Path, documents: Sequence[Document], passages: int, sentences: int
    ) -> IndexManifest:
        manifest = IndexManifest(
            generation=folder.stem,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            embedder=EmbedderRecord.of(self.embedder.identity),
            chunking=str(self.chunking),
            normaliser_version=NORMALISER_VERSION,
            store=self.store.name,
            corpus_hash=_corpus_hash(documents),
            documents=len(documents),
            passages=passages,
            sentences=sentences,
            checksums={path.name: checksum(path) for path in sorted(folder.iterdir())},
        )
        (folder / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
        return manifest

    def _verify(self, generation: Generation, passage_texts: Sequence[str]) -> None:
        """Raise IndexDamagedError unless sampled passages find themselves in the index just written."""
        count = len(passage_texts)
        for row in sorted({int(row) for row in np.linspace(0, count - 1, min(_SAMPLED, count))}):
            text = passage_texts[row]
            vector = np.zeros((1, self.embedder.identity.dimension), dtype=np.float32)
            VectorCache(self.data_dir, self.embedder.identity).embed([text], self.embedder, vector)
            own = float(generation.passage_vectors.scores(vector[0], [row])[0])
            best = generation.passage_vectors.search(vector[0], 1)
            if generation.passages.passage(row).text != text or not best or best[0].score > own + 1e-3:
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
