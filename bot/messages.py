"""Every fixed sentence shown to a person, in Arabic and English: `text(key, language, **values)`.

Arabic lines begin with an Arabic letter, because Telegram lays out a line by its first strong letter;
commands carry a left-to-right mark, because a slash before Latin letters would otherwise jump behind them.
"""

from typing import Final, Literal

from bot.texts import admin, console, reader

Language = Literal["ar", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ar", "en")
DEFAULT_LANGUAGE: Final[Language] = "ar"

MESSAGES: Final[dict[str, tuple[str, str]]] = {**reader.MESSAGES, **admin.MESSAGES, **console.MESSAGES}
"""Key → (Arabic, English), with `{name}` where a value goes."""


def text(key: str, language: Language = DEFAULT_LANGUAGE, **values: object) -> str:
    """Return a fixed sentence with its values filled in. Raises KeyError for an unknown key."""
    return MESSAGES[key][LANGUAGES.index(language)].format(**values)


def known_language(code: str | None) -> Language | None:
    """Return the language that a stored or client-sent code names, or None when it is neither."""
    for language in LANGUAGES:
        if code is not None and code.lower().split("-")[0] == language:
            return language
    return None
