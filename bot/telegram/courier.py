"""Gets messages to Telegram: at its rates, past its refusals, and never twice on a mere suspicion.

What Telegram answers decides: 429 waits as long as it says; 502, a refused or a cut connection is tried
again with growing pauses; silence (a read timeout) is not, because the message may have arrived; every
other refusal is final. A wait ends only by cancellation, and then the update stays open in the inbox.
"""

import asyncio
import datetime as dtm
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.telegram.client import CONNECTIONS
from bot.telegram.pacing import Pace

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0


class Refused(Exception):
    """Telegram will not take this message, however often it is tried."""

    @property
    def is_parse_error(self) -> bool:
        """Whether the markup was at fault."""
        return "parse entities" in str(self).lower()

    @property
    def is_unchanged(self) -> bool:
        """Whether an edit would have changed nothing."""
        return "not modified" in str(self).lower()


def seconds(error: RetryAfter) -> float:
    """Return how long Telegram asks to wait."""
    after = error.retry_after
    return after.total_seconds() if isinstance(after, dtm.timedelta) else float(after)


@dataclass(slots=True)
class Courier:
    """The one way to Telegram for what a person reads."""

    pace: Pace = field(default_factory=Pace)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTIONS))
    offline: bool = False
    calls: set[asyncio.Future[None]] = field(default_factory=set)
    """What ends with each call under way."""
    closed: bool = False

    async def close(self, seconds: float) -> None:
        """Begin no more calls, and let those under way end: one cut off may have arrived all the same."""
        self.closed = True
        if self.calls:
            await asyncio.wait(self.calls, timeout=seconds)

    @property
    def idle(self) -> bool:
        """Whether a call would be made at once."""
        return not self.slots.locked()

    async def deliver(
        self,
        chat_id: int,
        call: Callable[[int], Awaitable[Result]],
        *,
        repeatable: bool = False,
        paced: bool = True,
    ) -> Result | None:
        """Make a call until Telegram takes it, and return its result.

        None: it cannot be known whether it arrived (or the person has blocked the bot). `repeatable`
        calls may be made twice without harm. Raises Refused when Telegram will never take it.
        """
        pause = FIRST_PAUSE
        while True:
            if paced:
                await self._turn(chat_id)
            try:
                result = await self._call(chat_id, call)
            except RetryAfter as error:
                await self._refused(chat_id, seconds(error), paced)
            except ChatMigrated as error:
                chat_id = error.new_chat_id
            except Forbidden as error:
                logger.info("Chat %s does not take messages: %s", chat_id, error.message)
                return None
            except BadRequest as error:
                raise Refused(error.message) from error
            except InvalidToken as error:
                if "not found" in error.message.lower():
                    raise Refused(error.message) from error
                # The poller meets it too and stops the bot; until then nothing is lost.
                await asyncio.sleep(LONGEST_PAUSE)
            except TelegramError as error:
                if not self._may_repeat(error, repeatable):
                    logger.warning("A message to chat %s may not have arrived: %s", chat_id, error)
                    return None
                self._went_offline(error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._came_through()
                return result

    async def _call(self, chat_id: int, call: Callable[[int], Awaitable[Result]]) -> Result:
        async with self.slots:
            if self.closed:
                await asyncio.Event().wait()
            ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.calls.add(ended)
            try:
                return await call(chat_id)
            finally:
                self.calls.discard(ended)
                ended.set_result(None)

    async def _turn(self, chat_id: int) -> None:
        loop = asyncio.get_running_loop()
        await self._sleep_until(self.pace.chat_slot(chat_id, loop.time()))
        while True:
            await self._sleep_until(self.pace.total_slot(loop.time()))
            if (until := self.pace.paused_until) <= loop.time():
                return
            await self._sleep_until(until)

    async def _sleep_until(self, when: float) -> None:
        delay = when - asyncio.get_running_loop().time()
        if delay > 0:
            await asyncio.sleep(delay)

    async def _refused(self, chat_id: int, retry_after: float, paced: bool) -> None:
        logger.info("Telegram asks to wait %s s (chat %s)", retry_after, chat_id)
        self.pace.refused(chat_id, retry_after, asyncio.get_running_loop().time())
        if not paced:
            await asyncio.sleep(retry_after)

    def _may_repeat(self, error: TelegramError, repeatable: bool) -> bool:
        if isinstance(error, TimedOut):
            return repeatable
        return isinstance(error, NetworkError)

    def _went_offline(self, error: TelegramError) -> None:
        if not self.offline:
            self.offline = True
            logger.warning("A message could not be sent (%s); trying again until it can", error)

    def _came_through(self) -> None:
        self.pace.accepted()
        self.offline = False
