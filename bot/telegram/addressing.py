"""Whether a message is meant for the bot, and what it asks."""

from dataclasses import dataclass
from typing import Final

from telegram import Message, MessageEntity, User

_MENTIONS: Final[list[str | None]] = [MessageEntity.MENTION, MessageEntity.TEXT_MENTION]


@dataclass(frozen=True, slots=True)
class Command:
    """A command and what follows it."""

    name: str
    rest: str


def command_in(message: Message, bot: User) -> Command | None:
    """Return the command a message begins with; None when there is none or it is for another bot."""
    content = message.text or ""
    if not content.startswith("/"):
        return None
    first, *rest = content.split(maxsplit=1)
    name, _, addressee = first[1:].partition("@")
    if addressee and addressee.lower() != (bot.username or "").lower():
        return None
    return Command(name.lower(), rest[0] if rest else "")


def is_for_another_bot(message: Message, bot: User) -> bool:
    """Return whether a message is a command that names another bot."""
    first = (message.text or "").split(maxsplit=1)[:1]
    return bool(first) and first[0].startswith("/") and "@" in first[0] and command_in(message, bot) is None


def without_mention(message: Message, bot: User) -> str | None:
    """Return the message without the bot's name, or None when it does not name the bot."""
    content = message.text or message.caption or ""
    parse = message.parse_entities if message.text else message.parse_caption_entities
    named = False
    for entity, words in parse(_MENTIONS).items():
        by_name = entity.type == MessageEntity.MENTION and words.lower() == f"@{bot.username}".lower()
        if by_name or (entity.user is not None and entity.user.id == bot.id):
            content = content.replace(words, " ")
            named = True
    return " ".join(content.split()) if named else None


def is_reply_to(message: Message, bot: User) -> bool:
    """Return whether a message replies to the bot."""
    original = message.reply_to_message
    return original is not None and original.from_user is not None and original.from_user.id == bot.id


def question_in_group(message: Message, bot: User) -> str | None:
    """Return what a group's message asks the bot, or None when it is not meant for it."""
    mentioned = without_mention(message, bot)
    if mentioned is not None:
        return mentioned
    return (message.text or message.caption or "") if is_reply_to(message, bot) else None
