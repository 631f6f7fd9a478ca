"""Where generations are kept, in a folder or in Milvus: the seam between building and keeping."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from index.generation import Generation
from index.manifest import IndexManifest
from index.protocols import StoredVectors
from index.reports import StageProgress

SENTENCE_VECTORS = "sentences"
PASSAGE_VECTORS = "passages"
SENTENCE_WORDS = "sentence_words"
PASSAGE_WORDS = "passage_words"


@dataclass(frozen=True, slots=True)
class Draft:
    """A generation under construction: its name and the local folder its parts are made in."""

    name: str
    folder: Path


class Library(Protocol):
    """Keeps generations; readers see a whole one or the one before."""

    @property
    def kind(self) -> str:
        """What keeps the vectors: the first word of the manifest's `store`."""
        ...

    def current_name(self) -> str | None:
        """Return the name of the generation that answers, or None before the first reindex; cheap."""
        ...

    def open(self, name: str | None = None) -> Generation:
        """Open and verify a generation, by default the one that answers.

        Raises IndexMissingError before the first reindex, IndexDamagedError, IndexMismatchError.
        """
        ...

    def manifest(self) -> IndexManifest:
        """Return the manifest of the generation that answers, without opening its parts."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Hold the reindex lock; raises IndexBusyError when another process does."""
        ...

    def draft(self) -> AbstractContextManager[Draft]:
        """Yield a new draft, cleared away on leaving unless it was published; the lock must be held."""
        ...

    def keep_vectors(
        self, draft: Draft, sentences: StoredVectors, passages: StoredVectors, progress: StageProgress
    ) -> str:
        """Store the vectors of a draft; return the manifest's `store`: which index, how well it recalls."""
        ...

    def finish(self, draft: Draft, manifest: IndexManifest, progress: StageProgress) -> Generation:
        """Make the draft whole with its manifest (checksums are filled in here) and open it, verified."""
        ...

    def publish(self, draft: Draft) -> None:
        """Let the finished draft answer from now on, and prune what is older than the one before."""
        ...
