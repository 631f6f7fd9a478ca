"""A message as paragraphs of plain text, cut to Telegram's limits first and turned into HTML afterwards.

Escaping can grow a text fivefold, so nothing is ever cut after it.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.telegram.direction import is_rtl, mark_for

MAX_UNITS: Final = 4000
"""Telegram takes 4096 UTF-16 units; the rest is for direction marks and line ends."""
MAX_ENTITIES: Final = 90
"""Telegram takes 100."""
SENTENCE_END: Final = re.compile(r"[.!?؟…۔]+[»”\")\]]*\s+|\n+")
SPACE: Final = re.compile(r"\s+")

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """One paragraph; `bold` holds ranges of `text`."""

    text: str
    quoted: bool = False
    bold: tuple[Range, ...] = ()
    rtl: bool | None = None
    """The direction of its lines; None: that of most of its letters."""
    link: str = ""
    """Where the whole paragraph leads."""

    @property
    def entities(self) -> int:
        """How many of Telegram's entities it takes."""
        return len(self.bold) + self.quoted + bool(self.link)

    def slice(self, start: int, end: int) -> "Piece":
        """Return a part of the paragraph."""
        bold = tuple(
            (max(low, start) - start, min(high, end) - start)
            for low, high in self.bold
            if low < end and high > start
        )
        return Piece(self.text[start:end], self.quoted, bold, self.rtl, self.link)


@dataclass(frozen=True, slots=True)
class Part:
    """One Telegram message: as HTML, and as plain text should the HTML be refused."""

    html: str
    plain: str


def units(text: str) -> int:
    """Return the length that Telegram counts: UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(piece: Piece, limit: int = MAX_UNITS) -> Iterator[Piece]:
    """Yield the piece in parts of at most `limit` units, cut after sentences, else words, else anywhere."""
    if not piece.text:
        yield piece
    start = 0
    while start < len(piece.text):
        end = furthest(piece.text, start, limit)
        while piece.slice(start, end).entities > MAX_ENTITIES:
            end = piece.slice(start, end).bold[MAX_ENTITIES - 2][1] + start
        yield piece.slice(start, end)
        start = end


def furthest(text: str, start: int, limit: int) -> int:
    """Return the best place, at most `limit` units after `start`, to end a part."""
    if units(text[start:]) <= limit:
        return len(text)
    end = start
    size = 0
    while end < len(text) and (size := size + units(text[end])) <= limit:
        end += 1
    if end == len(text):
        return end
    for boundary in (SENTENCE_END, SPACE):
        ends = [match.end() for match in boundary.finditer(text, start, end) if match.end() > start]
        if ends:
            return ends[-1]
    return end


def pack(pieces: Sequence[Piece], limit: int = MAX_UNITS) -> list[Part]:
    """Return the paragraphs as messages that Telegram takes, in order and without a loss."""
    groups: list[list[Piece]] = [[]]
    size = entities = 0
    for piece in pieces:
        for part in cut(piece, limit):
            length = units(part.text) + 2
            if groups[-1] and (size + length > limit or entities + part.entities > MAX_ENTITIES):
                groups.append([])
                size = entities = 0
            groups[-1].append(part)
            size += length
            entities += part.entities
    return [part_of(group) for group in groups if group]


def part_of(pieces: Sequence[Piece]) -> Part:
    """Return one message of these paragraphs."""
    return Part("\n".join(map(markup, pieces)), "\n".join(piece.text for piece in pieces))


def markup(piece: Piece) -> str:
    """Return the paragraph as HTML, its lines marked for their direction."""
    text = piece.text.strip("\n") if not piece.bold else piece.text
    rtl = is_rtl(text) if piece.rtl is None else piece.rtl
    bold = merged((low, min(high, len(text))) for low, high in piece.bold)
    opening = {low for low, _ in bold}
    closing = {high for _, high in bold}
    edges = sorted({0, len(text), *opening, *closing, *line_starts(text)})
    output = []
    for edge, following in zip(edges, [*edges[1:], len(text)], strict=True):
        output.append("</b>" if edge in closing else "")
        output.append("<b>" if edge in opening else "")
        if edge == 0 or text[edge - 1] == "\n":
            output.append(mark_for(text[edge : edge + 1], rtl))
        output.append(html.escape(text[edge:following], quote=False))
    inner = "".join(output)
    if piece.link:
        inner = f'<a href="{html.escape(piece.link)}">{inner}</a>'
    return f"<blockquote>{inner}</blockquote>" if piece.quoted else inner


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Return the ranges in order, those that touch joined and empty ones left out."""
    result: list[Range] = []
    for low, high in sorted(ranges):
        if low >= high:
            continue
        if result and low <= result[-1][1]:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return result


def line_starts(text: str) -> Iterator[int]:
    """Yield where lines begin, the first excepted."""
    return (match.end() for match in re.finditer(r"\n", text))
