"""Generations in a local folder: FAISS for the vectors, memory-mapped arrays for words and passages."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from index import faiss_store, keyword
from index.errors import IndexDamagedError
from index.generation import Generation
from index.generations import Generations
from index.library import PASSAGE_VECTORS, PASSAGE_WORDS, SENTENCE_VECTORS, SENTENCE_WORDS, Draft
from index.manifest import MANIFEST_NAME, IndexManifest, checksum, read_manifest, verify_checksums
from index.passage_file import PassageFile
from index.protocols import Progress, StoredVectors
from index.reports import StageProgress


class FaissLibrary:
    """The generations of one data folder."""

    kind = "faiss"

    def __init__(self, data_dir: Path) -> None:
        self._generations = Generations(data_dir)

    def current_name(self) -> str | None:
        """Return the name of the generation that answers, or None before the first reindex."""
        return self._generations.current_name()

    def open(self, name: str | None = None) -> Generation:
        """Open and verify a generation, by default the one that answers.

        Raises IndexMissingError, IndexDamagedError when a file is not what its manifest records,
        IndexMismatchError for another schema.
        """
        folder = self._generations.current() if name is None else self._generations.folder(name)
        return _open(folder, read_manifest(folder))

    def manifest(self) -> IndexManifest:
        """Return the manifest of the generation that answers."""
        return read_manifest(self._generations.current())

    def lock(self) -> AbstractContextManager[None]:
        """Hold the reindex lock of the data folder; raises IndexBusyError when another process does."""
        return self._generations.lock()

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """Yield a new draft beside the generations, removed on leaving unless it was published."""
        with self._generations.draft() as (name, folder):
            yield Draft(name, folder)

    def keep_vectors(
        self, draft: Draft, sentences: StoredVectors, passages: StoredVectors, progress: StageProgress
    ) -> str:
        """Write both FAISS indexes; each takes the type that its size asks for."""
        total = len(sentences) + len(passages)

        def shown(before: int) -> Progress:
            return lambda done, _: progress("write", before + done, total)

        described = [
            f"{name} {faiss_store.write(draft.folder, name, vectors, shown(before))}"
            for name, vectors, before in (
                (SENTENCE_VECTORS, sentences, 0),
                (PASSAGE_VECTORS, passages, len(sentences)),
            )
        ]
        return f"{self.kind}: {'; '.join(described)}"

    def finish(self, draft: Draft, manifest: IndexManifest, progress: StageProgress) -> Generation:
        """Write the manifest with the checksum of every file, and open what was written."""
        progress("verify", 0, 1)
        checksums = {path.name: checksum(path) for path in sorted(draft.folder.iterdir())}
        manifest = manifest.model_copy(update={"checksums": checksums})
        (draft.folder / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
        generation = _open(draft.folder, read_manifest(draft.folder))
        progress("verify", 1, 1)
        return generation

    def publish(self, draft: Draft) -> None:
        """Switch the pointer to the draft with one atomic rename."""
        self._generations.publish(draft.folder, draft.name)


def _open(folder: Path, manifest: IndexManifest) -> Generation:
    verify_checksums(folder, manifest)
    try:
        generation = Generation(
            manifest=manifest,
            passages=PassageFile(folder),
            sentence_vectors=faiss_store.open_store(folder, SENTENCE_VECTORS),
            passage_vectors=faiss_store.open_store(folder, PASSAGE_VECTORS),
            sentence_words=keyword.open_index(folder, SENTENCE_WORDS),
            passage_words=keyword.open_index(folder, PASSAGE_WORDS),
        )
    except OSError as error:
        # Files the manifest does not know of are not looked for above.
        raise IndexDamagedError(
            f"{folder} lacks {error.filename}, expected a whole index; run: rawi reindex"
        ) from error
    generation.refuse_wrong_counts()
    return generation
