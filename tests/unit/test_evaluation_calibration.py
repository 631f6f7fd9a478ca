"""Calibration and risk: by hand, against a reference, and the same in whatever order questions come."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from index.evaluation.calibration import (
    Bin,
    area_under_risk_coverage,
    brier_score,
    calibration_bins,
    expected_calibration_error,
    risk_coverage,
)

pairs = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1), st.booleans()),
    min_size=1,
    max_size=40,
)


def test_bins_and_their_error_by_hand() -> None:
    bins = calibration_bins([0.9, 0.1, 0.7, 0.3], [True, False, False, True], bins=2)
    assert bins == (Bin(2, 0.2, 0.5), Bin(2, 0.8, 0.5))
    assert expected_calibration_error(bins) == pytest.approx(0.3)
    assert calibration_bins([], []) == ()
    assert expected_calibration_error(()) is None


def test_equal_confidences_share_a_bin() -> None:
    bins = calibration_bins([0.5] * 5 + [0.9], [True, False, False, False, False, True], bins=3)
    assert bins == (Bin(5, 0.5, 0.2), Bin(1, 0.9, 1.0))


@given(pairs)
def test_bins_hold_every_question_once_and_are_of_equal_mass(rows: list[tuple[float, bool]]) -> None:
    confidences = [own for own, _ in rows]
    bins = calibration_bins(confidences, [right for _, right in rows])
    assert sum(own.count for own in bins) == len(rows)
    assert [own.confidence for own in bins] == sorted(own.confidence for own in bins)
    most_tied = max(confidences.count(own) for own in confidences)
    assert max(own.count for own in bins) < len(rows) / 10 + 1 + most_tied


@given(pairs, st.randoms(use_true_random=False))
def test_order_never_matters(rows: list[tuple[float, bool]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for figure in (
        lambda confidences, right: expected_calibration_error(calibration_bins(confidences, right)),
        area_under_risk_coverage,
        brier_score,
    ):
        one = figure([own for own, _ in rows], [right for _, right in rows])
        other = figure([own for own, _ in shuffled], [right for _, right in shuffled])
        assert one == pytest.approx(other)


@given(pairs)
def test_brier_agrees_with_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    confidences, right = [own for own, _ in rows], [right for _, right in rows]
    reference = brier_score_loss(right, confidences, labels=[False, True], pos_label=True)
    assert brier_score(confidences, right) == pytest.approx(reference)


def test_risk_coverage_by_hand() -> None:
    points = risk_coverage([0.9, 0.6, 0.6, 0.2], [True, False, True, False])
    assert [(own.confidence, own.coverage, own.risk) for own in points] == [
        (0.9, 0.25, 0.0),
        (0.6, 0.75, pytest.approx(1 / 3)),
        (0.2, 1.0, 0.5),
    ]


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=6))
def test_area_is_the_mean_over_every_order_of_the_tied(rows: list[tuple[float, bool]]) -> None:
    areas = []
    for order in permutations(rows):
        if [own for own, _ in order] == sorted((own for own, _ in order), reverse=True):
            errors = [not right for _, right in order]
            areas.append(sum(sum(errors[:count]) / count for count in range(1, len(rows) + 1)) / len(rows))
    mean_area = sum(areas) / len(areas)
    assert area_under_risk_coverage([own for own, _ in rows], [right for _, right in rows]) == pytest.approx(
        mean_area
    )


def test_nothing_asked_gives_no_figure() -> None:
    assert brier_score([], []) is None
    assert area_under_risk_coverage([], []) is None
    assert risk_coverage([], []) == ()
