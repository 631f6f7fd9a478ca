"""What outlives a restart, in one SQLite file: questions and answers, votes, languages, and the inbox.

Process deaths lose nothing that was committed; `synchronous=NORMAL` may lose the last commits when the
whole machine loses power, which is worth not waiting for the disk at every message.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from bot.answer import Answer, Turn, Verdict
from bot.exchanges import AskedInVain, Exchange, Rated, packed, reference_to, unpacked
from bot.journal_schema import make_tables, open_database
from knowledge.arabic import tokenise

FILE_NAME: Final = "journal.sqlite3"
TURNS_KEPT: Final = 3
DAY: Final = 86_400.0
UPDATES_KEPT_DAYS: Final = 2
"""Telegram forgets updates after a day and may number them anew after a week."""


def question_key(question: str) -> str:
    """Return what two wordings of one question share: their matching tokens."""
    return " ".join(tokenise(question)) or question.strip()


class Journal:
    """The one SQLite file of a bot; may be used from several threads."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises JournalError when it is no journal of this version."""
        self.folder = path.parent
        self._lock = threading.RLock()
        self.database = open_database(path)
        with self._lock:
            make_tables(self.database)

    @classmethod
    def open(cls, data_dir: Path) -> Self:
        """Open the journal of a data folder, creating both if need be."""
        data_dir.mkdir(parents=True, exist_ok=True)
        return cls(data_dir / FILE_NAME)

    def close(self) -> None:
        """Close the file; the journal cannot be used afterwards."""
        with self._lock:
            self.database.close()

    def run(self, statement: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Run one statement in a transaction of its own and return its rows."""
        with self._lock:
            return self.database.execute(statement, values).fetchall()

    def run_many(self, statement: str, rows: Sequence[Sequence[object]]) -> list[sqlite3.Row]:
        """Run one statement for every row, all or nothing, and return the rows of all."""
        with self._lock:
            self.database.execute("BEGIN IMMEDIATE")
            try:
                found = [row for values in rows for row in self.database.execute(statement, values)]
            except BaseException:
                self.database.execute("ROLLBACK")
                raise
            self.database.execute("COMMIT")
        return found

    # People.

    def language(self, user_id: int) -> str | None:
        """Return the language that a person chose, or None."""
        rows = self.run("SELECT language FROM people WHERE user_id = ?", (user_id,))
        return str(rows[0][0]) if rows else None

    def set_language(self, user_id: int, language: str) -> None:
        """Remember the language that a person chose."""
        self.run("INSERT OR REPLACE INTO people VALUES (?, ?)", (user_id, language))

    def forget(self, user_id: int) -> int:
        """Delete everything kept about a person; return how many questions that were."""
        rows = self.run("DELETE FROM exchanges WHERE user_id = ? RETURNING id", (user_id,))
        self.run("DELETE FROM votes WHERE user_id = ?", (user_id,))
        self.run("DELETE FROM people WHERE user_id = ?", (user_id,))
        return len(rows)

    def purge(self, retention_days: int, now: float | None = None) -> None:
        """Delete what is older than it may be kept."""
        now = time.time() if now is None else now
        self.run("DELETE FROM exchanges WHERE asked_at < ?", (now - retention_days * DAY,))
        self.run("DELETE FROM votes WHERE exchange_id NOT IN (SELECT id FROM exchanges)")
        self.run("DELETE FROM inbox WHERE done AND received_at < ?", (now - UPDATES_KEPT_DAYS * DAY,))

    # Questions and answers.

    def record(
        self, answer: Answer, *, chat_id: int, user_id: int, message_id: int, conversation: str
    ) -> Exchange:
        """Keep a question and its answer; the same message asked again (an edit) replaces its row."""
        passages = tuple(reference_to(found) for found in answer.passages)
        row = (
            time.time(), chat_id, conversation, user_id, message_id, answer.question,
            question_key(answer.question), answer.verdict.value, packed(answer.quotes), packed(passages),
        )  # fmt: skip
        earlier = self.exchange_of(chat_id, message_id) if message_id else None
        if earlier is None:
            identity = self.run(
                "INSERT INTO exchanges (asked_at, chat_id, conversation, user_id, message_id, question, key, "
                "verdict, quotes, passages) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                row,
            )[0][0]
        else:
            identity = earlier.id
            self.run(
                "UPDATE exchanges SET asked_at = ?, chat_id = ?, conversation = ?, user_id = ?, "
                "message_id = ?, question = ?, key = ?, verdict = ?, quotes = ?, passages = ? WHERE id = ?",
                (*row, identity),
            )
        replies = earlier.reply_ids if earlier else ()
        return Exchange(
            identity, chat_id, conversation, user_id, message_id, replies,
            answer.question, answer.verdict, answer.quotes, passages,
        )  # fmt: skip

    def set_replies(self, exchange_id: int, reply_ids: Sequence[int]) -> None:
        """Remember which messages answered."""
        self.run("UPDATE exchanges SET replies = ? WHERE id = ?", (json.dumps(list(reply_ids)), exchange_id))

    def exchange(self, exchange_id: int) -> Exchange | None:
        """Return a kept exchange, or None when it was never there or is gone."""
        rows = self.run("SELECT * FROM exchanges WHERE id = ?", (exchange_id,))
        return unpacked(rows[0]) if rows else None

    def exchange_of(self, chat_id: int, message_id: int) -> Exchange | None:
        """Return what a message asked, or None."""
        rows = self.run("SELECT * FROM exchanges WHERE chat_id = ? AND message_id = ?", (chat_id, message_id))
        return unpacked(rows[0]) if rows else None

    def turns(self, conversation: str, before_message: int = 0) -> tuple[Turn, ...]:
        """Return the conversation's last questions and answers, oldest first.

        `before_message` leaves out that message and later ones: what an edited question followed.
        """
        rows = self.run(
            "SELECT question, quotes FROM exchanges WHERE conversation = ? AND (? = 0 OR message_id < ?) "
            "AND verdict IN ('answered', 'not_stated') ORDER BY id DESC LIMIT ?",
            (conversation, before_message, before_message, TURNS_KEPT),
        )
        return tuple(
            Turn(row["question"], " ".join(quote["text"] for quote in json.loads(row["quotes"])))
            for row in reversed(rows)
        )

    # What the readers think, for the admins.

    def vote(self, exchange_id: int, user_id: int, helpful: bool) -> None:
        """Keep a person's last vote on an answer."""
        self.run("INSERT OR REPLACE INTO votes VALUES (?, ?, ?)", (exchange_id, user_id, helpful))

    def unanswered(self, limit: int, offset: int = 0) -> list[AskedInVain]:
        """Return what was asked in vain, most asked first, later first among equals."""
        rows = self.run(
            "SELECT question, COUNT(*) AS count, MAX(id) FROM exchanges WHERE verdict = ? "
            "GROUP BY key ORDER BY count DESC, MAX(id) DESC LIMIT ? OFFSET ?",
            (Verdict.NOT_STATED.value, limit, offset),
        )
        return [AskedInVain(row["question"], row["count"]) for row in rows]

    def least_helpful(self, limit: int, offset: int = 0) -> list[Rated]:
        """Return the questions whose answers somebody found unhelpful, the worst balance first."""
        rows = self.run(
            "SELECT question, SUM(helpful) AS yes, SUM(1 - helpful) AS no FROM votes "
            "JOIN exchanges ON exchanges.id = exchange_id GROUP BY key HAVING no > 0 "
            "ORDER BY no - yes DESC, no DESC, MAX(exchanges.id) DESC LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [Rated(row["question"], row["yes"], row["no"]) for row in rows]

    def count(self, what: str) -> int:
        """Return how many "questions", "unanswered" (distinct), "rated" (distinct) or "pending" there are."""
        return int(self.run(COUNTS[what])[0][0])


COUNTS: Final = {
    "questions": "SELECT COUNT(*) FROM exchanges",
    "unanswered": "SELECT COUNT(DISTINCT key) FROM exchanges WHERE verdict = 'not_stated'",
    "rated": "SELECT COUNT(DISTINCT key) FROM votes JOIN exchanges ON exchanges.id = exchange_id "
    "WHERE NOT helpful",
    "pending": "SELECT COUNT(*) FROM inbox WHERE NOT done",
}
