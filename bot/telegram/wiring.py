"""Puts the handlers together."""

from dataclasses import dataclass

from telegram import Bot

from bot.journal import Journal
from bot.protocols import Answering, Reindexing
from bot.telegram.admin import Admin
from bot.telegram.answers import Answers
from bot.telegram.commands import Commands
from bot.telegram.inline import Inline
from bot.telegram.limits import Limits
from bot.telegram.options import TelegramOptions
from bot.telegram.questions import Questions
from bot.telegram.reindexing import Reindex
from bot.telegram.router import Router
from bot.telegram.typing_indicator import TypingIndicator
from bot.telegram.views import Views
from bot.telegram.work import Mail
from bot.telegram.workers import Workers


@dataclass(frozen=True, slots=True)
class Parts:
    """What the bot answers with."""

    options: TelegramOptions
    answering: Answering
    reindexing: Reindexing
    journal: Journal


def build_router(parts: Parts, bot: Bot, mail: Mail, answers: Answers) -> Router:
    """Return the router with all handlers."""
    questions = Questions(
        parts.answering,
        parts.journal,
        mail,
        Limits(parts.options.questions_per_minute),
        answers,
        TypingIndicator(bot, mail.courier),
    )
    return Router(
        bot.bot,
        questions,
        Views(parts.answering, parts.journal, mail, questions),
        Commands(bot.bot, parts.answering, parts.journal, mail, parts.options.retention_days),
        Admin(parts.options.admin_ids, parts.answering, parts.journal, mail, answers.workers),
        Reindex(parts.reindexing, mail, Workers(1, "reindexing")),
        Inline(bot, answers, mail.courier),
    )
