"""Which of the processes that share one data folder still run: each holds a lock that ends with it."""

from pathlib import Path
from typing import Final
from uuid import uuid4

from filelock import FileLock, Timeout

_PATTERN: Final = "serving-{}.lock"


class Presence:
    """The presence of this process among those on `folder`; a killed process is gone at once."""

    def __init__(self, folder: Path) -> None:
        """Announce this process, until `leave` or its end."""
        self.name = uuid4().hex
        self._folder = folder
        self._lock = FileLock(folder / _PATTERN.format(self.name))
        self._lock.acquire()
        for other in folder.glob(_PATTERN.format("*")):
            # What a killed process left is removed by looking at it.
            self.is_gone(other.stem.partition("-")[2])

    def is_gone(self, name: str) -> bool:
        """Tell whether the process that announced itself as `name` has ended."""
        path = self._folder / _PATTERN.format(name)
        if not path.exists():
            return True
        try:
            with FileLock(path, timeout=0):
                path.unlink(missing_ok=True)
        except Timeout:
            return False
        return True

    def leave(self) -> None:
        """End the presence in order."""
        self._lock.release()
        (self._folder / _PATTERN.format(self.name)).unlink(missing_ok=True)
