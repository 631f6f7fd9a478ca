"""The console's conversation: what is done with each line, typed or piped in."""

import difflib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Final, TextIO

from bot.answer import Answer, FoundPassage, Turn
from bot.messages import Language, text
from bot.protocols import Answering, Reindexing
from bot.terminal import Layout, clean, render, render_bare, render_passage
from index.errors import IndexBusyError
from knowledge.arabic import normalise
from knowledge.errors import RawiError

COMMANDS: Final = {
    "source": "المصدر",
    "more": "المزيد",
    "reindex": "تحديث",
    "status": "الحالة",
    "language": "اللغة",
    "help": "مساعدة",
    "quit": "خروج",
}
"""English name → Arabic name; an Arabic name is understood with and without its article."""
TURNS_KEPT: Final = 5
SUGGESTIONS: Final = 4


@dataclass(slots=True)
class Console:
    """One conversation; `bare` answers in one plain line a question."""

    answering: Answering
    reindexing: Reindexing
    layout: Layout
    out: TextIO
    bare: bool = False
    on_failure: Callable[[Exception], str] | None = None
    """Told of an unexpected failure, returns where its details went; None: failures end the conversation."""
    turns: deque[Turn] = field(default_factory=lambda: deque(maxlen=TURNS_KEPT))
    last: Answer | None = None
    waiting: deque[tuple[FoundPassage, str, dict[str, int]]] = field(default_factory=deque)
    """What `/more` shows next: a passage, the key of its heading and the heading's values."""

    def greet(self) -> None:
        """Say what this is and suggest questions."""
        self._write(self.layout.say("console_welcome"))
        articles = self.answering.articles()
        questions = [question for article in articles for question in article.questions][:SUGGESTIONS]
        if questions:
            self._write(self.layout.say("console_try"))
            for question in questions:
                self._write(self.layout.lines(clean(question)))
        self._write("")

    def converse(self, lines: Iterable[str]) -> None:
        """Handle line after line until they end or one asks to leave."""
        for line in lines:
            try:
                if self.handle(line):
                    return
            except RawiError as error:
                if self.on_failure is None:
                    raise
                self._write(self.layout.lines(clean(str(error))))
            except Exception as error:
                if self.on_failure is None:
                    raise
                self._write(f"{self.layout.say('error')}\n{self.on_failure(error)}")

    def handle(self, line: str) -> bool:
        """Answer a question or obey a command; return whether the reader wants to leave."""
        command = clean(line).strip()
        if not command.startswith("/"):
            self._ask(line)
            return False
        name = _command_of(command[1:].split(" ")[0])
        if name == "quit":
            return True
        if name is None:
            self._write(self._unknown(command.split(" ")[0]))
        else:
            getattr(self, f"_{name}")()
        return False

    def _ask(self, question: str) -> None:
        answer = self.answering.answer(question, tuple(self.turns))
        # A greeting or a slip of the keyboard does not make the last answer be forgotten.
        if answer.passages:
            self.last = answer
            self._queue_passages(answer)
        if answer.answered:
            self.turns.append(Turn(question, answer.text))
        if self.bare:
            self._write(render_bare(answer, self.layout.language))
            return
        self._write(render(answer, self.layout))
        if answer.passages and self.waiting and not answer.answered:
            self._write(self.layout.say("console_more_hint"))
        self._write("")

    def _queue_passages(self, answer: Answer) -> None:
        """Line up the quotes' own passage as context, then the others, best first."""
        self.waiting.clear()
        quoted = {f"{quote.document_id}#{quote.ordinal}" for quote in answer.quotes}
        for quote in answer.quotes[:1]:
            passage = self.answering.passage(quote.document_id, quote.ordinal)
            if passage is not None:
                self.waiting.append((FoundPassage(passage, 0.0), "context_of", {}))
        # Without quotes the nearest passage has been shown with the answer.
        rest = answer.passages if answer.quotes else answer.passages[1:]
        others = [found for found in rest if found.passage.id not in quoted]
        for number, found in enumerate(others, start=1):
            self.waiting.append((found, "other_of", {"number": number, "total": len(others)}))

    def _more(self) -> None:
        if self.last is None:
            self._write(self.layout.say("console_ask_first"))
        elif not self.waiting:
            self._write(self.layout.say("console_no_more"))
        else:
            found, key, values = self.waiting.popleft()
            self._write(render_passage(found, self.layout, key, **values))

    def _source(self) -> None:
        if self.last is None or not (self.last.quotes or self.last.passages):
            self._write(self.layout.say("console_ask_first" if self.last is None else "not_stated"))
            return
        if self.last.quotes:
            first, last = self.last.quotes[0], self.last.quotes[-1]
            document_id, title, start, end = first.document_id, first.title, first.start, last.end
        else:
            nearest = self.last.passages[0].passage
            document_id, title, start, end = nearest.document_id, nearest.title, nearest.start, nearest.end
        origin = next((one.source for one in self.answering.articles() if one.document_id == document_id), "")
        self._write(self.layout.say("console_file", file=document_id))
        self._write(self.layout.say("console_title", title=title))
        if origin:
            self._write(self.layout.say("console_origin", source=origin))
        self._write(self.layout.say("console_place", start=start, end=end))

    def _reindex(self) -> None:
        from bot.commands import report_lines
        from bot.progress_bars import bars

        self._write(self.layout.say("console_reindexing"))
        try:
            with bars() as progress:
                report = self.reindexing.run(progress)
        except IndexBusyError:
            self._write(self.layout.say("reindex_busy"))
        except RawiError as error:
            self._write(self.layout.say("reindex_failed", reason=error))
        except KeyboardInterrupt:
            self._write(self.layout.say("console_stopped"))
        else:
            for line in report_lines(report, self.layout.language):
                self._write(self.layout.lines(line))

    def _status(self) -> None:
        # Not through `say`: its values would lose nothing, but the lines must stay lines.
        self._write(
            self.layout.lines(text("index_status", self.layout.language, **asdict(self.answering.status())))
        )

    def _language(self) -> None:
        other: Language = "en" if self.layout.language == "ar" else "ar"
        self.layout = self.layout.speaking(other)
        self._write(self.layout.say("console_language"))

    def _help(self) -> None:
        self._write(self.layout.say("console_help"))
        for english, arabic in COMMANDS.items():
            self._write(
                self.layout.say(
                    "console_help_line", does=text(f"console_help_{english}", self.layout.language)
                )
                + f" \u200e/{english} /{arabic}"
            )

    def _unknown(self, name: str) -> str:
        known = [f"/{command}" for pair in COMMANDS.items() for command in pair]
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        return self.layout.say("console_unknown", name=name, nearest=nearest[0] if nearest else "/help")

    def _write(self, content: str) -> None:
        self.out.write(f"{content}\n")
        self.out.flush()


def _command_of(name: str) -> str | None:
    """Return the English name of a command given in either language, or None."""
    typed = normalise(name).strip().removeprefix("ال")
    for english, arabic in COMMANDS.items():
        if typed and typed in {english, normalise(arabic).removeprefix("ال")}:
            return english
    return "quit" if typed == "exit" else None
