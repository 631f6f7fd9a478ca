"""The generation that answers now; reopened when a reindex has switched the pointer."""

import logging
from threading import Lock

from index.errors import IndexDamagedError, IndexMissingError
from index.generation import Generation, open_generation
from index.generations import Generations
from index.protocols import EmbedderIdentity, VectorStoreWriter
from knowledge.arabic import NORMALISER_VERSION

_logger = logging.getLogger(__name__)


class IndexHandle:
    """Gives the current generation to any thread; a question in flight keeps the one it was given."""

    def __init__(
        self, generations: Generations, store: VectorStoreWriter, identity: EmbedderIdentity, chunking: str
    ) -> None:
        self._generations = generations
        self._store = store
        self._identity = identity
        self._chunking = chunking
        self._opened: Generation | None = None
        self._refused: str | None = None
        self._lock = Lock()

    def current(self) -> Generation:
        """Return the generation that the pointer names.

        Raises IndexMissingError, IndexDamagedError or IndexMismatchError only when none was opened before:
        a new generation that cannot be opened is logged once and the old one goes on answering.
        """
        name = self._generations.current_name()
        opened = self._opened
        if opened is not None and name in {opened.manifest.generation, self._refused}:
            return opened
        with self._lock:
            if self._opened is not opened and self._opened is not None:
                return self._opened
            try:
                self._opened = self._open()
            except (IndexDamagedError, IndexMissingError) as error:
                if opened is None:
                    raise
                self._refused = name
                _logger.error("still answering from %s: %s", opened.manifest.generation, error)  # noqa: TRY400
                return opened
            return self._opened

    def _open(self) -> Generation:
        generation = open_generation(self._generations.current(), self._store)
        generation.manifest.refuse_mismatch(self._identity, self._chunking, NORMALISER_VERSION)
        return generation
