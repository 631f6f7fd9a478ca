"""How much one person may ask: a bucket that refills, and one polite notice when it is empty."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

PEOPLE_REMEMBERED: Final = 10_000


class Allowance(Enum):
    """What to do with a question."""

    ANSWER = auto()
    NOTICE = auto()
    IGNORE = auto()


@dataclass(slots=True)
class Bucket:
    """One person's remaining questions."""

    left: float
    at: float
    noticed: bool = False


@dataclass(slots=True)
class Limits:
    """A token bucket a person: `per_minute` questions at once, regained over a minute."""

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    buckets: dict[int, Bucket] = field(default_factory=dict)

    def ask(self, person: int) -> Allowance:
        """Take one question from a person's allowance; the notice is due once until half has refilled."""
        now = self.clock()
        if len(self.buckets) > PEOPLE_REMEMBERED:
            self.buckets = {key: bucket for key, bucket in self.buckets.items() if bucket.at > now - 60}
        bucket = self.buckets.setdefault(person, Bucket(self.per_minute, now))
        bucket.left = min(self.per_minute, bucket.left + (now - bucket.at) * self.per_minute / 60)
        bucket.at = now
        if bucket.left > self.per_minute / 2:
            bucket.noticed = False
        if bucket.left >= 1:
            bucket.left -= 1
            return Allowance.ANSWER
        if bucket.noticed:
            return Allowance.IGNORE
        bucket.noticed = True
        return Allowance.NOTICE
