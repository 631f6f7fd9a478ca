"""Word lists that ship with the package, read once when they are first needed."""

from collections.abc import Iterator
from pathlib import Path

_FOLDER = Path(__file__).parent


def lines(name: str) -> Iterator[str]:
    """Yield the lines of `{name}.txt` that are neither empty nor a comment (`#`)."""
    for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        entry = line.strip()
        if entry and not entry.startswith("#"):
            yield entry


def words(name: str) -> Iterator[str]:
    """Yield the words of `{name}.txt`, any number a line."""
    for line in lines(name):
        yield from line.split()
