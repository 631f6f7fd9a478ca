"""The commands that every reader has."""

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, User

from bot.answer import ArticleSummary
from bot.journal import Journal
from bot.messages import LANGUAGES, Language, text
from bot.protocols import Answering
from bot.telegram.buttons import (
    SOURCES,
    Keyboard,
    Pressed,
    language_keyboard,
    page_keyboard,
    suggestion_rows,
    suggestions,
)
from bot.telegram.direction import isolate
from bot.telegram.lists import PAGE, pages_of
from bot.telegram.pieces import Part, Piece, pack, part_of
from bot.telegram.rendering import sentence
from bot.telegram.work import Mail, Work

TITLES_AT_START = 8
SUGGESTIONS_AT_START = 4


@dataclass(frozen=True, slots=True)
class Commands:
    """Answers /start, /help, /sources, /language, /privacy and /forget."""

    bot: User
    answering: Answering
    journal: Journal
    mail: Mail
    retention_days: int

    async def on_start(self, work: Work, message: Message) -> None:
        """Greet, say what the bot knows, and offer questions."""
        language = work.language
        articles = self.answering.articles()
        offered = suggestions(articles, SUGGESTIONS_AT_START)
        pieces = [sentence("start", language), Piece(""), *titles(articles, language), Piece("")]
        if work.chat.type != work.chat.PRIVATE:
            pieces.extend(self._group_notes(language))
        pieces.append(sentence("start_ask" if offered else "start_write", language))
        rows = suggestion_rows(offered)
        if hint := self._other_language(work):
            pieces.extend([Piece(""), hint])
            rows.extend(list(row) for row in language_keyboard().inline_keyboard)
        await self._reply(work, message, pieces, keyboard_of(rows))

    def _group_notes(self, language: Language) -> list[Piece]:
        notes = [sentence("start_group", language, mention=f"@{self.bot.username}")]
        if not self.bot.can_read_all_group_messages:
            notes.append(sentence("privacy_mode", language))
        return [*notes, Piece("")]

    def _other_language(self, work: Work) -> Piece | None:
        """Return a hint in the language that the reader's client suggests, if it is not Arabic."""
        code = work.user.language_code or ""
        private = work.chat.type == work.chat.PRIVATE
        if not private or code.startswith("ar") or not code or self.journal.language(work.user.id):
            return None
        return Piece(text("other_language_hint", "ar"), rtl=False)

    async def on_help(self, work: Work, message: Message) -> None:
        """Say what the bot can do."""
        await self._reply(work, message, [sentence("help", work.language, mention=f"@{self.bot.username}")])

    async def on_sources(self, work: Work, message: Message) -> None:
        """List the articles."""
        part, keyboard = self._sources(0, work.language)
        await self.mail.send(work, [part], keyboard=keyboard, reply_to=self._reply_to(work, message))

    async def on_sources_page(self, work: Work, query: CallbackQuery, pressed: Pressed) -> None:
        """Show another page of the list in place."""
        await self.mail.acknowledge(work)
        part, keyboard = self._sources(pressed.number, work.language)
        if isinstance(query.message, Message):
            await self.mail.edit(query.message.chat.id, query.message.message_id, part, keyboard)

    def _sources(self, page: int, language: Language) -> tuple[Part, Keyboard]:
        articles = self.answering.articles()
        if not articles:
            return part_of([sentence("no_articles", language)]), None
        pages = pages_of(len(articles))
        page = min(page, pages - 1)
        shown = articles[page * PAGE : (page + 1) * PAGE]
        pieces = [sentence("sources", language, count=len(articles))]
        pieces.extend(title_piece(article) for article in shown)
        return part_of(pieces), page_keyboard(SOURCES, page, pages, language)

    async def on_ask_without_question(self, work: Work, message: Message) -> None:
        """Say how /ask is used."""
        examples = suggestions(self.answering.articles(), 1) or [text("ask_example", work.language)]
        await self._reply(work, message, [sentence("ask_how", work.language, example=isolate(examples[0]))])

    async def on_language(self, work: Work, message: Message) -> None:
        """Offer the languages."""
        part = part_of([sentence("language_ask", work.language)])
        await self.mail.send(
            work, [part], keyboard=language_keyboard(), reply_to=self._reply_to(work, message)
        )

    async def on_language_chosen(self, work: Work, _: CallbackQuery, pressed: Pressed) -> None:
        """Remember the language and say so in it."""
        await self.mail.acknowledge(work)
        if pressed.number >= len(LANGUAGES):
            return
        language = LANGUAGES[pressed.number]
        self.journal.set_language(work.user.id, language)
        await self.mail.send(work, [part_of([sentence("language_set", language)])])

    async def on_privacy(self, work: Work, message: Message) -> None:
        """Say what is kept, for how long, and how to delete it."""
        await self._reply(work, message, [sentence("privacy", work.language, days=self.retention_days)])

    async def on_forget(self, work: Work, message: Message) -> None:
        """Delete what is kept about a person."""
        count = self.journal.forget(work.person)
        await self._reply(work, message, [sentence("forgotten", work.language, count=count)])

    async def on_unknown(self, work: Work, message: Message) -> None:
        """Say that there is no such command."""
        await self._reply(work, message, [sentence("command", work.language)])

    async def on_unreadable(self, work: Work, message: Message) -> None:
        """Say what the bot can read."""
        await self._reply(work, message, [sentence("only_text", work.language)])

    def _reply_to(self, work: Work, message: Message) -> int | None:
        return None if work.chat.type == work.chat.PRIVATE else message.message_id

    async def _reply(
        self, work: Work, message: Message, pieces: list[Piece], keyboard: Keyboard = None
    ) -> None:
        await self.mail.send(work, pack(pieces), keyboard=keyboard, reply_to=self._reply_to(work, message))


def title_piece(article: ArticleSummary) -> Piece:
    """Return a title as a line, leading to where the article was published if that is known."""
    link = article.source if article.source.startswith(("https://", "http://")) else ""
    return Piece(f"• {article.title}", link=link)


def titles(articles: Sequence[ArticleSummary], language: Language) -> list[Piece]:
    """Return the titles of the first articles, a line each."""
    if not articles:
        return [sentence("no_articles", language)]
    shown = [Piece(f"• {article.title}") for article in articles[:TITLES_AT_START]]
    left = len(articles) - len(shown)
    more = [sentence("start_more", language, count=left)] if left else []
    return [sentence("start_articles", language), *shown, *more]


def keyboard_of(rows: list[list[InlineKeyboardButton]]) -> Keyboard:
    """Return a keyboard, or None when there are no buttons."""
    return InlineKeyboardMarkup(rows) if rows else None
