"""Times and memory."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
_STATUS = Path("/proc/self/status")


def milliseconds(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = perf_counter()
    call()
    return (perf_counter() - started) * 1000


def percentiles(times: Sequence[float]) -> dict[str, float]:
    """Return p50 and p95 of some milliseconds, rounded."""
    p50, p95 = np.percentile(times, [50, 95])
    return {"p50 ms": round(float(p50), 3), "p95 ms": round(float(p95), 3)}


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return at most `count` of the items, evenly from the first to the last."""
    places = np.linspace(0, len(items) - 1, min(count, len(items)))
    return [items[round(place)] for place in places.tolist()]


def megabytes(fields: Iterable[str] = ("VmRSS",)) -> dict[str, float]:
    """Return fields of this process's memory (Linux): VmRSS, RssAnon, RssFile, VmHWM for the peak."""
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
    return {field: round(int(lines[field].split()[0]) / 1024, 1) for field in fields}


def seconds_of(arguments: Sequence[str]) -> float:
    """Return how long a fresh Python takes with these arguments, from start to end; raises when it fails."""
    started = perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return perf_counter() - started
