"""What the server remembers: calls, messages, updates, and who waits for them."""

import asyncio
import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.integration.bot_api.faults import FaultPlan

TOKEN = "123456789:AAtest-TEST_token-of-35-characters0"
BOT = {
    "id": 123456789,
    "is_bot": True,
    "first_name": "راوي",
    "username": "rawi_test_bot",
    "can_join_groups": True,
    "can_read_all_group_messages": False,
    "supports_inline_queries": True,
}


@dataclass
class Call:
    """One call of the bot: what it asked, when (monotonic seconds), and what it got."""

    method: str
    params: dict[str, Any]
    at: float
    result: Any = None
    error: int = 0

    @property
    def chat_id(self) -> int:
        """The chat it was about, or 0."""
        return int(self.params.get("chat_id", 0))

    @property
    def text(self) -> str:
        """The text as a person sees it, or as it was sent when refused."""
        if isinstance(self.result, dict):
            return str(self.result.get("text", ""))
        return str(self.params.get("text", ""))

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The inline buttons that came with it, in reading order."""
        rows = (self.params.get("reply_markup") or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    @property
    def reply_to(self) -> int:
        """The message it replies to, or 0."""
        return int((self.params.get("reply_parameters") or {}).get("message_id", 0))


@dataclass
class State:
    """Everything the server knows; touched only in its event loop, except through `changed`."""

    token: str = TOKEN
    bot: dict[str, Any] = field(default_factory=lambda: dict(BOT))
    faults: FaultPlan = field(default_factory=FaultPlan)
    calls: list[Call] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    """The methods of all calls, those included that are still under way."""
    chats: dict[int, dict[str, Any]] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    markup: dict[tuple[int, int], str] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)
    webhook: dict[str, Any] = field(default_factory=dict)
    poll: int = 0
    callbacks: set[str] = field(default_factory=set)
    message_ids: Any = field(default_factory=lambda: itertools.count(100))
    update_ids: Any = field(default_factory=lambda: itertools.count(5000))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def record(self, call: Call) -> None:
        """Remember a finished call and wake whoever waits for it."""
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()

    def enqueue(self, update: dict[str, Any]) -> None:
        """Queue an update for the long poll."""
        self.updates.append(update)
        self.arrived.set()

    def new_message(self, chat_id: int, sender: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
        """Store and return a message as the Bot API shows it."""
        message = {
            "message_id": next(self.message_ids),
            "from": sender,
            "chat": self.chats[chat_id],
            "date": int(time.time()),
            **({"text": text} if text else {}),
            **more,
        }
        self.messages[chat_id, message["message_id"]] = message
        return message
