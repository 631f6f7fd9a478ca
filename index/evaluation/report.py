"""What one run over question files found: a row for each question, and the figures computed from the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from index.evaluation.calibration import (
    Bin,
    RiskPoint,
    area_under_risk_coverage,
    brier_score,
    calibration_bins,
    expected_calibration_error,
    risk_coverage,
)
from index.evaluation.metrics import auroc, discounted_gain, mean, reciprocal_rank
from index.reports import IndexStatus

SCHEMA_VERSION: Final = 1
"""Raised whenever a report can no longer be compared with one of before."""
NEAR_MISS = "near_miss"
"""The kind of a question that is on topic, plausible and not answered by the articles."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question that was asked with the best quotation forced."""

    id: str
    question: str
    kind: str
    language: str
    answerable: bool
    hit: bool
    """Whether the forced quotation is right; never for an unanswerable question."""
    answered: bool
    """Whether the judge would have answered."""
    confidence: float
    verdict: str
    quoted: tuple[str, ...]
    quoted_from: str
    """The document quoted; empty where nothing was."""
    expected: tuple[str, ...]
    """Evidence sentences or gold answers, any one of which would do."""
    expected_from: str
    """The document that a SQuAD question must be answered from; empty: any."""
    rank: int | None
    """Of the right document (SQuAD) or of the first passage with evidence, from 1; None beyond 10."""
    span: str
    """The marked words of the quotation; empty where none were."""
    exact_match: float | None
    """None where the file says no words, only sentences."""
    token_f1: float | None
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of many questions; a figure of no question is None, all shares are from 0 to 1.

    Shares are of the answerable questions, except: `false_answers` of the unanswerable,
    `sentences_per_quotation` of those with a quotation, calibration and risk of all.
    """

    questions: int
    answerable: int
    hit_at_1: float | None
    hit_at_5: float | None
    hit_at_10: float | None
    mrr_at_10: float | None
    ndcg_at_10: float | None
    answer_hit: float | None
    """The forced quotation is right."""
    answered_rightly: float | None
    """The judge answered and the quotation is right."""
    answered_wrongly: float | None
    refused: float | None
    false_answers: float | None
    auroc_near_miss: float | None
    auroc_unanswerable: float | None
    calibration_error: float | None
    """Of the confidence as the probability that the forced quotation is right."""
    brier: float | None
    area_under_risk_coverage: float | None
    sentences_per_quotation: float | None
    quotes: float | None
    with_spans: float | None
    exact_match: float | None
    """Of the marked words; no marked words count as wrong."""
    token_f1: float | None
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was found for one question file."""

    name: str
    format: str
    """`squad` or `questions`."""
    index: IndexStatus
    given_passage: bool
    """Whether each question was asked on its own document alone."""
    metrics: Metrics
    by_kind: dict[str, Metrics]
    by_language: dict[str, Metrics]
    calibration: tuple[Bin, ...]
    risk_coverage: tuple[RiskPoint, ...]
    warnings: tuple[str, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def title(self) -> str:
        """The name of the file and how it was asked: figures under different titles cannot be compared."""
        return f"{self.name} (passage given)" if self.given_passage else self.name


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """One run of `rawi evaluate`; also the object that `--json` writes."""

    schema_version: Literal[1]
    created_at: str
    files: tuple[FileReport, ...]


def measure(outcomes: Sequence[Outcome]) -> Metrics:
    """Compute every figure from the rows."""
    answerable = [row for row in outcomes if row.answerable]
    unanswerable = [row for row in outcomes if not row.answerable]
    quoted = [row for row in outcomes if row.quoted]
    confident = [row.confidence for row in answerable]
    confidences, right = [row.confidence for row in outcomes], [row.hit for row in outcomes]
    elapsed = [row.elapsed_ms for row in outcomes]
    return Metrics(
        questions=len(outcomes),
        answerable=len(answerable),
        hit_at_1=_found(answerable, 1),
        hit_at_5=_found(answerable, 5),
        hit_at_10=_found(answerable, 10),
        mrr_at_10=mean(reciprocal_rank(row.rank) for row in answerable),
        ndcg_at_10=mean(discounted_gain(row.rank) for row in answerable),
        answer_hit=mean(row.hit for row in answerable),
        answered_rightly=mean(row.answered and row.hit for row in answerable),
        answered_wrongly=mean(row.answered and not row.hit for row in answerable),
        refused=mean(not row.answered for row in answerable),
        false_answers=mean(row.answered for row in unanswerable),
        auroc_near_miss=auroc(confident, [row.confidence for row in unanswerable if row.kind == NEAR_MISS]),
        auroc_unanswerable=auroc(confident, [row.confidence for row in unanswerable]),
        calibration_error=expected_calibration_error(calibration_bins(confidences, right)),
        brier=brier_score(confidences, right),
        area_under_risk_coverage=area_under_risk_coverage(confidences, right),
        sentences_per_quotation=mean(len(row.quoted) for row in quoted),
        quotes=mean(len(row.quoted) for row in outcomes),
        with_spans=mean(bool(row.span) for row in answerable),
        exact_match=mean(row.exact_match for row in answerable if row.exact_match is not None),
        token_f1=mean(row.token_f1 for row in answerable if row.token_f1 is not None),
        p50_ms=float(np.percentile(elapsed, 50)) if elapsed else None,
        p95_ms=float(np.percentile(elapsed, 95)) if elapsed else None,
    )


def report_file(  # noqa: PLR0913 - what the rows alone do not say
    name: str,
    outcomes: Sequence[Outcome],
    index: IndexStatus,
    *,
    is_squad: bool,
    given_passage: bool = False,
    warnings: Sequence[str] = (),
) -> FileReport:
    """Put together what the rows of one file say."""
    confidences, right = [row.confidence for row in outcomes], [row.hit for row in outcomes]
    return FileReport(
        name=name,
        format="squad" if is_squad else "questions",
        index=index,
        given_passage=given_passage,
        metrics=measure(outcomes),
        by_kind=_groups(outcomes, [row.kind for row in outcomes]),
        by_language=_groups(outcomes, [row.language for row in outcomes]),
        calibration=calibration_bins(confidences, right),
        risk_coverage=risk_coverage(confidences, right),
        warnings=tuple(warnings),
        outcomes=tuple(outcomes),
    )


def confidently_wrong(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the questions answered wrongly, or though unanswerable, most confident first."""
    return sorted((row for row in outcomes if row.answered and not row.hit), key=lambda row: -row.confidence)


def refused_though_right(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the questions refused whose quotation was right, least confident first."""
    return sorted((row for row in outcomes if row.hit and not row.answered), key=lambda row: row.confidence)


def _found(outcomes: Sequence[Outcome], within: int) -> float | None:
    return mean(row.rank is not None and row.rank <= within for row in outcomes)


def _groups(outcomes: Sequence[Outcome], labels: Sequence[str]) -> dict[str, Metrics]:
    return {
        label: measure([row for row, own in zip(outcomes, labels, strict=True) if own == label])
        for label in dict.fromkeys(labels)
    }
