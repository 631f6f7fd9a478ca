"""From `rawi console` to a conversation: the index, the keyboard, the terminal, the leave-taking."""

import signal
import sys
from typing import Final, NoReturn

from bot.commands import lines_of
from bot.console import COMMANDS, Console
from bot.logging_setup import keep_traceback
from bot.protocols import Answering, Reindexing
from bot.settings import Settings
from bot.terminal import DETECT_DIRECTION, FORGET_DIRECTION, Layout
from index.errors import IndexMissingError

HISTORY_FILE: Final = "console_history"
"""In the data folder."""


def run(settings: Settings) -> int:
    """Build the index when there is none, then answer until the input ends; return the exit code."""
    from bot import assembly

    reindexing = assembly.reindexing(settings)
    try:
        assembly.status(settings)
    except IndexMissingError:
        _build(reindexing)
    answering = assembly.answering(settings)
    if not sys.stdin.isatty():
        Console(answering, reindexing, Layout(), sys.stdout, bare=True).converse(lines_of(sys.stdin.buffer))
        return 0
    return at_terminal(settings, answering, reindexing)


def _build(reindexing: Reindexing) -> None:
    from bot.progress_bars import bars

    sys.stderr.write(Layout.of(sys.stderr).say("console_building") + "\n")
    with bars() as progress:
        reindexing.run(progress)


def at_terminal(settings: Settings, answering: Answering, reindexing: Reindexing) -> int:
    """Converse at the keyboard until the reader leaves; return the exit code."""
    from bot.line_input import Keyboard

    console = Console(
        answering,
        reindexing,
        Layout.of(sys.stdout),
        sys.stdout,
        on_failure=lambda error: keep_traceback(error, show=False),
    )
    keyboard = Keyboard(settings.data_dir / HISTORY_FILE, [*COMMANDS, *COMMANDS.values()])
    signal.signal(signal.SIGTERM, _leave)
    if sys.stdout.isatty():
        sys.stdout.write(DETECT_DIRECTION)
    try:
        console.greet()
        console.converse(keyboard.lines())
    except KeyboardInterrupt:
        pass
    finally:
        # A second Ctrl-C must not cut the leave-taking short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        keyboard.save()
        sys.stdout.write(f"\n{console.layout.say('farewell')}\n")
        if sys.stdout.isatty():
            sys.stdout.write(FORGET_DIRECTION)
        sys.stdout.flush()
    return 0


def _leave(*_: object) -> NoReturn:
    sys.exit(143)
