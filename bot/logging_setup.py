"""Where log lines go: one handler on stderr, without the token and without the URLs that hold it."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.telegram.redaction import redacted

CRASH_LOG: Final = "crash.log"
"""In the data folder: the tracebacks of unexpected failures."""
_CRASH_LOG_BYTES: Final = 1_000_000
_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_TALKATIVE: Final = ("httpx", "httpcore", "telegram", "asyncio")


class RedactingFormatter(logging.Formatter):
    """Formats a record without the token, its traceback included."""

    def __init__(self, token: str = "") -> None:
        super().__init__(_FORMAT)
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with `[token]` where the token stood."""
        return redacted(super().format(record), self._token)


class _State:
    """What is known of the running command when it fails."""

    token = ""
    folder: Path | None = None


def configure(level: int, *, token: str = "", folder: Path | None = None, debug: bool = False) -> None:
    """Send log lines of `level` and above to stderr, all of them with `debug`; replaces an earlier set-up.

    `folder` is where `keep_traceback` writes.
    """
    _State.token, _State.folder = token, folder
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(token))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else level)
    # At INFO and below httpx prints the URL of every request, which holds the token.
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def keep_traceback(error: BaseException, *, show: bool) -> str:
    """Append the traceback to the crash log, or print it when `show`; return where it went, for a person."""
    text = redacted("".join(traceback.format_exception(error)), _State.token)
    if show:
        sys.stderr.write(text)
        return "the traceback is above"
    if _State.folder is None:
        return "run the command again with --debug for the traceback"
    path = _State.folder / CRASH_LOG
    try:
        _State.folder.mkdir(parents=True, exist_ok=True)
        mode = "a" if path.exists() and path.stat().st_size < _CRASH_LOG_BYTES else "w"
        with path.open(mode, encoding="utf-8", errors="replace") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{text}\n")
    except OSError:
        return "run the command again with --debug for the traceback"
    return f"the traceback is in {path}"
