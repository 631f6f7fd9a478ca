"""One update on its way to being answered, and the sending of what answers it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from telegram import (
    Bot,
    Chat,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    Update,
    User,
)
from telegram.constants import ParseMode

from bot.journal import Journal
from bot.messages import DEFAULT_LANGUAGE, Language, known_language
from bot.telegram.courier import Courier, Refused
from bot.telegram.inbox import Inbox, Pending
from bot.telegram.pieces import Part

logger = logging.getLogger(__name__)
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(slots=True)
class Work:
    """One update; `sent` counts its messages, so that a restart skips those that went out before."""

    pending: Pending
    update: Update
    language: Language
    sent: int = 0

    @property
    def user(self) -> User:
        """Who caused it. The updates that the bot asks for all have a user, or a group speaking as one."""
        user = self.update.effective_user
        if user is None:
            raise ValueError(f"update {self.pending.update_id} has no sender")
        return user

    @property
    def chat(self) -> Chat:
        """Where it happened."""
        chat = self.update.effective_chat
        if chat is None:
            raise ValueError(f"update {self.pending.update_id} has no chat")
        return chat

    @property
    def person(self) -> int:
        """The number by which the sender is remembered: the user's, or the group's that hides one."""
        message = self.update.effective_message
        if self.update.callback_query is None and message is not None and message.sender_chat is not None:
            return message.sender_chat.id
        return self.user.id


def language_of(journal: Journal, update: Update) -> Language:
    """Return the language a person chose; Arabic for everybody who did not."""
    user = update.effective_user
    return (known_language(journal.language(user.id)) if user else None) or DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends, edits and acknowledges; HTML that Telegram cannot parse goes out as plain text."""

    bot: Bot
    courier: Courier
    inbox: Inbox

    async def send(
        self,
        work: Work,
        parts: Sequence[Part],
        *,
        keyboard: InlineKeyboardMarkup | None = None,
        reply_to: int | None = None,
        chat_id: int | None = None,
    ) -> list[int]:
        """Send messages in order, the keyboard under the last; return the numbers of those surely sent."""
        sent = []
        for number, part in enumerate(parts):
            work.sent += 1
            if work.sent <= work.pending.delivered:
                continue
            last = number == len(parts) - 1
            message = await self._send_one(work, part, keyboard if last else None, reply_to, chat_id)
            if not last:
                self.inbox.delivered(work.pending.update_id, work.sent)
            if message is not None:
                sent.append(message.message_id)
        return sent

    async def _send_one(
        self,
        work: Work,
        part: Part,
        keyboard: InlineKeyboardMarkup | None,
        reply_to: int | None,
        chat_id: int | None,
    ) -> Message | None:
        message = work.update.effective_message
        in_topic = message is not None and message.is_topic_message

        async def call(chat: int, body: str, mode: str | None) -> Message:
            return await self.bot.send_message(
                chat,
                body,
                parse_mode=mode,
                reply_markup=keyboard,
                link_preview_options=NO_PREVIEW,
                message_thread_id=message.message_thread_id if in_topic and message else None,
                reply_parameters=ReplyParameters(reply_to, allow_sending_without_reply=True)
                if reply_to
                else None,
            )

        target = work.chat.id if chat_id is None else chat_id
        try:
            return await self.courier.deliver(target, lambda chat: call(chat, part.html, ParseMode.HTML))
        except Refused as error:
            if not error.is_parse_error:
                raise
            logger.warning("Telegram could not parse an answer, sending it as plain text: %s", error)
            return await self.courier.deliver(target, lambda chat: call(chat, part.plain, None))

    async def edit(
        self, chat_id: int, message_id: int, part: Part, keyboard: InlineKeyboardMarkup | None
    ) -> bool:
        """Change a message in place; return whether it is there to be changed."""

        async def call(chat: int, body: str, mode: str | None) -> Message | bool:
            return await self.bot.edit_message_text(
                body,
                chat,
                message_id,
                parse_mode=mode,
                reply_markup=keyboard,
                link_preview_options=NO_PREVIEW,
            )

        for body, mode in ((part.html, ParseMode.HTML), (part.plain, None)):
            try:
                await self.courier.deliver(chat_id, partial(call, body=body, mode=mode), repeatable=True)
            except Refused as error:
                if error.is_parse_error and mode is not None:
                    continue
                if not error.is_unchanged:
                    logger.info("A message in chat %s could not be edited: %s", chat_id, error)
                    return False
            return True
        return False

    async def delete(self, chat_id: int, message_id: int) -> None:
        """Take back a message that an edited answer no longer needs."""
        try:
            await self.courier.deliver(
                chat_id, lambda chat: self.bot.delete_message(chat, message_id), repeatable=True
            )
        except Refused as error:
            logger.info("A message in chat %s could not be deleted: %s", chat_id, error)

    async def acknowledge(self, work: Work, notice: str = "", *, alert: bool = False) -> None:
        """Stop the spinner of a pressed button, with a notice if there is one to show."""
        query = work.update.callback_query
        if query is None:
            return
        try:
            await self.courier.deliver(
                work.user.id,
                lambda _: self.bot.answer_callback_query(query.id, notice or None, show_alert=alert),
                repeatable=True,
                paced=False,
            )
        except Refused as error:
            logger.info("A button press could not be acknowledged: %s", error)
