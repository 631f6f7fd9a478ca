"""Reading questions from a keyboard: line editing, completion of commands, and a history that is private."""

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bot.terminal import clean

PROMPT: Final = "> "
"""Neutral in direction and mirrored in a right-to-left line, so that it suits either."""
HISTORY_LENGTH: Final = 1000
_logger = logging.getLogger(__name__)


class Keyboard:
    """Lines typed at a terminal, until its end; KeyboardInterrupt passes through."""

    def __init__(self, history: Path, commands: Sequence[str]) -> None:
        self._history = history
        self._commands = [f"/{command}" for command in commands]
        try:
            import readline
        except ImportError:
            # Windows, or a Python built without it: lines are read all the same.
            self._readline = None
            return
        self._readline = readline
        readline.set_auto_history(False)
        readline.set_history_length(HISTORY_LENGTH)
        readline.set_completer_delims(" ")
        readline.set_completer(self._complete)
        readline.parse_and_bind("tab: complete")
        try:
            readline.read_history_file(history)
        except OSError as error:
            _logger.debug("no history yet: %s", error)

    def lines(self) -> Iterator[str]:
        """Yield each line, remembering it."""
        while True:
            try:
                line = input(PROMPT)
            except EOFError:
                return
            self._remember(line)
            yield line

    def save(self) -> None:
        """Write the history to its file, which only its owner may read."""
        if self._readline is None:
            return
        try:
            self._history.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._history, os.O_CREAT | os.O_WRONLY, 0o600))
            self._history.chmod(0o600)
            self._readline.write_history_file(self._history)
        except OSError as error:
            _logger.warning("the history is not kept: %s", error)

    def _remember(self, line: str) -> None:
        line = clean(line).strip()
        if line and self._readline is not None:
            self._readline.add_history(line)

    def _complete(self, start: str, number: int) -> str | None:
        matches = [command for command in self._commands if start and command.startswith(start)]
        return matches[number] if number < len(matches) else None
