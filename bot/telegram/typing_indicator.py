"""Shows "typing" while a question is worked on, without making anybody wait for it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.telegram.courier import Courier

logger = logging.getLogger(__name__)
REPEAT_AFTER: Final = 4.5
"""Seconds; Telegram shows it for five."""
FEW: Final = 6
BUSY_DELAY: Final = 1.5
"""Seconds; with many questions in hand, only those that take so long get the indicator: it is a call each."""


@dataclass(slots=True)
class TypingIndicator:
    """Counts the questions in hand and shows the indicator for them."""

    bot: Bot
    courier: Courier
    in_hand: int = 0
    calls: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def shown(self, chat_id: int, thread_id: int | None = None) -> AsyncIterator[None]:
        """Show it in a chat until the block ends."""
        self.in_hand += 1
        task = asyncio.get_running_loop().create_task(self._repeat(chat_id, thread_id))
        try:
            yield
        finally:
            self.in_hand -= 1
            task.cancel()

    async def _repeat(self, chat_id: int, thread_id: int | None) -> None:
        if self.in_hand > FEW:
            await asyncio.sleep(BUSY_DELAY)
        while True:
            if self.courier.idle:
                # Cancelling a call under way would cost its connection.
                call = asyncio.get_running_loop().create_task(self._show(chat_id, thread_id))
                self.calls.add(call)
                call.add_done_callback(self.calls.discard)
            await asyncio.sleep(REPEAT_AFTER)

    async def _show(self, chat_id: int, thread_id: int | None) -> None:
        try:
            await self.bot.send_chat_action(chat_id, ChatAction.TYPING, message_thread_id=thread_id)
        except TelegramError as error:
            logger.debug("The typing indicator was not shown: %s", error)
