"""What buttons carry, and the keyboards. Telegram takes 64 bytes a button; their sender may be lying."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.answer import ArticleSummary, Verdict
from bot.exchanges import Exchange, PassageReference
from bot.messages import LANGUAGES, Language, text
from bot.telegram.rendering import snippet

CONTEXT: Final = "c"
ANSWER: Final = "a"
PASSAGE: Final = "p"
VOTE: Final = "h"
SUGGESTED: Final = "q"
LANGUAGE: Final = "l"
SOURCES: Final = "s"
UNANSWERED: Final = "u"
FEEDBACK: Final = "f"
_DATA: Final = re.compile(r"([acfhlpqsu]):([0-9]{1,12})(?::([0-9]{1,4}))?")
LABEL_LENGTH: Final = 60
Keyboard = InlineKeyboardMarkup | None


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button asks for."""

    action: str
    number: int
    page: int = 0


def parse(data: str | None) -> Pressed | None:
    """Return what the data of a button asks for, or None for what no button of ours carries."""
    match = _DATA.fullmatch(data or "")
    if match is None:
        return None
    return Pressed(match[1], int(match[2]), int(match[3] or 0))


def question_number(question: str) -> int:
    """Return the number that stands for a suggested question: its text may exceed a button's 64 bytes."""
    return zlib.crc32(question.encode())


def button(label: str, action: str, number: int, page: int | None = None) -> InlineKeyboardButton:
    """Return one button."""
    data = f"{action}:{number}" if page is None else f"{action}:{number}:{page}"
    return InlineKeyboardButton(label, callback_data=data)


def suggestion_rows(questions: Sequence[str]) -> list[list[InlineKeyboardButton]]:
    """Return a row a question."""
    return [
        [button(snippet(question, LABEL_LENGTH), SUGGESTED, question_number(question))]
        for question in questions
    ]


def others(exchange: Exchange) -> list[PassageReference]:
    """Return the passages that were found beside the quoted ones, best first."""
    quoted = {(quote.document_id, quote.ordinal) for quote in exchange.quotes}
    return [found for found in exchange.passages if (found.document_id, found.ordinal) not in quoted]


def answer_keyboard(exchange: Exchange, suggested: Sequence[str], language: Language) -> Keyboard:
    """Return the buttons under an answer."""
    number = exchange.id
    rows = []
    if exchange.verdict is Verdict.ANSWERED:
        rows.append([button(text("button_context", language), CONTEXT, number)])
        if others(exchange):
            rows[0].append(button(text("button_others", language), PASSAGE, number, 0))
        rows.append(
            [
                button(text("button_helpful", language), VOTE, number, 1),
                button(text("button_not_helpful", language), VOTE, number, 0),
            ]
        )
    elif exchange.verdict is Verdict.NOT_STATED:
        if others(exchange):
            rows.append([button(text("button_nearest", language), PASSAGE, number, 0)])
        rows.extend(suggestion_rows(suggested))
    return InlineKeyboardMarkup(rows) if rows else None


def pager(
    action: str, number: int | None, page: int, pages: int, language: Language
) -> list[InlineKeyboardButton]:
    """Return the buttons to the previous and the next page; `number` is None where the page is all."""

    def to(target: int, key: str) -> InlineKeyboardButton:
        label = text(key, language)
        return button(label, action, target) if number is None else button(label, action, number, target)

    row = [to(page - 1, "button_previous")] if page > 0 else []
    return [*row, to(page + 1, "button_next")] if page + 1 < pages else row


def page_keyboard(action: str, page: int, pages: int, language: Language) -> Keyboard:
    """Return the buttons under one page of a list."""
    row = pager(action, None, page, pages, language)
    return InlineKeyboardMarkup([row]) if row else None


def view_keyboard(exchange: Exchange, page: int | None, language: Language) -> InlineKeyboardMarkup:
    """Return the buttons under a passage: to its neighbours (if it is one of the others) and back."""
    back = [button(text("button_back", language), ANSWER, exchange.id)]
    if page is None:
        return InlineKeyboardMarkup([back])
    row = pager(PASSAGE, exchange.id, page, len(others(exchange)), language)
    return InlineKeyboardMarkup([row, back] if row else [back])


def language_keyboard() -> InlineKeyboardMarkup:
    """Return a button for every language, each in itself."""
    return InlineKeyboardMarkup(
        [[button(text("language_name", name), LANGUAGE, i) for i, name in enumerate(LANGUAGES)]]
    )


def suggestions(
    articles: Sequence[ArticleSummary], limit: int, *, without: str = "", first: str = ""
) -> list[str]:
    """Return suggested questions in turns from all articles, the one named `first` before the others."""
    ordered = sorted(articles, key=lambda article: article.document_id != first)
    longest = max((len(article.questions) for article in ordered), default=0)
    in_turns = (a.questions[i] for i in range(longest) for a in ordered if i < len(a.questions))
    return [question for question in dict.fromkeys(in_turns) if question != without.strip()][:limit]
