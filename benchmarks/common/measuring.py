"""Times and memory."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
_BLOCK = 10
_STATUS = Path("/proc/self/status")


def milliseconds(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = perf_counter()
    call()
    return (perf_counter() - started) * 1000


def in_turns(
    askers: Mapping[str, Callable[[str], Item]], questions: Sequence[str]
) -> tuple[dict[str, list[Item]], dict[str, list[float]]]:
    """Ask everybody the same questions, a block each in turn; return by name what came and how long (ms)."""
    found: dict[str, list[Item]] = {name: [] for name in askers}
    times: dict[str, list[float]] = {name: [] for name in askers}
    for start in range(0, len(questions), _BLOCK):
        for name, ask in askers.items():
            for question in questions[start : start + _BLOCK]:
                started = perf_counter()
                found[name].append(ask(question))
                times[name].append((perf_counter() - started) * 1000)
    return found, times


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
