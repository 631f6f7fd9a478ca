"""SIGTERM and SIGINT, from the first import to the last line: both mean a stop in order, with exit code 0."""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import Final

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


def leave_at_once() -> None:
    """Let a signal end the process with 0: for the time in which nothing is being answered yet."""
    for number in STOPPING:
        signal.signal(number, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def hand_to_loop(stop: Callable[[signal.Signals], None]) -> None:
    """Call `stop` in the running event loop at every signal; those after the loop's end change nothing."""
    loop = asyncio.get_running_loop()

    def handler(number: int, _frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop, signal.Signals(number))

    # Not loop.add_signal_handler: that ends with the loop, and a second signal then would kill the process.
    for each in STOPPING:
        signal.signal(each, handler)
