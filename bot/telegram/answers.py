"""Answers for many at once: the same question asked by several people is worked out once."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.answer import Answer, Turn
from bot.protocols import Answering
from bot.telegram.workers import Workers

ANSWERS_KEPT: Final = 512
_Key = tuple[str, tuple[Turn, ...]]


@dataclass(slots=True)
class Answers:
    """Asks the answering in worker threads; remembers the last answers of the current generation."""

    answering: Answering
    workers: Workers
    in_hand: dict[_Key, "asyncio.Task[Answer]"] = field(default_factory=dict)
    kept: OrderedDict[tuple[str, _Key], Answer] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def ask(self, question: str, context: Sequence[Turn] = ()) -> Answer:
        """Return the answer; raises what the answering raises."""
        key = (question.strip(), tuple(context))
        task = self.in_hand.get(key)
        if task is None:
            task = asyncio.create_task(self.workers.run(lambda: self._answer(key)))
            self.in_hand[key] = task
            task.add_done_callback(lambda _: self.in_hand.pop(key, None))
        # One of those who wait may be cut off; the others still want the answer.
        return await asyncio.shield(task)

    def _answer(self, key: _Key) -> Answer:
        generation = self.answering.status().generation
        with self.lock:
            if (known := self.kept.get((generation, key))) is not None:
                self.kept.move_to_end((generation, key))
                return known
        answer = self.answering.answer(*key)
        with self.lock:
            self.kept[generation, key] = answer
            while len(self.kept) > ANSWERS_KEPT:
                self.kept.popitem(last=False)
        return answer
