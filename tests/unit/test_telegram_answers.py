"""Answers for many at once: each worked out once, the suggested ones before anybody asks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.answer import Answer, ArticleSummary, Turn, Verdict
from bot.telegram.answers import FRESH_SECONDS, RUSH, Answers
from bot.telegram.workers import Workers
from index.reports import IndexStatus
from knowledge.types import Passage


@dataclass
class Counting:
    """Answers nothing, and counts how often it was asked what."""

    asked: list[str] = field(default_factory=list)
    in_a_hurry: list[str] = field(default_factory=list)
    generation: str = "g1"

    def answer(
        self, question: str, context: Sequence[Turn] = (), *, always: bool = False, hurried: bool = False
    ) -> Answer:
        (self.in_a_hurry if hurried else self.asked).append(question)
        return Answer(question, Verdict.NOT_STATED)

    def articles(self) -> Sequence[ArticleSummary]:
        return [ArticleSummary("a", "أ", "", ("الأول؟", "الثاني؟"))]

    def passage(self, document_id: str, ordinal: int) -> Passage | None:
        return None

    def status(self) -> IndexStatus:
        return IndexStatus(self.generation, 1, 1, 1, "fake/model", "")


async def until(answering: Counting, count: int) -> None:
    for _ in range(1000):
        if len(answering.asked) >= count:
            break
        await asyncio.sleep(0.01)


def test_a_question_asked_by_many_is_worked_out_once_a_generation() -> None:
    answering = Counting()

    async def ask() -> None:
        now = 0.0
        answers = Answers(answering, Workers(2, "test"), clock=lambda: now)
        await asyncio.gather(*[answers.ask("متى؟") for _ in range(20)])
        await answers.ask(" متى؟ ")
        assert answering.asked == ["متى؟"]
        await answers.ask("متى؟", (Turn("قبل", "جواب"),))
        answering.generation = "g2"
        await answers.ask("متى؟")
        assert len(answering.asked) == 2
        now += FRESH_SECONDS
        await answers.ask("متى؟")
        assert len(answering.asked) == 3

    asyncio.run(ask())


def test_when_many_ask_different_things_only_the_first_are_answered_with_the_reader() -> None:
    answering = Counting()

    async def ask() -> None:
        answers = Answers(answering, Workers(1, "test"))
        await answers.ask("معروف؟")
        many = [str(number) for number in range(RUSH + 3)]
        await asyncio.gather(*[answers.ask(question) for question in [*many, "معروف؟", many[0]]])
        assert answering.asked == ["معروف؟", *many[:RUSH]]
        assert answering.in_a_hurry == many[RUSH:]
        await answers.ask(many[-1])
        assert answering.asked[-1] == many[-1]

    asyncio.run(ask())


def test_suggested_questions_are_ready_before_they_are_asked() -> None:
    answering = Counting()

    async def ask() -> None:
        answers = Answers(answering, Workers(1, "test"))
        preparing = asyncio.create_task(answers.keep_suggested())
        await until(answering, 2)
        await answers.ask("الأول؟")
        preparing.cancel()
        assert answering.asked == ["الأول؟", "الثاني؟"]

    asyncio.run(ask())
