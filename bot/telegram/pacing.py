"""When a message may go out: Telegram's rates, by the clock alone.

Telegram asks for one message a second in a chat, 20 a minute in a group and about 30 a second in all
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). The last is kept over
ten seconds, so that a burst of questions is not answered more slowly than it has to be; once Telegram
refuses in earnest, it is kept over one second for ten minutes.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

CHAT_INTERVAL: Final = 1.0
GROUP_MESSAGES: Final = 20
GROUP_WINDOW: Final = 60.0
TOTAL_INTERVAL: Final = 1 / 30
BURST_SECONDS: Final = 10.0
CAUTIOUS_BURST_SECONDS: Final = 1.0
CAUTIOUS_FOR: Final = 600.0
REFUSALS_IN_EARNEST: Final = 3
"""As many refusals in a row, in different chats, mean the bot and not a chat."""
CHATS_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class ChatPace:
    """The slots given to one chat."""

    next_at: float = 0.0
    group_slots: deque[float] = field(default_factory=lambda: deque(maxlen=GROUP_MESSAGES))


@dataclass(slots=True)
class Pace:
    """Gives out slots; times are seconds of one monotonic clock."""

    chats: dict[int, ChatPace] = field(default_factory=dict)
    total_at: float = 0.0
    """When the slot after the last one given would be due at exactly the total rate."""
    paused_until: float = 0.0
    cautious_until: float = 0.0
    refused_chats: set[int] = field(default_factory=set)

    def chat_slot(self, chat_id: int, now: float) -> float:
        """Reserve and return the time at which the next message to a chat may go out."""
        if len(self.chats) > CHATS_REMEMBERED:
            self.chats = {key: chat for key, chat in self.chats.items() if chat.next_at > now - GROUP_WINDOW}
        chat = self.chats.setdefault(chat_id, ChatPace())
        slot = max(now, chat.next_at)
        if chat_id < 0:
            if len(chat.group_slots) == GROUP_MESSAGES:
                slot = max(slot, chat.group_slots[0] + GROUP_WINDOW)
            chat.group_slots.append(slot)
        chat.next_at = slot + CHAT_INTERVAL
        return slot

    def total_slot(self, now: float) -> float:
        """Reserve and return the time at which the next message of all may go out."""
        # The generic cell rate algorithm (ITU-T I.371): a burst is how far the due time may run ahead.
        burst = CAUTIOUS_BURST_SECONDS if now < self.cautious_until else BURST_SECONDS
        due = max(self.total_at, now)
        self.total_at = due + TOTAL_INTERVAL
        return max(now, due - burst + TOTAL_INTERVAL)

    def refused(self, chat_id: int, retry_after: float, now: float) -> None:
        """Take note of a 429."""
        until = now + retry_after
        chat = self.chats.setdefault(chat_id, ChatPace())
        chat.next_at = max(chat.next_at, until)
        self.refused_chats.add(chat_id)
        if len(self.refused_chats) >= REFUSALS_IN_EARNEST:
            self.paused_until = max(self.paused_until, until)
            self.cautious_until = now + CAUTIOUS_FOR

    def accepted(self) -> None:
        """Take note of a message that went out."""
        self.refused_chats.clear()
