"""A few threads for what blocks: answering and reindexing."""

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
_Job = Callable[[], None]
ANSWERING_THREADS: Final = max(2, min(8, os.cpu_count() or 2))
SWITCH_INTERVAL: Final = 0.0005
"""Seconds; with Python's 5 ms the event loop waits that long for each packet while a thread computes."""


class Workers:
    """Daemon threads: unlike an executor's, a stuck one cannot keep the process from stopping."""

    def __init__(self, count: int, name: str) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._jobs.get()()

    async def run(self, function: Callable[[], Result]) -> Result:
        """Run a function in the next free thread; raises what it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def settle(method: Callable[[Any], None], value: object) -> None:
            if not future.done():
                method(value)

        def hand_over(method: Callable[[Any], None], value: object) -> None:
            try:
                loop.call_soon_threadsafe(settle, method, value)
            except RuntimeError:
                logger.debug("A job ended after the event loop")

        def job() -> None:
            if future.cancelled():
                return
            try:
                value = function()
            except BaseException as error:  # handed to whoever awaits
                hand_over(future.set_exception, error)
            else:
                hand_over(future.set_result, value)

        self._jobs.put(job)
        return await future
