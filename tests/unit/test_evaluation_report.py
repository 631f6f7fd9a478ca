"""The figures of a run, counted by hand from its rows; two runs compared."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import bootstrap

from index.errors import EvaluationError
from index.evaluation.comparison import Interval, compare, paired_bootstrap, read_report
from index.evaluation.report import (
    EvaluationReport,
    Outcome,
    confidently_wrong,
    measure,
    refused_though_right,
    report_file,
)
from index.reports import IndexStatus

BLANK = Outcome(
    id="",
    question="؟",
    kind="factual",
    language="ar",
    answerable=True,
    hit=False,
    answered=False,
    confidence=0.0,
    verdict="not_stated",
    quoted=("نص",),
    quoted_from="a.md",
    expected=("نص",),
    expected_from="",
    rank=None,
    span="",
    exact_match=0.0,
    token_f1=0.0,
    elapsed_ms=10.0,
)
ROWS = (
    replace(
        BLANK,
        id="right",
        hit=True,
        answered=True,
        confidence=0.9,
        rank=1,
        span="س",
        exact_match=1,
        token_f1=1,
    ),
    replace(
        BLANK, id="wrong", answered=True, confidence=0.7, rank=4, quoted=("أ", "ب"), span="ص", token_f1=0.5
    ),
    replace(BLANK, id="refused", hit=True, confidence=0.3, rank=1, kind="why"),
    replace(BLANK, id="lost", confidence=0.1, quoted=(), kind="why", language="arz"),
    replace(BLANK, id="near", answerable=False, kind="near_miss", answered=True, confidence=0.6),
    replace(BLANK, id="off", answerable=False, kind="off_topic", confidence=0.2, quoted=(), elapsed_ms=60.0),
)


def report_of(rows: Sequence[Outcome], name: str = "set.jsonl") -> EvaluationReport:
    status = IndexStatus("g-1", 1, 2, 3, "model", "2026-01-01")
    return EvaluationReport(1, "2026-01-01", (report_file(name, rows, status, is_squad=False),))


def test_every_figure_by_hand() -> None:
    figures = measure(ROWS)
    expected = {
        "questions": 6,
        "answerable": 4,
        "hit_at_1": 0.5,
        "hit_at_5": 0.75,
        "hit_at_10": 0.75,
        "mrr_at_10": (1 + 1 / 4 + 1) / 4,
        "ndcg_at_10": (1 + 1 / np.log2(5) + 1) / 4,
        "answer_hit": 0.5,
        "answered_rightly": 0.25,
        "answered_wrongly": 0.25,
        "refused": 0.5,
        "false_answers": 0.5,
        "auroc_near_miss": 0.5,
        "auroc_unanswerable": 5 / 8,
        # Six rows, six bins of one: the mean of |confidence - right|.
        "calibration_error": (0.1 + 0.7 + 0.7 + 0.1 + 0.6 + 0.2) / 6,
        "brier": (0.01 + 0.49 + 0.49 + 0.01 + 0.36 + 0.04) / 6,
        "area_under_risk_coverage": (0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5 + 4 / 6) / 6,
        "sentences_per_quotation": 5 / 4,
        "quotes": 5 / 6,
        "with_spans": 0.5,
        "exact_match": 0.25,
        "token_f1": 0.375,
        "p50_ms": 10.0,
        "p95_ms": 47.5,
    }
    assert asdict(figures) == pytest.approx(expected)


def test_nothing_asked_and_nothing_unanswerable_give_no_figures() -> None:
    assert {
        value for name, value in asdict(measure([])).items() if name not in ("questions", "answerable")
    } == {None}
    assert measure(ROWS[:4]).false_answers is None
    assert measure(ROWS[:4]).auroc_unanswerable is None
    assert measure(ROWS[4:]).answer_hit is None


def test_groups_hold_their_own_rows() -> None:
    own = report_of(ROWS).files[0]
    assert {kind: group.questions for kind, group in own.by_kind.items()} == {
        "factual": 2,
        "why": 2,
        "near_miss": 1,
        "off_topic": 1,
    }
    assert own.by_kind["near_miss"].false_answers == 1.0
    assert own.by_language["arz"].refused == 1.0


def test_the_worst_come_first() -> None:
    surer = replace(ROWS[4], id="surer", confidence=0.8)
    less_sure = replace(ROWS[2], id="less sure", confidence=0.05)
    rows = (*ROWS, surer, less_sure)
    assert [row.id for row in confidently_wrong(rows)] == ["surer", "wrong", "near"]
    assert [row.id for row in refused_though_right(rows)] == ["less sure", "refused"]


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    report = report_of(ROWS)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(asdict(report)), encoding="utf-8")
    assert read_report(path) == report


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ('{"schema_version": 2}', "field schema_version: Input should be 1, found 2"),
        ("[]", "field at the top"),
    ],
)
def test_another_file_is_no_report(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "old.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvaluationError) as refused:
        read_report(path)
    assert str(refused.value).startswith(f"{path} is no report of this version: ")
    assert message in str(refused.value)


def test_two_runs_are_compared_on_what_both_asked() -> None:
    after = (
        replace(ROWS[0], hit=False),
        replace(ROWS[1], hit=True, rank=1),
        replace(ROWS[2], question="بكلمات أخرى"),
        ROWS[3],
        replace(ROWS[4], answered=False),
        replace(ROWS[5], answered=True),
        replace(ROWS[3], id="new"),
    )
    (own,) = compare(report_of(ROWS), report_of(after))
    assert own.common == 5
    assert (own.gained, own.lost) == (("wrong",), ("right",))
    assert (own.newly_false, own.no_longer_false) == (("off",), ("near",))
    assert (own.only_before, own.only_after) == (("refused",), ("refused", "new"))
    assert own.before.mrr_at_10 == pytest.approx((1 + 1 / 4 + 0) / 3)
    assert own.after.mrr_at_10 == pytest.approx((1 + 1 + 0) / 3)
    # One of three better by 3/4: no resample is below 0 or above 3/4.
    assert own.intervals["mrr_at_10"] == Interval(0.0, 0.75)
    assert own.intervals["answer_hit"].low == -own.intervals["answer_hit"].high


def test_runs_that_share_nothing_are_refused() -> None:
    with pytest.raises(EvaluationError, match=r"is of a\.json, this run of b\.json; expected a file in both"):
        compare(report_of(ROWS, "a.json"), report_of(ROWS, "b.json"))
    alone = replace(report_of(ROWS).files[0], given_passage=True)
    with pytest.raises(EvaluationError, match=r"is of set\.jsonl, this run of set\.jsonl \(passage given\)"):
        compare(report_of(ROWS), replace(report_of(ROWS), files=(alone,)))
    with pytest.raises(EvaluationError, match="no question in common"):
        compare(report_of(ROWS[:2]), report_of(ROWS[2:]))


def test_no_interval_without_an_answerable_question() -> None:
    (own,) = compare(report_of(ROWS[4:]), report_of(ROWS[4:]))
    assert own.intervals == {}


def test_the_interval_agrees_with_scipy() -> None:
    differences = np.random.default_rng(7).choice([-1.0, 0.0, 0.0, 0.0, 1.0, 1.0], size=400)
    own = paired_bootstrap(differences.tolist())
    reference = bootstrap(
        (differences,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert (own.low, own.high) == pytest.approx((reference.low, reference.high), abs=0.006)
    assert own == paired_bootstrap(differences.tolist())


def test_no_change_has_an_interval_of_nothing() -> None:
    assert paired_bootstrap([0.0] * 50) == Interval(0.0, 0.0)
