"""The judge: evidence from what retrieval saw, and a probability from evidence."""

from dataclasses import astuple, fields, replace

import numpy as np
import pytest

from bot import support
from bot.support import Calibration, Evidence, confidence, evidence_of
from index.protocols import ReadSentence
from index.retriever import Candidates

BACKGROUND = np.array([0.5, 0.7], dtype=np.float32)
EVIDENCE = Evidence(0.8, 0.8, 0.1, 0.3, 0.4, 0.4, 0.2, 1.0, 0.5, 40.0)


def found(scores: list[float], rows: list[int]) -> Candidates:
    count = len(scores)
    return Candidates(
        passages=np.array([3, 5]),
        passage_score=np.array([2.0, 1.0], np.float32),
        passage_similarity=np.array([0.8, 0.6], np.float32),
        passage_keyword=np.array([0.4, 0.1], np.float32),
        first_sentence=np.array([0, 2, count]),
        sentences=np.array(rows),
        sentence_score=np.array(scores, np.float32),
        sentence_similarity=np.linspace(0.9, 0.6, count, dtype=np.float32),
        sentence_keyword=np.linspace(0.5, 0.1, count, dtype=np.float32),
    )


def test_evidence_is_the_best_sentence_s() -> None:
    evidence = evidence_of(found([1.0, 4.0, 3.9, 2.0], [10, 11, 20, 21]), BACKGROUND)
    assert evidence.similarity == pytest.approx(0.8)
    assert evidence.passage_similarity == pytest.approx(0.8)
    assert evidence.above_background == pytest.approx(0.2)
    assert evidence.lead == pytest.approx(0.1)
    assert evidence.reading == 0


def test_the_lead_is_over_sentences_elsewhere() -> None:
    evidence = evidence_of(found([4.0, 3.9, 1.0, 0.5], [10, 11, 20, 21]), BACKGROUND)
    assert evidence.lead == pytest.approx(3.0)


def test_a_lone_sentence_leads() -> None:
    assert evidence_of(found([4.0, 3.0, 2.0], [10, 11, 11]), BACKGROUND).lead == 1.0


def test_what_was_read_of_the_best_counts() -> None:
    read = {11: ReadSentence(2.5, match=40.0), 20: ReadSentence(9.0, match=7.0)}
    evidence = evidence_of(found([1.0, 4.0, 3.9, 2.0], [10, 11, 20, 21]), BACKGROUND, read)
    assert (evidence.reading, evidence.reading_lead, evidence.matching) == (2.5, -6.5, 40.0)


def test_confidence_is_the_logistic_of_the_weighted_sum() -> None:
    calibration = Calibration(weights=(1.0, 0, 0, 0, 0, 0, 0, 2.0, 1.0, 0.1), intercept=-7.3)
    assert confidence(EVIDENCE, calibration) == pytest.approx(0.5)


@pytest.mark.parametrize("calibration", [support.WITHOUT_READER, support.WITH_READER])
def test_every_piece_of_evidence_has_a_weight(calibration: Calibration) -> None:
    assert len(calibration.weights) == len(fields(Evidence)) == len(astuple(EVIDENCE))
    assert 0 < confidence(EVIDENCE, calibration) < 1


def test_the_reader_s_opinion_speaks_for_an_answer() -> None:
    sure = replace(EVIDENCE, reading=5.0)
    assert confidence(sure, support.WITH_READER) > confidence(EVIDENCE, support.WITH_READER)
    assert confidence(sure, support.WITHOUT_READER) == confidence(EVIDENCE, support.WITHOUT_READER)


def test_an_extreme_does_not_overflow() -> None:
    extreme = replace(EVIDENCE, reading=-1e6, similarity=-1e6)
    assert confidence(extreme, Calibration((1.0,) * len(fields(Evidence)), 0.0)) == 0.0
