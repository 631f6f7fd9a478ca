"""Keeps Arabic lines right to left in Telegram, which lays out a line by how it begins.

The marks are invisible and stand outside what is quoted, so a quotation stays word for word.
"""

import unicodedata
from typing import Final

RIGHT_TO_LEFT_MARK: Final = "\u200f"
LEFT_TO_RIGHT_MARK: Final = "\u200e"
FIRST_STRONG_ISOLATE: Final = "\u2068"
POP_ISOLATE: Final = "\u2069"
_RTL: Final = frozenset({"R", "AL"})


def is_rtl(text: str) -> bool:
    """Return whether most letters of the text are written right to left (an empty text counts as such)."""
    kinds = [unicodedata.bidirectional(character) for character in text]
    return sum(kind in _RTL for kind in kinds) >= kinds.count("L")


def mark_for(line: str, rtl: bool) -> str:
    """Return the mark that a line needs in front to be laid out in the wanted direction: one or none."""
    first = unicodedata.bidirectional(line[0]) if line else ""
    if rtl:
        return "" if not line or first in _RTL else RIGHT_TO_LEFT_MARK
    return "" if not line or first == "L" else LEFT_TO_RIGHT_MARK


def isolate(text: object) -> str:
    """Return a value that may run in either direction, so that it disturbs nothing around it."""
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"
