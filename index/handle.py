"""The generation that answers now; reopened when a reindex has switched the pointer."""

import logging
from threading import Lock

from index.errors import IndexDamagedError, IndexMismatchError, IndexMissingError
from index.generation import Generation
from index.library import Library
from index.protocols import EmbedderIdentity
from knowledge.arabic import NORMALISER_VERSION

_logger = logging.getLogger(__name__)


class IndexHandle:
    """Gives the current generation to any thread; a question in flight keeps the one it was given."""

    def __init__(self, library: Library, identity: EmbedderIdentity, chunking: str) -> None:
        self._library = library
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
        opened = self._opened
        try:
            name = self._library.current_name()
        except IndexDamagedError:
            if opened is None:
                raise
            return opened
        if opened is not None and name in {opened.manifest.generation, self._refused}:
            return opened
        # Opening a large generation takes seconds: one thread does it, the others go on with the old one.
        if not self._lock.acquire(blocking=opened is None):
            return opened or self.current()
        try:
            if self._opened is not opened and self._opened is not None:
                return self._opened
            self._opened = self._open()
        except (IndexDamagedError, IndexMissingError, IndexMismatchError) as error:
            if opened is None:
                raise
            self._refused = name
            _logger.error("still answering from %s: %s", opened.manifest.generation, error)  # noqa: TRY400
            return opened
        finally:
            self._lock.release()
        return self._opened

    def _open(self) -> Generation:
        generation = self._library.open()
        generation.manifest.refuse_mismatch(self._identity, self._chunking, NORMALISER_VERSION)
        return generation
