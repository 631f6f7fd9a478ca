"""Long polling: fetch, store, and only then tell Telegram that the updates arrived."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.telegram.courier import Courier, seconds
from bot.telegram.errors import ConflictError, TokenError
from bot.telegram.http_client import UpdatesRequest
from bot.telegram.inbox import Inbox, Pending
from bot.telegram.router import ALLOWED_UPDATES

logger = logging.getLogger(__name__)
POLL_SECONDS: Final = 20
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0
CONFLICT_PAUSES: Final = (1.0, 3.0)
"""A process that was just replaced may still hold its last poll; another bot holds its polls for good."""
LAST_WORD_SECONDS: Final = 1.0


@dataclass(slots=True)
class Poller:
    """Fetches updates until it is cancelled."""

    bot: Bot
    request: UpdatesRequest
    courier: Courier
    inbox: Inbox
    accept: Callable[[list[Pending]], None]
    offset: int | None = None
    conflicts: int = 0
    failures: int = 0

    async def run(self) -> None:
        """Poll for ever. Raises TokenError and ConflictError: waiting mends neither."""
        await self.courier.deliver(0, lambda _: self.bot.delete_webhook(), repeatable=True, paced=False)
        logger.info("Rawi answers as @%s (long polling)", self.bot.username)
        while True:
            try:
                await self._fetch(POLL_SECONDS)
                self.accept(self._stored())
            except InvalidToken:
                raise TokenError.refused() from None
            except Conflict:
                await self._after_conflict()
            except RetryAfter as error:
                await asyncio.sleep(seconds(error))
            except TelegramError as error:
                await self._after_failure("Telegram cannot be reached", error)
            except sqlite3.Error as error:
                # Not stored, not acknowledged: the next call gets them again.
                await self._after_failure("updates cannot be stored", error)
            else:
                self._after_success()

    async def _fetch(self, wait: int) -> None:
        await self.bot.get_updates(offset=self.offset, timeout=wait, allowed_updates=ALLOWED_UPDATES)

    def _stored(self) -> list[Pending]:
        updates = self.request.updates
        new = self.inbox.store(updates) if updates else []
        # From here on the next call acknowledges them.
        if updates:
            self.offset = max(update["update_id"] for update in updates) + 1
        return new

    async def _after_conflict(self) -> None:
        if self.conflicts >= len(CONFLICT_PAUSES):
            raise ConflictError.other_poller()
        await asyncio.sleep(CONFLICT_PAUSES[self.conflicts])
        self.conflicts += 1

    async def _after_failure(self, what: str, error: Exception) -> None:
        if self.failures == 0:
            logger.warning("%s (%s); trying again until it works", what, error)
        pause = min(FIRST_PAUSE * 2**self.failures, LONGEST_PAUSE)
        self.failures = min(self.failures + 1, 10)
        await asyncio.sleep(pause)

    def _after_success(self) -> None:
        if self.failures:
            logger.warning("Updates arrive again")
        self.failures = self.conflicts = 0

    async def say_goodbye(self) -> None:
        """Acknowledge what was stored, so that Telegram need not send it again."""
        if self.offset is None:
            return
        try:
            # What this call returns is not stored, and so stays unacknowledged.
            await asyncio.wait_for(self._fetch(0), LAST_WORD_SECONDS)
        except (TelegramError, TimeoutError) as error:
            logger.debug("The last updates were not acknowledged: %s", error)
