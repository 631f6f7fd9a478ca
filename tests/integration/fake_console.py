"""`rawi console` at a terminal with a tiny answering in place of the index: starts at once, fails on request.

Run as a module with the data folder as argument. Words that a line may contain: "بطيء" takes a minute,
"انفجر" raises; `/reindex` takes a minute.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot import logging_setup
from bot.answer import Answer, Turn
from bot.console_session import at_terminal
from bot.settings import Settings
from index.reports import ReindexReport
from tests.fakes import ARTICLES
from tests.word_answering import WordAnswering


@dataclass
class FragileAnswering(WordAnswering):
    """Slow or broken when a question asks for it."""

    contexts: list[Sequence[Turn]] = field(default_factory=list)

    def answer(
        self, question: str, context: Sequence[Turn] = (), *, always: bool = False, hurried: bool = False
    ) -> Answer:
        self.contexts.append(context)
        if "بطيء" in question:
            sys.stdout.write("أفكر\n")
            sys.stdout.flush()
            time.sleep(60)
        if "انفجر" in question:
            raise RuntimeError("boom")
        return super().answer(question, context, always=always)


class SlowReindexing:
    """Takes a minute, telling how far it is."""

    def run(self, progress: Callable[[str, int, int], None] | None = None) -> ReindexReport:
        for done in range(600):
            if progress is not None:
                progress("embed", done, 600)
            time.sleep(0.1)
        return ReindexReport("g-2", 3, 3, 9, 0, 12, 60.0)


def main() -> int:
    """Converse at the terminal."""
    folder = Path(sys.argv[1])
    logging_setup.configure(30, folder=folder)
    return at_terminal(Settings(data_dir=folder), FragileAnswering(ARTICLES), SlowReindexing())


if __name__ == "__main__":
    sys.exit(main())
