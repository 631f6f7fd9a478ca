"""What the ways in (Telegram, console, command line) need from answering and reindexing."""

from collections.abc import Callable, Sequence
from typing import Protocol

from bot.answer import Answer, ArticleSummary, Turn
from index.reports import IndexStatus, ReindexReport
from knowledge.types import Passage


class Answering(Protocol):
    """Answers questions from the current generation; safe to call from several threads."""

    def answer(
        self, question: str, context: Sequence[Turn] = (), *, always: bool = False, hurried: bool = False
    ) -> Answer:
        """Return the answer; `context` holds the chat's earlier turns, oldest first.

        With `always`, something is quoted even where nothing seems to answer. With `hurried`, what takes most
        of the time is left out: many wait.
        """
        ...

    def articles(self) -> Sequence[ArticleSummary]:
        """Return the articles of the current generation in a stable order."""
        ...

    def passage(self, document_id: str, ordinal: int) -> Passage | None:
        """Return one passage of the current generation, or None when it is no longer there."""
        ...

    def status(self) -> IndexStatus:
        """Return what is being answered from."""
        ...


class Reindexing(Protocol):
    """Rebuilds the index in a child process of low priority; blocks until it ends."""

    def run(self, progress: Callable[[str, int, int], None] | None = None) -> ReindexReport:
        """Reindex; `progress` gets (stage, done, total). Raises IndexBusyError when one is under way."""
        ...
