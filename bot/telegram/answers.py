"""Answers for many at once: the same question asked by several people is worked out once."""

import asyncio
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bot.answer import Answer, Turn
from bot.protocols import Answering
from bot.telegram.workers import Workers

logger = logging.getLogger(__name__)
ANSWERS_KEPT: Final = 512
ARTICLES_PREPARED: Final = 50
PREPARE_INTERVAL: Final = 60.0
FRESH_SECONDS: Final = 0.5
"""For so long after a look at the index, known answers are given without another look: many ask at once."""
RUSH: Final = 4
"""With so many questions in hand, the next are answered without the reader, in a tenth of the time."""


class _Asked(NamedTuple):
    question: str
    context: tuple[Turn, ...]
    hurried: bool = False


@dataclass(slots=True)
class Answers:
    """Asks the answering in worker threads; remembers the last answers of the current generation."""

    answering: Answering
    workers: Workers
    in_hand: dict[_Asked, "asyncio.Task[Answer]"] = field(default_factory=dict)
    kept: OrderedDict[tuple[str, _Asked], Answer] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    clock: Callable[[], float] = time.monotonic
    generation: str = ""
    looked_at: float = -math.inf
    """When `generation` was last seen to be the current one."""

    async def keep_suggested(self) -> None:
        """Work out the suggested questions of every new generation before somebody presses their buttons."""
        ready = ""
        while True:
            try:
                generation = (await self.workers.run(self.answering.status)).generation
                if generation != ready:
                    ready = generation
                    for article in self.answering.articles()[:ARTICLES_PREPARED]:
                        for question in article.questions:
                            await self.ask(question)
            except Exception as error:
                # Whoever asks is told; here nobody waits.
                logger.warning("The suggested questions could not be prepared: %s", error)
            await asyncio.sleep(PREPARE_INTERVAL)

    async def ask(self, question: str, context: Sequence[Turn] = ()) -> Answer:
        """Return the answer; raises what the answering raises."""
        key = _Asked(question.strip(), tuple(context))
        if key not in self.in_hand and len(self.in_hand) >= RUSH:
            key = key._replace(hurried=True)
        if self.clock() - self.looked_at < FRESH_SECONDS and (known := self._known(self.generation, key)):
            return known
        task = self.in_hand.get(key)
        if task is None:
            task = asyncio.create_task(self.workers.run(lambda: self._answer(key)))
            self.in_hand[key] = task
            task.add_done_callback(lambda _: self.in_hand.pop(key, None))
        # One of those who wait may be cut off; the others still want the answer.
        return await asyncio.shield(task)

    def _answer(self, key: _Asked) -> Answer:
        now, generation = self.clock(), self.answering.status().generation
        with self.lock:
            if now >= self.looked_at:
                self.generation, self.looked_at = generation, now
        if (known := self._known(generation, key)) is not None:
            return known
        answer = self.answering.answer(key.question, key.context, hurried=key.hurried)
        with self.lock:
            self.kept[generation, key] = answer
            while len(self.kept) > ANSWERS_KEPT:
                self.kept.popitem(last=False)
        return answer

    def _known(self, generation: str, key: _Asked) -> Answer | None:
        with self.lock:
            for own in dict.fromkeys((key._replace(hurried=False), key)):
                if (known := self.kept.get((generation, own))) is not None:
                    self.kept.move_to_end((generation, own))
                    return known
        return None
