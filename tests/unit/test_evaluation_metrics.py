"""The figures of single questions, by hand and against scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

from index.evaluation.metrics import (
    auroc,
    contains_any,
    discounted_gain,
    exact_match,
    mean,
    rank_of,
    reciprocal_rank,
    token_f1,
)

scores = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]) | st.floats(0, 1), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("text", "expected", "contained"),
    [
        ("بدأت القصة في عامِ ٢٠٢١ هنا", ["عام 2021"], True),
        ("إلى  الأعلى\nهنا", ["الي الاعلي"], True),
        ("لا شيء منها", ["عام", "شيء"], True),
        ("عام", ["عام 2021"], False),
        ("نص", [], False),
        ("نص", ["", "\u200f", "ـ"], False),
    ],
)
def test_contains_any_compares_matching_forms(text: str, expected: list[str], contained: bool) -> None:
    assert contains_any(text, expected) is contained


def test_a_rank_counts_each_document_once_and_ends_at_ten() -> None:
    assert rank_of("b", ["a", "a", "b", "b"]) == 2
    assert rank_of("c", ["a", "b"]) is None
    assert rank_of("10", [str(number) for number in range(1, 12)]) == 10
    assert rank_of("11", [str(number) for number in range(1, 12)]) is None


def test_gains_by_hand() -> None:
    assert [reciprocal_rank(rank) for rank in (1, 4, None)] == [1.0, 0.25, 0.0]
    assert [discounted_gain(rank) for rank in (1, 3, None)] == [1.0, 0.5, 0.0]


@given(st.integers(1, 10))
def test_discounted_gain_is_ndcg_of_one_right_document(rank: int) -> None:
    relevance = np.zeros((1, 10))
    relevance[0, rank - 1] = 1
    assert discounted_gain(rank) == pytest.approx(ndcg_score(relevance, np.arange(10, 0, -1)[None, :], k=10))


def test_exact_match_ignores_writing_and_punctuation_but_no_word() -> None:
    assert exact_match("عام ٢٠٢١.", ["سنة 2021", "عام 2021"]) == 1.0
    assert exact_match("في عام 2021", ["عام 2021"]) == 0.0
    assert exact_match("", ["عام"]) == 0.0
    assert exact_match("؟", ["."]) == 0.0


def test_token_f1_by_hand() -> None:
    # 2 words shared of 4 predicted and 2 gold: 2 · 2 / (4 + 2).
    assert token_f1("عام 2021 في كازاخستان", ["عام 2021"]) == pytest.approx(2 / 3)
    assert token_f1("عام 2021", ["كازاخستان", "عام"]) == pytest.approx(2 / 3)
    # A word counts as often as it stands there: 1 shared of 2 and 1.
    assert token_f1("من من", ["من"]) == pytest.approx(2 / 3)
    assert token_f1("", ["عام"]) == 0.0
    assert token_f1("عام", []) == 0.0


def test_auroc_by_hand() -> None:
    # Of 6 pairs 4 are right and 1 is tied.
    assert auroc([0.9, 0.5, 0.4], [0.5, 0.3]) == pytest.approx(4.5 / 6)
    assert auroc([], [0.1]) is None
    assert auroc([0.1], []) is None


@given(scores, scores)
def test_auroc_agrees_with_scikit_learn(positive: list[float], negative: list[float]) -> None:
    labels = [1] * len(positive) + [0] * len(negative)
    assert auroc(positive, negative) == pytest.approx(roc_auc_score(labels, positive + negative))


def test_mean_of_nothing_is_none() -> None:
    assert mean([]) is None
    assert mean(iter([True, False])) == 0.5
    assert mean([0.1] * 10) == math.fsum([0.1] * 10) / 10
