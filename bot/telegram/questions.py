"""A question, asked anew, edited, or by a suggestion's button: answered, kept, and sent."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Message

from bot.answer import Answer, Turn, Verdict
from bot.exchanges import Exchange
from bot.journal import Journal
from bot.messages import Language
from bot.protocols import Answering
from bot.telegram.answers import Answers
from bot.telegram.buttons import Keyboard, answer_keyboard, suggestions
from bot.telegram.limits import Allowance, Limits
from bot.telegram.pieces import Part, pack
from bot.telegram.rendering import Rendered, answer_parts, sentence
from bot.telegram.typing_indicator import TypingIndicator
from bot.telegram.work import Mail, Work

logger = logging.getLogger(__name__)
SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Questions:
    """Answers questions in chats."""

    answering: Answering
    journal: Journal
    mail: Mail
    limits: Limits
    answers: Answers
    typing: TypingIndicator

    async def on_question(self, work: Work, message: Message, question: str) -> None:
        """Answer a message that asks, in one reply to it."""
        if not await self._allowed(work, message.message_id):
            return
        conversation = conversation_of(work)
        answer = await self._ask(work, question, self.journal.turns(conversation))
        exchange = self._record(work, answer, message.message_id)
        await self._send(work, exchange, answer)

    async def on_edited_question(self, work: Work, message: Message, question: str) -> None:
        """Answer an edited question by editing its answer, or anew when there is none."""
        earlier = self.journal.exchange_of(work.chat.id, message.message_id)
        if earlier is not None and earlier.question.strip() == question.strip():
            return
        if not await self._allowed(work, message.message_id):
            return
        before = self.journal.turns(conversation_of(work), message.message_id)
        answer = await self._ask(work, question, before)
        exchange = self._record(work, answer, message.message_id)
        if not exchange.reply_ids:
            await self._send(work, exchange, answer)
            return
        await self._edit(work, exchange, answer)

    async def on_suggestion(self, work: Work, question: str) -> None:
        """Answer a suggested question whose button was pressed."""
        await self.mail.acknowledge(work)
        if not await self._allowed(work, None):
            return
        answer = await self._ask(work, question, self.journal.turns(conversation_of(work)))
        await self._send(work, self._record(work, answer, 0), answer)

    async def _allowed(self, work: Work, reply_to: int | None) -> bool:
        allowance = self.limits.ask(work.person)
        if allowance is Allowance.NOTICE:
            await self.mail.send(work, pack([sentence("slow_down", work.language)]), reply_to=reply_to)
        return allowance is Allowance.ANSWER

    async def _ask(self, work: Work, question: str, context: Sequence[Turn]) -> Answer:
        message = work.update.effective_message
        thread = message.message_thread_id if message is not None and message.is_topic_message else None
        async with self.typing.shown(work.chat.id, thread):
            return await self.answers.ask(question, context)

    def _record(self, work: Work, answer: Answer, message_id: int) -> Exchange:
        return self.journal.record(
            answer,
            chat_id=work.chat.id,
            user_id=work.person,
            message_id=message_id,
            conversation=conversation_of(work),
        )

    async def _send(self, work: Work, exchange: Exchange, answer: Answer) -> None:
        parts, keyboard = self.rendered(exchange, work.language, answer.small_talk)
        replies = await self.mail.send(work, parts, keyboard=keyboard, reply_to=exchange.message_id or None)
        if replies:
            self.journal.set_replies(exchange.id, replies)

    async def _edit(self, work: Work, exchange: Exchange, answer: Answer) -> None:
        parts, keyboard = self.rendered(exchange, work.language, answer.small_talk)
        replies = list(exchange.reply_ids)
        for number, part in enumerate(parts):
            buttons = keyboard if number == len(parts) - 1 else None
            if number < len(replies) and await self.mail.edit(work.chat.id, replies[number], part, buttons):
                continue
            sent = await self.mail.send(work, [part], keyboard=buttons, reply_to=exchange.message_id)
            replies[number : number + 1] = sent
        for extra in replies[len(parts) :]:
            await self.mail.delete(work.chat.id, extra)
        self.journal.set_replies(exchange.id, replies[: len(parts)])

    def rendered(
        self, exchange: Exchange, language: Language, small_talk: str = ""
    ) -> tuple[list[Part], Keyboard]:
        """Return the messages and the buttons that an exchange is shown with."""
        if exchange.verdict in (Verdict.SMALL_TALK, Verdict.UNREADABLE):
            return pack([sentence(small_talk, language)]), None
        suggested: list[str] = []
        if exchange.verdict is Verdict.NOT_STATED:
            nearest = exchange.passages[0].document_id if exchange.passages else ""
            suggested = suggestions(
                self.answering.articles(), SUGGESTIONS, without=exchange.question, first=nearest
            )
        shown = "" if exchange.message_id else exchange.question
        parts = answer_parts(Rendered(exchange.verdict, exchange.quotes, shown, bool(suggested)), language)
        return parts, answer_keyboard(exchange, suggested, language)


def conversation_of(work: Work) -> str:
    """Return what follow-up questions belong to: a private chat, or one person in a group."""
    chat = work.chat
    return str(chat.id) if chat.type == chat.PRIVATE else f"{chat.id}:{work.person}"
