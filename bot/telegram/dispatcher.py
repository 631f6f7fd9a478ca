"""Works through updates: one after the other in a chat, all chats side by side."""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from bot.telegram.inbox import Inbox, Pending

logger = logging.getLogger(__name__)


def lane_of(pending: Pending) -> str:
    """Return what an update has to wait for: its chat's earlier ones; nothing, for a reindex."""
    payload = pending.payload
    try:
        if (inline := payload.get("inline_query")) is not None:
            return f"inline {inline['from']['id']}"
        pressed = payload.get("callback_query") or {}
        message = payload.get("message") or payload.get("edited_message") or pressed.get("message") or {}
        if message.get("text", "").startswith("/reindex") and not pressed:
            return f"update {pending.update_id}"
        return f"chat {message.get('chat', {}).get('id', 0)}"
    except (TypeError, AttributeError, KeyError):
        # The handler says what is wrong with it.
        return "chat 0"


@dataclass(slots=True)
class Dispatcher:
    """Holds one queue a lane, and one task for every lane that has work."""

    inbox: Inbox
    handle: Callable[[Pending], Awaitable[None]]
    lanes: dict[str, deque[Pending]] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def accept(self, updates: Iterable[Pending]) -> None:
        """Take over updates that are in the inbox."""
        for pending in updates:
            lane = lane_of(pending)
            if lane in self.lanes:
                self.lanes[lane].append(pending)
                continue
            self.lanes[lane] = deque([pending])
            task = asyncio.get_running_loop().create_task(self._work(lane))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _work(self, lane: str) -> None:
        waiting = self.lanes[lane]
        try:
            while waiting:
                pending = waiting.popleft()
                await self._answer(pending)
        finally:
            del self.lanes[lane]

    async def _answer(self, pending: Pending) -> None:
        try:
            await self.handle(pending)
            self.inbox.done(pending.update_id)
        except sqlite3.Error:
            # It is still open there, and answered once more after a restart.
            logger.exception("Update %s could not be marked in the journal", pending.update_id)

    async def finish(self, seconds: float) -> None:
        """Let the work in hand end, for so long."""
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=seconds)

    async def cut_off(self) -> int:
        """Cut off what has not ended; return how much that was. It is still open in the inbox."""
        cut_off = list(self.tasks)
        for task in cut_off:
            task.cancel()
        await asyncio.gather(*cut_off, return_exceptions=True)
        return len(cut_off)
