"""Answers and passages as paragraphs of a Telegram message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.answer import Quote, Verdict
from bot.messages import Language, text
from bot.telegram.direction import isolate
from bot.telegram.pieces import MAX_UNITS, Part, Piece, pack, part_of, units
from knowledge.types import Passage

VIEW_UNITS: Final = MAX_UNITS - 300
"""What is edited in place must fit one message, its heading included."""
ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a question gets: the paragraphs' content, before it is cut into messages."""

    verdict: Verdict
    quotes: tuple[Quote, ...]
    shown_question: str = ""
    """The question, when no message of the reader's shows it (a button asked it)."""
    suggests: bool = False
    """Whether buttons with other questions follow."""


def sentence(key: str, language: Language, **values: object) -> Piece:
    """Return a fixed sentence as a paragraph in the direction of its language."""
    return Piece(text(key, language, **values), rtl=language == "ar")


def answer_parts(rendered: Rendered, language: Language) -> list[Part]:
    """Return the messages that answer a question."""
    pieces = []
    if rendered.shown_question:
        pieces.append(sentence("your_question", language, question=isolate(rendered.shown_question)))
    if rendered.verdict is Verdict.ANSWERED:
        pieces.extend(quotations(rendered.quotes))
        pieces.append(source_line(rendered.quotes, language))
    else:
        pieces.append(sentence("not_stated", language))
        if rendered.suggests:
            pieces.append(sentence("try_these", language))
    return pack(pieces)


def quotations(quotes: Sequence[Quote]) -> list[Piece]:
    """Return consecutive quotes of one document as one quotation, the answering words in bold."""
    pieces: list[Piece] = []
    for number, quote in enumerate(quotes):
        bold = tuple(
            (span.start - quote.start, span.end - quote.start)
            for span in sorted(quote.spans, key=lambda span: span.start)
            if quote.start <= span.start < span.end <= quote.end
        )
        if number and quotes[number - 1].document_id == quote.document_id:
            joined = pieces.pop()
            shift = len(joined.text) + 1
            bold = joined.bold + tuple((low + shift, high + shift) for low, high in bold)
            pieces.append(Piece(f"{joined.text} {quote.text}", quoted=True, bold=bold))
        else:
            pieces.append(Piece(quote.text, quoted=True, bold=bold))
    return pieces


def source_line(quotes: Sequence[Quote], language: Language) -> Piece:
    """Return the title and place of what is quoted."""
    first, last = quotes[0], quotes[-1]
    key = "one_sentence" if first.sentence_number == last.sentence_number else "two_sentences"
    numbers = text(key, language, first=first.sentence_number, last=last.sentence_number)
    return sentence(
        "source", language, title=isolate(first.title), passage=first.ordinal + 1, sentences=numbers
    )


def passage_part(
    passage: Passage, quotes: Sequence[Quote], heading: str, language: Language, **values: object
) -> Part:
    """Return one message with a passage, the quoted sentences in bold."""
    head = sentence(heading, language, title=isolate(passage.title), passage=passage.ordinal + 1, **values)
    bold = tuple(
        (max(quote.start, passage.start) - passage.start, min(quote.end, passage.end) - passage.start)
        for quote in quotes
        if quote.document_id == passage.document_id
        and quote.start < passage.end
        and quote.end > passage.start
    )
    return part_of([head, shortened(Piece(passage.text, quoted=True, bold=bold))])


def shortened(piece: Piece, limit: int = VIEW_UNITS) -> Piece:
    """Return the piece, or as much of it around what is marked as fits in one message."""
    if units(piece.text) <= limit:
        return piece
    middle = piece.bold[0][0] if piece.bold else 0
    # Half the limit in characters is surely within it in units.
    start = max(0, min(middle - limit // 8, len(piece.text) - limit // 2))
    end = min(len(piece.text), start + limit // 2)
    inner = piece.slice(start, end)
    before = ELLIPSIS if start else ""
    after = ELLIPSIS if end < len(piece.text) else ""
    bold = tuple((low + len(before), high + len(before)) for low, high in inner.bold)
    return Piece(before + inner.text + after, True, bold, piece.rtl)


def snippet(content: str, limit: int) -> str:
    """Return the beginning of a text, at most `limit` characters, cut at a word."""
    if len(content) <= limit:
        return content
    kept = content[:limit].rsplit(" ", 1)[0].rstrip()
    return kept[: limit - 1] + ELLIPSIS
