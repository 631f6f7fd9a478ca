"""The connection to a Milvus server or Milvus Lite file, and its errors in our words."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from index.errors import ModelError, StoreUnreachableError

Found = TypeVar("Found")
_SECONDS = 10.0


class Connection:
    """One client, shared by threads."""

    def __init__(self, url: str) -> None:
        """Connect to `url`: http(s)://host:port, or a path for Milvus Lite. Raises StoreUnreachableError."""
        self.url = url
        try:
            import pymilvus
        except ImportError as error:
            raise ModelError(
                "RAWI_STORE_URL is set but pymilvus is not installed, expected the extra `milvus`; "
                "run: pip install 'rawi[milvus]'"
            ) from error
        # It logs every refused call with a traceback, and what was asked with it.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        self._errors = (pymilvus.MilvusException,)
        self.is_file = "://" not in url
        if self.is_file:
            Path(url).expanduser().parent.mkdir(parents=True, exist_ok=True)
        place = str(Path(url).expanduser()) if self.is_file else url
        # A Lite file has no server to wait for, and gives the same error whatever the reason.
        self.client: Any = self.ask(lambda: pymilvus.MilvusClient(place, timeout=_SECONDS))

    def ask(self, call: Callable[[], Found]) -> Found:
        """Return what `call` returns; raises StoreUnreachableError when Milvus refuses or does not answer."""
        try:
            return call()
        except self._errors as error:
            raise StoreUnreachableError(self._explained(error)) from error

    def _explained(self, error: Exception) -> str:
        reason = str(getattr(error, "message", error)).strip().splitlines()[0]
        if self.is_file:
            return (
                f"the Milvus Lite file {self.url} cannot be used ({reason}), expected a sound file that "
                "no other process has open; stop the other process, or run a server and set RAWI_STORE_URL"
            )
        return (
            f"Milvus at {self.url} does not answer ({reason}), expected a running server; "
            "start it, then run: rawi status"
        )

    def close(self) -> None:
        """Let go of the server or file."""
        self.client.close()
