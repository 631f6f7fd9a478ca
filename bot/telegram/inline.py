"""Inline mode: `@bot question` in any chat offers the answer and the next passages."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from telegram import (
    Bot,
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
)
from telegram.constants import ParseMode

from bot.answer import Answer
from bot.messages import Language, text
from bot.telegram.answers import Answers
from bot.telegram.courier import Courier, Refused
from bot.telegram.direction import isolate
from bot.telegram.pieces import Part, pack
from bot.telegram.rendering import Rendered, answer_parts, passage_part, sentence, snippet
from bot.telegram.work import NO_PREVIEW, Work

logger = logging.getLogger(__name__)
PASSAGES: Final = 4
SNIPPET: Final = 120
CACHE_SECONDS: Final = 30


@dataclass(slots=True)
class Inline:
    """Answers inline queries; only the last of what a person typed matters."""

    bot: Bot
    answers: Answers
    courier: Courier

    async def on_query(self, work: Work, query: InlineQuery) -> None:
        """Offer the answer and the next passages."""
        question = query.query.strip()
        results: list[InlineQueryResultArticle] = []
        if question:
            answer = await self.answers.ask(question)
            results = articles_of(answer, work.language)
        button = InlineQueryResultsButton(text("inline_start", work.language), start_parameter="inline")
        try:
            await self.courier.deliver(
                work.user.id,
                lambda _: self.bot.answer_inline_query(
                    query.id, results, cache_time=CACHE_SECONDS, is_personal=True, button=button
                ),
                paced=False,
            )
        except Refused as error:
            logger.info("An inline query could not be answered: %s", error)


def articles_of(answer: Answer, language: Language) -> list[InlineQueryResultArticle]:
    """Return what an inline question is offered: the answer first, then passages."""
    results = []
    if answer.answered:
        part = answer_parts(Rendered(answer.verdict, answer.quotes, answer.question), language)[0]
        results.append(article("answer", text("inline_answer", language), answer.text, part))
    elif answer.small_talk:
        part = pack([sentence(answer.small_talk, language)])[0]
        results.append(article("talk", text("inline_start", language), part.plain, part))
    quoted = {(quote.document_id, quote.ordinal) for quote in answer.quotes}
    passages = [
        found.passage
        for found in answer.passages
        if (found.passage.document_id, found.passage.ordinal) not in quoted
    ][:PASSAGES]
    for number, passage in enumerate(passages):
        heading = "other_of" if answer.answered else "nearest_of"
        part = passage_part(passage, (), heading, language, number=number + 1, total=len(passages))
        title = text("inline_passage", language, passage=passage.ordinal + 1, title=isolate(passage.title))
        results.append(article(f"passage-{number}", title, passage.text, part))
    return results or nothing(answer, language)


def nothing(answer: Answer, language: Language) -> list[InlineQueryResultArticle]:
    """Return what is offered when there is nothing to offer."""
    parts: Sequence[Part] = answer_parts(Rendered(answer.verdict, (), answer.question), language)
    return [article("nothing", text("inline_nothing", language), parts[0].plain, parts[0])]


def article(identity: str, title: str, description: str, part: Part) -> InlineQueryResultArticle:
    """Return one inline result."""
    content = InputTextMessageContent(part.html, parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW)
    return InlineQueryResultArticle(identity, title, content, description=snippet(description, SNIPPET))
