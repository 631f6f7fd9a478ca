"""The buttons under an answer: its context, other passages, back again, and the reader's verdict."""

from dataclasses import dataclass

from telegram import CallbackQuery, Message

from bot.answer import Verdict
from bot.exchanges import Exchange, PassageReference, checksum
from bot.journal import Journal
from bot.messages import text
from bot.protocols import Answering
from bot.telegram.buttons import Keyboard, Pressed, others, view_keyboard
from bot.telegram.pieces import Part
from bot.telegram.questions import Questions
from bot.telegram.rendering import passage_part
from bot.telegram.work import Mail, Work
from knowledge.types import Passage


@dataclass(frozen=True, slots=True)
class Views:
    """Answers the buttons under answers."""

    answering: Answering
    journal: Journal
    mail: Mail
    questions: Questions

    def exchange(self, query: CallbackQuery, pressed: Pressed) -> Exchange | None:
        """Return the exchange that a button belongs to, if it is one of the chat it was pressed in."""
        found = self.journal.exchange(pressed.number)
        here = query.message is not None and found is not None and found.chat_id == query.message.chat.id
        return found if here else None

    async def on_context(self, work: Work, query: CallbackQuery, pressed: Pressed) -> None:
        """Show the passage of the quotation in place of the answer, the quoted sentences marked."""
        exchange = self.exchange(query, pressed)
        if exchange is None or not exchange.quotes:
            await self.on_stale(work)
            return
        quote = exchange.quotes[0]
        passage = self.answering.passage(quote.document_id, quote.ordinal)
        if (
            passage is None
            or passage.text[quote.start - passage.start : quote.end - passage.start] != quote.text
        ):
            await self.on_stale(work, "article_changed")
            return
        part = passage_part(passage, exchange.quotes, "context_of", work.language)
        await self._show(work, query, part, view_keyboard(exchange, None, work.language))

    async def on_passage(self, work: Work, query: CallbackQuery, pressed: Pressed) -> None:
        """Show one of the other passages in place of the answer."""
        exchange = self.exchange(query, pressed)
        found = others(exchange) if exchange is not None else []
        if exchange is None or pressed.page >= len(found):
            await self.on_stale(work)
            return
        passage = self._unchanged(found[pressed.page])
        if passage is None:
            await self.on_stale(work, "article_changed")
            return
        nearest = exchange.verdict is Verdict.NOT_STATED and pressed.page == 0
        part = passage_part(
            passage,
            (),
            "nearest_of" if nearest else "other_of",
            work.language,
            number=pressed.page + 1,
            total=len(found),
        )
        await self._show(work, query, part, view_keyboard(exchange, pressed.page, work.language))

    async def on_back(self, work: Work, query: CallbackQuery, pressed: Pressed) -> None:
        """Show the answer again."""
        exchange = self.exchange(query, pressed)
        if exchange is None or exchange.verdict not in (Verdict.ANSWERED, Verdict.NOT_STATED):
            await self.on_stale(work)
            return
        parts, keyboard = self.questions.rendered(exchange, work.language)
        await self._show(work, query, parts[-1], keyboard)

    async def on_vote(self, work: Work, query: CallbackQuery, pressed: Pressed) -> None:
        """Keep whether a reader found the answer helpful."""
        exchange = self.exchange(query, pressed)
        if exchange is None or exchange.verdict is not Verdict.ANSWERED or pressed.page > 1:
            await self.on_stale(work)
            return
        helpful = pressed.page == 1
        self.journal.vote(exchange.id, work.person, helpful)
        notice = "vote_helpful" if helpful else "vote_not_helpful"
        await self.mail.acknowledge(work, text(notice, work.language))

    def _unchanged(self, reference: PassageReference) -> Passage | None:
        passage = self.answering.passage(reference.document_id, reference.ordinal)
        same = passage is not None and checksum(passage.text) == reference.checksum
        return passage if same else None

    async def _show(self, work: Work, query: CallbackQuery, part: Part, keyboard: Keyboard) -> None:
        await self.mail.acknowledge(work)
        if isinstance(query.message, Message):
            await self.mail.edit(query.message.chat.id, query.message.message_id, part, keyboard)

    async def on_stale(self, work: Work, notice: str = "stale_button") -> None:
        """Say that a button is out of date, or why."""
        await self.mail.acknowledge(work, text(notice, work.language), alert=True)
