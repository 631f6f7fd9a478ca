"""Is there an answer at all? One probability from what retrieval saw, calibrated and pure.

A logistic regression on few, named quantities, fitted by `python -m benchmarks.fit_support`; a fixed cosine
threshold would not do, because this model's cosines depend more on the question than on whether the text
answers it. Trained calibrators beat thresholds on raw scores: Kamath et al., arXiv 2006.09462.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import sqrt, tanh
from operator import attrgetter
from types import MappingProxyType

import numpy as np

from index.protocols import ReadSentence, Vectors
from index.retriever import Candidates


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against an answer, each about 0 to 1 wide; all from the best sentence."""

    similarity: float
    """Its cosine with the question."""
    passage_similarity: float
    above_background: float
    """The cosine less that of the nearest background sentence."""
    background_spread: float
    """The cosine less the background's mean, in the background's standard deviations, by ten."""
    keyword: float
    """The share of the question's words, by weight, that the sentence has."""
    passage_keyword: float
    lead: float
    """Its score less that of the best sentence elsewhere."""
    reading: float
    """What the reader makes of it, a logit; 0 without a reader."""
    reading_lead: float
    """That less what the reader makes of the best other sentence that it read; 0 without a reader."""
    matching: float
    """What the matcher makes of it, a logit; 0 without one."""


_values = attrgetter(*(field.name for field in fields(Evidence)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """The weights of Evidence's fields, in order, and the intercept."""

    weights: tuple[float, ...]
    intercept: float


WITHOUT_READER = Calibration(
    weights=(27.490, -2.035, -8.695, 1.722, -0.665, -0.435, 0.789, 0.000, 0.000, 0.000), intercept=-21.413
)
WITH_READER = Calibration(
    weights=(1.083, 2.090, -10.370, 1.829, 0.131, -0.103, 0.038, 0.491, -0.058, -0.002), intercept=-3.078
)


def evidence_of(
    found: Candidates, background: Vectors, read: Mapping[int, ReadSentence] = MappingProxyType({})
) -> Evidence:
    """Return the evidence in `found`, given the question's cosines with the background and what was read."""
    best = int(found.sentence_score.argmax())
    passage = int(np.searchsorted(found.first_sentence, best, side="right")) - 1
    similarity = float(found.sentence_similarity[best])
    row = int(found.sentences[best])
    apart = abs(found.sentences - row) > 1
    reading = read[row] if row in read else ReadSentence(0.0)
    others = max((one.score for other, one in read.items() if other != row), default=0.0)
    # NumPy's own mean and std take five times as long.
    mean = float(background.sum()) / len(background)
    deviations = background - mean
    deviation = sqrt(float(deviations @ deviations) / len(background))
    return Evidence(
        similarity=similarity,
        passage_similarity=float(found.passage_similarity[passage]),
        above_background=float(found.sentence_similarity.max() - background.max()),
        background_spread=(similarity - mean) / (deviation + 1e-6) / 10,
        keyword=float(found.sentence_keyword[best]),
        passage_keyword=float(found.passage_keyword[passage]),
        lead=float(found.sentence_score[best] - found.sentence_score[apart].max()) if apart.any() else 1.0,
        reading=reading.score,
        reading_lead=reading.score - others,
        matching=reading.match,
    )


def confidence(evidence: Evidence, calibration: Calibration = WITHOUT_READER) -> float:
    """Return the probability that the articles answer."""
    terms = zip(calibration.weights, _values(evidence), strict=True)
    logit = calibration.intercept + sum(weight * value for weight, value in terms)
    return (1 + tanh(logit / 2)) / 2
