"""The durable inbox: an update is in it before Telegram is told that it arrived, until it was answered."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from bot.journal import Journal

ATTEMPTS: Final = 3
"""An update during which the process died this often is given up, or it would kill every new process too."""
_STORE: Final = """
INSERT INTO inbox (update_id, identity, payload, owner, received_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (update_id) DO UPDATE SET
    identity = excluded.identity, payload = excluded.payload, owner = excluded.owner,
    received_at = excluded.received_at, done = 0, delivered = 0, attempts = 0
WHERE identity != excluded.identity
RETURNING update_id
"""


@dataclass(frozen=True, slots=True)
class Pending:
    """One update that was stored and not answered yet."""

    update_id: int
    payload: dict[str, Any]
    delivered: int = 0
    """How many of its messages already went out from a process that ended."""
    left_over: bool = False
    """Whether a process that ended stored it."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox table of the journal; several processes may share it, each owning what it stored."""

    journal: Journal
    owner: str = field(default_factory=lambda: uuid4().hex)
    is_gone: Callable[[str], bool] = lambda _: True
    """Tells whether the process with an owner's name has ended."""

    def store(self, updates: Sequence[dict[str, Any]]) -> list[Pending]:
        """Store the updates in one transaction and return those that were never seen before."""
        now = time.time()
        content = {update["update_id"]: update for update in updates}
        new = self.journal.run_many(
            _STORE,
            [
                (number, identity_of(update), json.dumps(update, ensure_ascii=False), self.owner, now)
                for number, update in content.items()
            ],
        )
        return [Pending(number, content[number]) for (number,) in new]

    def left_over(self) -> list[Pending]:
        """Take over what processes that ended stored and did not answer, oldest first."""
        owners = self.journal.run(
            "SELECT DISTINCT owner FROM inbox WHERE NOT done AND owner != ?", (self.owner,)
        )
        rows = [row for (owner,) in owners if self.is_gone(owner) for row in self._taken_over(owner)]
        return [
            Pending(number, json.loads(payload), delivered, left_over=True)
            for number, payload, delivered in sorted(map(tuple, rows))
        ]

    def _taken_over(self, owner: str) -> Sequence[Sequence[Any]]:
        self.journal.run(
            "UPDATE inbox SET done = 1, payload = '' WHERE NOT done AND owner = ? AND attempts >= ?",
            (owner, ATTEMPTS),
        )
        return self.journal.run(
            "UPDATE inbox SET owner = ? WHERE NOT done AND owner = ? RETURNING update_id, payload, delivered",
            (self.owner, owner),
        )

    def begun(self, update_id: int) -> None:
        """Count an attempt at what an earlier process left; a crash leaves the count behind."""
        self.journal.run("UPDATE inbox SET attempts = attempts + 1 WHERE update_id = ?", (update_id,))

    def cut_off(self) -> None:
        """Forget the attempts at what an orderly stop leaves open: it killed nobody."""
        self.journal.run("UPDATE inbox SET attempts = 0 WHERE NOT done AND owner = ?", (self.owner,))

    def delivered(self, update_id: int, count: int) -> None:
        """Remember that the first `count` messages of an answer went out."""
        self.journal.run("UPDATE inbox SET delivered = ? WHERE update_id = ?", (count, update_id))

    def done(self, update_id: int) -> None:
        """Mark an update as answered and drop its content: only the number is needed from now on."""
        self.journal.run("UPDATE inbox SET done = 1, payload = '' WHERE update_id = ?", (update_id,))


def identity_of(update: dict[str, Any]) -> str:
    """Return what an update that is sent again has in common with itself.

    The number alone is not enough: after a quiet week Telegram numbers updates anew.
    """
    kind, content = next(((k, v) for k, v in update.items() if isinstance(v, dict)), ("", {}))
    chat = content.get("chat")
    where = chat.get("id", "") if isinstance(chat, dict) else ""
    names = ("id", "message_id", "date", "edit_date")
    return " ".join([kind, str(where), *(str(content.get(name, "")) for name in names)])
