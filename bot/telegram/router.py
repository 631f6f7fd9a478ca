"""What each update is, and who answers it."""

from collections import deque
from dataclasses import dataclass, field

from telegram import CallbackQuery, Message, User

from bot.telegram import buttons
from bot.telegram.addressing import (
    command_in,
    is_for_another_bot,
    question_in_group,
    without_mention,
)
from bot.telegram.admin import Admin
from bot.telegram.commands import Commands
from bot.telegram.inline import Inline
from bot.telegram.questions import Questions
from bot.telegram.reindexing import Reindex
from bot.telegram.views import Views
from bot.telegram.work import Work

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "inline_query"]
GROUPS = ("group", "supergroup")


@dataclass(frozen=True, slots=True)
class Router:
    """Hands every update to the handler of its kind; stays silent on what is not meant for the bot."""

    bot: User
    questions: Questions
    views: Views
    commands: Commands
    admin: Admin
    reindex: Reindex
    inline: Inline
    albums: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    """Pictures sent together arrive one by one and get one reply."""

    async def route(self, work: Work) -> None:
        """Answer one update."""
        update = work.update
        if update.message is not None:
            await self.on_message(work, update.message)
        elif update.edited_message is not None:
            await self.on_edited_message(work, update.edited_message)
        elif update.callback_query is not None:
            await self.on_button(work, update.callback_query)
        elif update.inline_query is not None:
            await self.inline.on_query(work, update.inline_query)

    def _is_ours_or_a_bots(self, message: Message) -> bool:
        if message.via_bot is not None and message.via_bot.id == self.bot.id:
            return True
        sender = message.from_user
        # A group speaking as itself is shown as a bot.
        return sender is None or (sender.is_bot and message.sender_chat is None)

    async def on_message(self, work: Work, message: Message) -> None:
        """Answer a command, a question, or what is neither."""
        if self._is_ours_or_a_bots(message) or is_for_another_bot(message, self.bot):
            return
        if work.chat.type in GROUPS:
            await self.on_group_message(work, message)
        elif work.chat.type == work.chat.PRIVATE:
            await self.on_private_message(work, message)

    async def on_private_message(self, work: Work, message: Message) -> None:
        """Answer everything that a person sent."""
        command = command_in(message, self.bot)
        if command is not None:
            if not await self.on_command(work, message, command.name, command.rest):
                await self.commands.on_unknown(work, message)
        elif content := (message.text or message.caption):
            await self.questions.on_question(work, message, without_mention(message, self.bot) or content)
        elif message.effective_attachment is not None and self._is_first_of_album(message):
            await self.commands.on_unreadable(work, message)

    def _is_first_of_album(self, message: Message) -> bool:
        album = message.media_group_id
        if album is None:
            return True
        if album in self.albums:
            return False
        self.albums.append(album)
        return True

    async def on_group_message(self, work: Work, message: Message) -> None:
        """Answer a command or what names or replies to the bot; nothing else."""
        command = command_in(message, self.bot)
        if command is not None:
            await self.on_command(work, message, command.name, command.rest)
            return
        question = question_in_group(message, self.bot)
        if question is None:
            return
        if question or message.effective_attachment is None:
            await self.questions.on_question(work, message, question)
        else:
            await self.commands.on_unreadable(work, message)

    async def on_command(self, work: Work, message: Message, name: str, rest: str) -> bool:
        """Carry out a command; return whether there is one of that name for this person."""
        readers = {
            "start": self.commands.on_start,
            "help": self.commands.on_help,
            "sources": self.commands.on_sources,
            "language": self.commands.on_language,
            "privacy": self.commands.on_privacy,
            "forget": self.commands.on_forget,
        }
        if name == "ask":
            await self.on_ask(work, message, rest)
        elif name in readers:
            await readers[name](work, message)
        elif not self.admin.obeys(work):
            return False
        elif name == "reindex":
            await self.reindex.on_reindex(work)
        elif name == "status":
            await self.admin.on_status(work)
        elif name in ("unanswered", "feedback"):
            await self.admin.on_list(work, name)
        else:
            return False
        return True

    async def on_ask(self, work: Work, message: Message, question: str) -> None:
        """Answer /ask: the words after it, else the message it replies to."""
        replied = message.reply_to_message
        if not question and replied is not None:
            question = replied.text or replied.caption or ""
        if question:
            await self.questions.on_question(work, message, question)
        else:
            await self.commands.on_ask_without_question(work, message)

    async def on_edited_message(self, work: Work, message: Message) -> None:
        """Answer an edited question; an edited command other than /ask was carried out already."""
        if self._is_ours_or_a_bots(message) or work.chat.type == work.chat.CHANNEL:
            return
        question = self._edited_question(work, message)
        if question:
            await self.questions.on_edited_question(work, message, question)

    def _edited_question(self, work: Work, message: Message) -> str | None:
        command = command_in(message, self.bot)
        if command is not None:
            return command.rest if command.name == "ask" else None
        if is_for_another_bot(message, self.bot):
            return None
        if work.chat.type == work.chat.PRIVATE:
            return message.text or message.caption
        return question_in_group(message, self.bot)

    async def on_button(self, work: Work, query: CallbackQuery) -> None:
        """Answer a pressed button; data that no button of ours carries does nothing."""
        pressed = buttons.parse(query.data)
        handlers = {
            buttons.CONTEXT: self.views.on_context,
            buttons.PASSAGE: self.views.on_passage,
            buttons.ANSWER: self.views.on_back,
            buttons.VOTE: self.views.on_vote,
            buttons.SUGGESTED: self.on_suggestion,
            buttons.LANGUAGE: self.commands.on_language_chosen,
            buttons.SOURCES: self.commands.on_sources_page,
            buttons.UNANSWERED: self.admin.on_page,
            buttons.FEEDBACK: self.admin.on_page,
        }
        if pressed is None or query.message is None:
            await self.views.mail.acknowledge(work)
            return
        await handlers[pressed.action](work, query, pressed)

    async def on_suggestion(self, work: Work, _: CallbackQuery, pressed: buttons.Pressed) -> None:
        """Answer the suggested question that a button stands for, if it still is one."""
        for article in self.views.answering.articles():
            for question in article.questions:
                if buttons.question_number(question) == pressed.number:
                    await self.questions.on_suggestion(work, question)
                    return
        await self.views.on_stale(work)
