"""Every error that Rawi raises on purpose.

RawiError
├── KnowledgeError      (knowledge.errors) an article or the articles folder cannot be used
├── ModelError          an embedding model cannot be built or loaded
├── IndexMissingError   there is no index yet
├── IndexMismatchError  the index was built from something else than what is configured
├── IndexDamagedError   a file of the index is not what its manifest says
├── IndexBusyError      another process is reindexing
├── StoreUnreachableError  the server or file that holds the index cannot be reached
└── EvaluationError     a question file cannot be read
"""

from knowledge.errors import RawiError


class ModelError(RawiError):
    """An embedding model cannot be built, verified or loaded."""


class IndexMissingError(RawiError):
    """There is no index yet."""


class IndexMismatchError(RawiError):
    """The index was built with another model, chunking or normaliser than the current one."""


class IndexDamagedError(RawiError):
    """A file of the index is missing or does not have the checksum that its manifest records."""


class IndexBusyError(RawiError):
    """Another process holds the reindex lock."""


class EvaluationError(RawiError):
    """A question file cannot be read."""


class StoreUnreachableError(RawiError):
    """The server or file that holds the index cannot be reached."""
