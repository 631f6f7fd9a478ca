"""Telegram's HTML, read as strictly as Telegram reads it: text and entities, or a parse error."""

import html
import re
from typing import Any

from tests.integration.bot_api.faults import ApiError

TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)([^<>]*)>")
ENTITIES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "s": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
}


def utf16_length(text: str) -> int:
    """Return the length that Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def unescape(text: str) -> str:
    """Resolve the entities Telegram knows; a bare `&` is tolerated there too, a bare `<` is not."""
    if "<" in text:
        at = text.index("<")
        raise ApiError(400, f"Bad Request: can't parse entities: Unsupported start tag at byte offset {at}")
    return html.unescape(text)


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the visible text and its entities. Raises ApiError for markup that Telegram refuses."""
    text = ""
    entities: list[dict[str, Any]] = []
    opened: list[tuple[str, int]] = []
    position = 0
    for tag in TAG.finditer(source):
        text += unescape(source[position : tag.start()])
        position = tag.end()
        closing, name = tag.group(1), tag.group(2).lower()
        if name not in ENTITIES:
            raise ApiError(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{name}"')
        if not closing:
            if name == "blockquote" and any(other == "blockquote" for other, _ in opened):
                raise ApiError(400, "Bad Request: can't parse entities: nested blockquote")
            opened.append((name, utf16_length(text)))
            continue
        if not opened or opened[-1][0] != name:
            raise ApiError(400, f"Bad Request: can't parse entities: Unexpected end tag </{name}>")
        _, start = opened.pop()
        length = utf16_length(text) - start
        if length:
            entities.append({"type": ENTITIES[name], "offset": start, "length": length})
    text += unescape(source[position:])
    if opened:
        raise ApiError(400, f"Bad Request: can't parse entities: Can't find end tag \"{opened[-1][0]}\"")
    return text, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def entities_of(text: str) -> list[dict[str, Any]]:
    """Return the commands and mentions that Telegram marks in what a person types."""
    found = []
    for match in re.finditer(r"(?:^|(?<=\s))(/[A-Za-z0-9_]+(?:@\w+)?|@\w{4,})", text):
        kind = "bot_command" if match.group(1).startswith("/") else "mention"
        offset = utf16_length(text[: match.start(1)])
        found.append({"type": kind, "offset": offset, "length": utf16_length(match.group(1))})
    return found
