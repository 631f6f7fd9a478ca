"""Progress of long work on stderr: bars for a person, JSON lines for a program."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from bot.messages import MESSAGES, text

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

StageProgress = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""
PATIENCE: Final = 1.0
"""Seconds of work before a bar appears."""


@contextmanager
def bars(stream: TextIO | None = None) -> Iterator[StageProgress]:
    """Yield what shows progress on a terminal, stderr, once work takes over a second; nothing elsewhere."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield _silent
        return
    shown = _Bars(stream)
    try:
        yield shown.update
    finally:
        shown.close()


def json_lines(stage: str, done: int, total: int) -> None:
    """Write one progress line for `bot.child_reindex` and other programs to stderr."""
    sys.stderr.write(json.dumps({"stage": stage, "done": done, "total": total}) + "\n")
    sys.stderr.flush()


def _silent(stage: str, done: int, total: int) -> None:
    """Show nothing."""


class _Bars:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._stages: dict[str, TaskID] = {}
        self._latest: tuple[str, int, int] | None = None
        # A stage that never reports a second time would otherwise keep the screen still all the while.
        self._timer = threading.Timer(PATIENCE, self._start)
        self._timer.daemon = True
        self._timer.start()

    def update(self, stage: str, done: int, total: int) -> None:
        with self._lock:
            self._latest = (stage, done, total)
            self._show()

    def close(self) -> None:
        self._timer.cancel()
        with self._lock:
            if self._progress is not None:
                self._finish_others("")
                self._progress.stop()

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        with self._lock:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
                console=Console(file=self._stream),
            )
            self._progress.start()
            self._show()

    def _show(self) -> None:
        if self._progress is None or self._latest is None:
            return
        stage, done, total = self._latest
        if stage not in self._stages:
            self._finish_others(stage)
            self._stages[stage] = self._progress.add_task(_name(stage), total=total or None)
        # Without a first step there is no rate yet: the bar pulses.
        self._progress.update(self._stages[stage], completed=done, total=total if done else None)

    def _finish_others(self, stage: str) -> None:
        if self._progress is not None:
            for name, task in self._stages.items():
                if name != stage:
                    self._progress.update(task, completed=1, total=1)


def _name(stage: str) -> str:
    key = f"stage_{stage}"
    return f"{text(key, 'ar')} · {text(key, 'en')}" if key in MESSAGES else stage
