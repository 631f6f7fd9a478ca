"""A terminal for a test: a process with a controlling pseudo-terminal, typed to and read from."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
CTRL_C, CTRL_D, UP = "\x03", "\x04", "\x1b[A"


class Terminal:
    """Runs `python -m MODULE ARGUMENTS` in a terminal of 80 columns; reading waits for what is expected."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        # Both ends stay open here: without any end at the process's side, reading would fail.
        self._master, self._slave = pty.openpty()
        name = os.ttyname(self._slave)
        # A session leader that opens a terminal gets it as its controlling one: Ctrl-C then means SIGINT.
        self.process = subprocess.Popen(
            [
                "sh",
                "-c",
                'tty=$1; shift; exec "$@" <>"$tty" >&0 2>&0',
                "sh",
                name,
                sys.executable,
                *arguments,
            ],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(environment or {})},
        )
        self.shown = ""
        self._read = 0

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def expect(self, content: str, seconds: float = 20) -> str:
        """Wait until `content` is shown after what was expected before; return what was shown meanwhile."""
        until = time.monotonic() + seconds
        while content not in self.shown[self._read :]:
            left = until - time.monotonic()
            if left < 0 or not self._pump(left):
                raise AssertionError(f"{content!r} was not shown, but: {self.shown[self._read :]!r}")
        end = self.shown.index(content, self._read) + len(content)
        found, self._read = self.shown[self._read : end], end
        return found

    def insist(self, do: Callable[[], None], content: str, seconds: float = 20) -> None:
        """Send a signal again until it shows: Python loses one that comes just before it waits for a key."""
        until = time.monotonic() + seconds
        while content not in self.shown[self._read :]:
            if time.monotonic() > until:
                raise AssertionError(f"{content!r} was not shown, but: {self.shown[self._read :]!r}")
            do()
            for _ in range(4):
                if content not in self.shown[self._read :]:
                    self._pump(0.5)
        self.expect(content)

    def end(self, seconds: float = 20) -> int:
        """Wait for the process to end, reading on; return its exit code."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._pump(0.2):
            pass
        return self.process.wait(timeout=seconds)

    def _pump(self, seconds: float) -> bool:
        """Read once; return whether the terminal is still open."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, min(seconds, 0.5)))
        if not ready:
            return self.process.poll() is None
        data = os.read(self._master, 65536)
        # A character that is cut in two by the read would be lost; its rest is on its way.
        while data and data[-1] & 0x80 and not _whole(data):
            data += os.read(self._master, 1)
        self.shown += re.sub(r"\x1b\[\?2004[hl]", "", data.decode(errors="replace"))
        return bool(data)


def _whole(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason != "unexpected end of data"
    return True
