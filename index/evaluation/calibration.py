"""Does a confidence mean what it says? Pure functions of (confidence, was it right) pairs.

Equal confidences are never told apart: every figure is the same in whatever order the questions came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of similar confidence."""

    count: int
    confidence: float
    """Mean confidence."""
    right: float
    """Share that was right."""


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """What answering every question of at least this confidence would have meant."""

    confidence: float
    coverage: float
    """Share of all questions that would have been answered."""
    risk: float
    """Share of those answered wrongly."""


def calibration_bins(
    confidences: Sequence[float], right: Sequence[bool], bins: int = BINS
) -> tuple[Bin, ...]:
    """Return at most `bins` bins of equal mass, least confident first (Nguyen & O'Connor 2015).

    A bin that would end between equal confidences takes all of them.
    """
    order = np.argsort(confidences, kind="stable")
    score = np.asarray(confidences, dtype=np.float64)[order]
    hit = np.asarray(right, dtype=np.float64)[order]
    ends = [round(len(score) * number / bins) for number in range(1, bins + 1)]
    edges = {0, *(int(np.searchsorted(score, score[end - 1], side="right")) for end in ends if end)}
    return tuple(
        Bin(end - start, float(score[start:end].mean()), float(hit[start:end].mean()))
        for start, end in pairwise(sorted(edges))
    )


def expected_calibration_error(bins: Sequence[Bin]) -> float | None:
    """Return the mean gap between confidence and share right, weighted by count (Naeini et al. 2015)."""
    total = sum(own.count for own in bins)
    return sum(own.count * abs(own.confidence - own.right) for own in bins) / total if total else None


def brier_score(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Return the mean squared gap between the confidence and what came true (Brier 1950)."""
    if not confidences:
        return None
    return float(
        np.mean((np.asarray(confidences, dtype=np.float64) - np.asarray(right, dtype=np.float64)) ** 2)
    )


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> tuple[RiskPoint, ...]:
    """Return one point for each different confidence, most careful first (El-Yaniv & Wiener 2010)."""
    score, answered, wrong = _by_confidence(confidences, right)
    return tuple(
        RiskPoint(float(own), int(count) / len(confidences), float(errors / count))
        for own, count, errors in zip(score, answered, wrong, strict=True)
    )


def area_under_risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Return the mean risk over the coverages 1/n … n/n; equal confidences count as in random order."""
    if not confidences:
        return None
    _, answered, wrong = _by_confidence(confidences, right)
    coverages = np.arange(1, len(confidences) + 1)
    errors = np.interp(coverages, np.concatenate(([0], answered)), np.concatenate(([0.0], wrong)))
    return float(np.mean(errors / coverages))


def _by_confidence(
    confidences: Sequence[float], right: Sequence[bool]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different confidences from high to low; how many questions reach each, and how many were wrong."""
    score, inverse, counts = np.unique(
        np.asarray(confidences, dtype=np.float64), return_inverse=True, return_counts=True
    )
    wrong = np.bincount(inverse, weights=1 - np.asarray(right, dtype=np.float64), minlength=len(score))
    return score[::-1], np.cumsum(counts[::-1]), np.cumsum(wrong[::-1])
