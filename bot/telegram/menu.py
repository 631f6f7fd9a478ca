"""The command menu, for every language, with the admins' commands in their chats."""

import logging
from collections.abc import Iterator
from typing import Final

from telegram import Bot, BotCommand, BotCommandScope, BotCommandScopeChat, BotCommandScopeDefault
from telegram.error import TelegramError

from bot.messages import LANGUAGES, Language, text

logger = logging.getLogger(__name__)
READER: Final = ("start", "ask", "sources", "help", "language", "privacy", "forget")
ADMIN: Final = ("reindex", "status", "unanswered", "feedback")
Menu = tuple[list[BotCommand], BotCommandScope, str | None]


def commands(names: tuple[str, ...], language: Language) -> list[BotCommand]:
    """Return commands with their descriptions."""
    return [BotCommand(name, text(f"menu_{name}", language)) for name in names]


def menus(admin_ids: frozenset[int]) -> Iterator[Menu]:
    """Yield every menu: commands, for whom, and for which language (None: all others)."""
    for code in (None, *LANGUAGES):
        language = code or LANGUAGES[0]
        yield commands(READER, language), BotCommandScopeDefault(), code
        for admin in sorted(admin_ids):
            yield commands(READER + ADMIN, language), BotCommandScopeChat(admin), code


async def publish(bot: Bot, admin_ids: frozenset[int]) -> None:
    """Tell Telegram the menus; one that it refuses is logged and missed, nothing more."""
    for entries, scope, code in menus(admin_ids):
        try:
            await bot.set_my_commands(entries, scope, language_code=code)
        except TelegramError as error:
            # An admin who has never written to the bot has no chat yet.
            logger.info("A command menu was not taken (%s, %s): %s", scope.type, code, error)
