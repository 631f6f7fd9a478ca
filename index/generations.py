"""Generations on disk: build beside, verify, switch one pointer, keep two.

DATA/generations/20260101T120000-ab12cd/   one whole index, never changed once published
DATA/CURRENT                               the name of the one that answers
DATA/reindex.lock                          held while a run builds
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from index.errors import IndexBusyError, IndexDamagedError, IndexMissingError
from knowledge.errors import RawiError

KEPT = 2
_UNFINISHED = ".building"
_LONGEST_NAME = 1024
"""Bytes of the pointer that are read."""


class Generations:
    """The generations of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / "generations"
        self._pointer = data_dir / "CURRENT"

    def current_name(self) -> str | None:
        """Return the name of the generation that answers, or None before the first reindex.

        Raises IndexDamagedError where the pointer cannot be read.
        """
        try:
            # It is read for every question, and faster without a file object.
            descriptor = os.open(self._pointer, os.O_RDONLY)
            try:
                return os.read(descriptor, _LONGEST_NAME).decode().strip() or None
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise IndexDamagedError(
                f"{self._pointer} is not text, expected the name of a generation; run: rawi reindex"
            ) from error
        except OSError as error:
            # Too many open files, for one: no reason to stop answering.
            raise IndexDamagedError(
                f"{self._pointer} cannot be read ({error.strerror}), expected the name of a generation; "
                "mend that, then run: rawi status"
            ) from error

    def current(self) -> Path:
        """Return the folder of the generation that answers.

        Raises IndexMissingError before the first reindex.
        ."""
        name = self.current_name()
        if name is None:
            raise IndexMissingError(
                f"no index in {self._data_dir}, expected one built before; run: rawi reindex"
            )
        folder = self.folder(name)
        if not folder.is_dir():
            raise IndexDamagedError(
                f"{folder} is missing, though {self._pointer} names it; run: rawi reindex"
            )
        return folder

    def folder(self, name: str) -> Path:
        """Return the folder of a generation, whether or not it is there."""
        return self._folder / Path(name).name

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the reindex lock of the data folder; raises IndexBusyError when another process does."""
        from filelock import FileLock, Timeout

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._data_dir / "reindex.lock", timeout=0)
            lock.acquire()
        except Timeout as error:
            raise IndexBusyError(
                "another reindex is under way, expected none; wait for it, then run: rawi status"
            ) from error
        except OSError as error:
            raise _not_writable(self._data_dir, error) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def draft(self) -> Iterator[tuple[str, Path]]:
        """Yield a new name and a folder beside the others, removed on leaving unless it was published.

        The lock must be held. What a killed run left is cleared first.
        """
        self._clear_unfinished()
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{token_hex(3)}"
        unfinished = self._folder / f"{name}{_UNFINISHED}"
        try:
            unfinished.mkdir()
            yield name, unfinished
        except OSError as error:
            raise _not_writable(self._data_dir, error) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def publish(self, unfinished: Path, name: str) -> None:
        """Let the folder answer under `name` from now on: readers see the pointer before it or after."""
        for path in unfinished.iterdir():
            _sync(path)
        _sync(unfinished)
        unfinished.rename(self._folder / name)
        _sync(self._folder)
        try:
            before = self.current_name()
        except IndexDamagedError:
            before = None
        write_atomically(self._pointer, name + "\n")
        self._prune(name, before)

    def _prune(self, current: str, before: str | None) -> None:
        """Keep the one that answers and the one before it; names tell the order to a second only."""
        others = [path for path in self._folder.iterdir() if path.name != current]
        others.sort(key=lambda path: (path.name == before, path.name), reverse=True)
        for path in others[KEPT - 1 :]:
            shutil.rmtree(path, ignore_errors=True)

    def _clear_unfinished(self) -> None:
        for path in self._folder.glob(f"*{_UNFINISHED}"):
            shutil.rmtree(path, ignore_errors=True)


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` by a file holding `text`, so that a reader sees the old or the new and never a part."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    beside.write_text(text, encoding="utf-8")
    _sync(beside)
    beside.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_writable(folder: Path, error: OSError) -> RawiError:
    return RawiError(
        f"{folder} could not be written ({error.strerror or error}), "
        "expected a writable folder with free space; mend it or set RAWI_DATA_DIR, then run: rawi reindex"
    )
