"""Lists shown a page at a time."""

from typing import Final

PAGE: Final = 10


def pages_of(count: int) -> int:
    """Return how many pages a list of `count` lines takes, at least one."""
    return max(1, -(-count // PAGE))
