"""What a reindex did and what an index holds: the objects behind `--json` and the admin commands."""

from collections.abc import Callable
from dataclasses import dataclass

StageProgress = Callable[[str, int, int], None]
"""Called with (stage, done, total); stages are "split", "embed", "words", "write", "verify"."""


@dataclass(frozen=True, slots=True)
class ReindexReport:
    """What one reindex did; also the object that `rawi reindex --json` prints."""

    generation: str
    documents: int
    passages: int
    sentences: int
    reused: int
    embedded: int
    seconds: float
    unreadable: tuple[str, ...] = ()
    """One line a file that could not be read: its name and why."""
    changed: bool = True
    """False when nothing had changed and the current generation was kept."""


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What is being answered from; also the object that `rawi status --json` prints."""

    generation: str
    documents: int
    passages: int
    sentences: int
    model: str
    built_at: str
