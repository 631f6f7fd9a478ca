"""The admins' commands, in private chats only: what is asked in vain is nobody else's business."""

from collections.abc import Callable
from dataclasses import dataclass

from telegram import CallbackQuery, Message

from bot.journal import Journal
from bot.messages import Language
from bot.protocols import Answering
from bot.telegram.buttons import FEEDBACK, UNANSWERED, Keyboard, Pressed, page_keyboard
from bot.telegram.direction import isolate
from bot.telegram.lists import PAGE, pages_of
from bot.telegram.pieces import Part, Piece, pack, part_of
from bot.telegram.rendering import sentence, snippet
from bot.telegram.work import Mail, Work
from bot.telegram.workers import Workers

QUESTION_LENGTH = 250
"""Characters; ten such lines fit one message."""


@dataclass(frozen=True, slots=True)
class Admin:
    """Answers /status, /unanswered and /feedback, and their pages."""

    admin_ids: frozenset[int]
    answering: Answering
    journal: Journal
    mail: Mail
    workers: Workers

    def obeys(self, work: Work) -> bool:
        """Return whether an update comes from an admin's private chat."""
        return work.user.id in self.admin_ids and work.chat.type == work.chat.PRIVATE

    async def on_status(self, work: Work) -> None:
        """Say what is answered from."""
        status = await self.workers.run(self.answering.status)
        values = {
            "generation": isolate(status.generation),
            "built_at": isolate(status.built_at),
            "model": isolate(status.model),
            "documents": status.documents,
            "passages": status.passages,
            "sentences": status.sentences,
        }
        counts = {what: self.journal.count(what) for what in ("questions", "unanswered", "pending")}
        await self.mail.send(work, pack([sentence("status", work.language, **values, **counts)]))

    async def on_list(self, work: Work, name: str) -> None:
        """Send the first page of /unanswered or /feedback."""
        part, keyboard = self._page(name, 0, work.language)
        await self.mail.send(work, [part], keyboard=keyboard)

    async def on_page(self, work: Work, query: CallbackQuery, pressed: Pressed) -> None:
        """Show another page in place; for anybody but an admin, nothing happens."""
        await self.mail.acknowledge(work)
        if not self.obeys(work) or not isinstance(query.message, Message):
            return
        name = "unanswered" if pressed.action == UNANSWERED else "feedback"
        part, keyboard = self._page(name, pressed.number, work.language)
        await self.mail.edit(query.message.chat.id, query.message.message_id, part, keyboard)

    def _page(self, name: str, page: int, language: Language) -> tuple[Part, Keyboard]:
        rows: dict[str, tuple[str, str, Callable[[int], list[Piece]]]] = {
            "unanswered": ("unanswered", UNANSWERED, lambda offset: self._unanswered(offset, language)),
            "feedback": ("rated", FEEDBACK, lambda offset: self._feedback(offset, language)),
        }
        counted, action, lines = rows[name]
        count = self.journal.count(counted)
        if not count:
            return part_of([sentence(f"{name}_none", language)]), None
        pages = pages_of(count)
        page = min(page, pages - 1)
        heading = sentence(name, language, page=page + 1, pages=pages)
        return part_of([heading, *lines(page * PAGE)]), page_keyboard(action, page, pages, language)

    def _unanswered(self, offset: int, language: Language) -> list[Piece]:
        return [
            sentence("unanswered_line", language, count=row.count, question=shown(row.question))
            for row in self.journal.unanswered(PAGE, offset)
        ]

    def _feedback(self, offset: int, language: Language) -> list[Piece]:
        return [
            sentence(
                "feedback_line",
                language,
                helpful=row.helpful,
                not_helpful=row.not_helpful,
                question=shown(row.question),
            )
            for row in self.journal.least_helpful(PAGE, offset)
        ]


def shown(question: str) -> str:
    """Return a question as one line of a list."""
    return isolate(snippet(" ".join(question.split()), QUESTION_LENGTH))
