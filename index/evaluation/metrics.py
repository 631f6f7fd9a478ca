"""Metrics of single questions and of scores, as pure functions."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from knowledge.arabic import normalise, tokenise

CUTOFF = 10
"""Ranks beyond it count as not found."""


def matching_form(text: str) -> str:
    """Return `text` as answers are compared: normalised, with blank space folded."""
    return " ".join(normalise(text).split())


def contains_any(text: str, expected: Iterable[str]) -> bool:
    """Tell whether `text` contains one of `expected`, both in matching form; a blank one is in nothing."""
    haystack = matching_form(text)
    return any(form and form in haystack for form in map(matching_form, expected))


def rank_of(wanted: str, found: Iterable[str]) -> int | None:
    """Return the rank of `wanted` from 1 among the different ids of `found`, or None beyond CUTOFF."""
    distinct = list(dict.fromkeys(found))[:CUTOFF]
    return distinct.index(wanted) + 1 if wanted in distinct else None


def reciprocal_rank(rank: int | None) -> float:
    """Return 1/rank, or 0 where nothing was found."""
    return 1 / rank if rank else 0.0


def discounted_gain(rank: int | None) -> float:
    """Return the nDCG of a ranking with one right document: 1/log2(rank + 1) (Järvelin & Kekäläinen 2002)."""
    return 1 / math.log2(rank + 1) if rank else 0.0


def exact_match(predicted: str, gold: Iterable[str]) -> float:
    """Return 1 where the words of `predicted` are those of a gold answer, else 0.

    SQuAD's measure (Rajpurkar et al. 2016) on words in matching form: punctuation does not count. The Arabic
    article is kept, because cutting off every ال also cuts it out of words that begin so.
    """
    words = tokenise(predicted)
    return float(bool(words) and any(words == tokenise(answer) for answer in gold))


def token_f1(predicted: str, gold: Iterable[str]) -> float:
    """Return the best F1 of the words of `predicted` against a gold answer (as SQuAD's, see exact_match)."""
    return max((_f1(Counter(tokenise(predicted)), Counter(tokenise(answer))) for answer in gold), default=0.0)


def _f1(predicted: Counter[str], gold: Counter[str]) -> float:
    shared = (predicted & gold).total()
    return 2 * shared / (predicted.total() + gold.total()) if shared else 0.0


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return the chance that a positive scores above a negative, ties counting half; None where one is empty.

    The Mann-Whitney statistic (Hanley & McNeil 1982).
    """
    if not positive or not negative:
        return None
    others = np.sort(np.asarray(negative, dtype=np.float64))
    below = np.searchsorted(others, positive, side="left")
    not_above = np.searchsorted(others, positive, side="right")
    return float((below + not_above).mean() / 2 / len(negative))


def mean(values: Iterable[float]) -> float | None:
    """Return the mean, or None of nothing."""
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else None
