"""Reindexing in a child process of low priority: its memory, its crashes and its load are not the parent's.

The child is `rawi reindex --json --progress --child`. It gets the settings as one JSON line on its standard
input, which then stays open as a leash: when it ends, the parent is gone and the child stops. Progress and a
failure come as JSON lines on its stderr, the report on its stdout.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.settings import Settings, SettingsError
from index import errors
from index.reports import ReindexReport
from knowledge.errors import KnowledgeError, RawiError

_KINDS: Final = {
    kind.__name__: kind
    for kind in (
        KnowledgeError,
        SettingsError,
        errors.ModelError,
        errors.IndexMissingError,
        errors.IndexMismatchError,
        errors.IndexDamagedError,
        errors.IndexBusyError,
    )
}
_SECRETS: Final = {"telegram_token", "webhook_secret"}
_NICENESS: Final = 10
_PATIENCE: Final = 10.0
"""Seconds that a child asked to stop gets before it is killed."""
_KEPT_LINES: Final = 20
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChildReindexing:
    """Rebuilds the index that the settings name; implements `bot.protocols.Reindexing`."""

    settings: Settings

    def run(self, progress: Callable[[str, int, int], None] | None = None) -> ReindexReport:
        """Reindex and return the report; raises what the child raised, or RawiError when it died.

        An exception in `progress`, KeyboardInterrupt included, stops the child before it travels on.
        """
        with subprocess.Popen(  # noqa: S603
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C in a terminal reaches the whole foreground group; the parent alone decides what it stops.
            # A session of its own would do too, but priorities hold only within a session on many desktops.
            process_group=0,
        ) as child:
            try:
                return _follow(child, self.settings, progress)
            finally:
                _stop(child)


def _command() -> list[str]:
    """Return the child's command line; -P keeps a folder called `bot` in the working directory out."""
    return [sys.executable, "-P", "-m", "bot", "reindex", "--json", "--progress", "--child"]


def _follow(
    child: "subprocess.Popen[bytes]", settings: Settings, progress: Callable[[str, int, int], None] | None
) -> ReindexReport:
    assert child.stdin  # noqa: S101
    assert child.stderr  # noqa: S101
    reader = _Reader(child)
    reader.start()
    try:
        # Unbuffered: what a dead child did not take must not be tried again when the pipe is closed.
        os.write(child.stdin.fileno(), settings.model_dump_json(exclude=_SECRETS).encode() + b"\n")
    except BrokenPipeError:
        _logger.debug("the child was gone before it read its settings")
    failure: RawiError | None = None
    tail: deque[str] = deque(maxlen=_KEPT_LINES)
    for line in child.stderr:
        match _message(line):
            case {"stage": str(stage), "done": int(done), "total": int(total)}:
                if progress is not None:
                    progress(stage, done, total)
            case {"error": str(kind), "message": str(message)}:
                failure = _KINDS.get(kind, RawiError)(message)
            case _:
                tail.append(line.decode(errors="replace").rstrip())
                _logger.warning("reindex: %s", tail[-1])
    code = child.wait()
    reader.join()
    if failure is not None:
        raise failure
    if code != 0:
        raise RawiError(_end_of(code, tail[-1] if tail else ""))
    return _report(reader.output)


class _Reader(threading.Thread):
    """Reads the child's stdout, so that a long report cannot block it while stderr is followed."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        super().__init__(name="reindex-report", daemon=True)
        self._child = child
        self.output = b""

    def run(self) -> None:
        assert self._child.stdout  # noqa: S101
        self.output = self._child.stdout.read()


def _message(line: bytes) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _report(output: bytes) -> ReindexReport:
    try:
        fields = json.loads(output)
        return ReindexReport(**{**fields, "unreadable": tuple(fields["unreadable"])})
    except (ValueError, TypeError, KeyError) as error:
        raise RawiError(
            f"the reindex process left {len(output)} bytes, expected a report; run: rawi reindex"
        ) from error


def _end_of(code: int, last_line: str) -> str:
    how = (
        f"was ended by signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"ended with code {code}"
    )
    said = f", saying: {last_line}" if last_line else ""
    return f"the reindex process {how}{said}; what answered before still answers; run: rawi reindex"


def _stop(child: "subprocess.Popen[bytes]") -> None:
    """End a child that still runs, politely first, so that it removes what it had begun."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()


def be_a_child() -> Settings:
    """In the child: return the settings from standard input; from then on, stop when the parent is gone."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    line = sys.stdin.buffer.readline()
    if not line:
        raise RawiError("no settings on standard input, expected one line of JSON; run: rawi reindex")
    threading.Thread(target=_hold_leash, name="leash", daemon=True).start()
    return Settings(**json.loads(line))


def _hold_leash() -> None:
    # Not through sys.stdin, whose lock must be free when the interpreter ends.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    # Native code may keep the main thread from noticing.
    threading.Event().wait(_PATIENCE)
    os._exit(130)


def yield_to_readers() -> None:
    """Lower the priority of this process for the processor and, where `ionice` is found, for the disk."""
    try:
        os.nice(_NICENESS)
        if ionice := shutil.which("ionice"):
            subprocess.run(  # noqa: S603
                [ionice, "-c", "3", "-p", str(os.getpid())], check=False, capture_output=True, timeout=5
            )
    except (OSError, subprocess.SubprocessError) as error:
        _logger.debug("the priority stays as it is: %s", error)
