"""BM25 against bm25s, an implementation of the same formula by other people."""

from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import keyword, keyword_builder
from index.keyword import units_of
from index.query import articles_words

TEXTS = (
    "بدأ تعدين البيتكوين في كازاخستان عام 2018 حين كانت الكهرباء رخيصة.",
    "ثم رحلت شركات التعدين بعد أن رفعت الحكومة أسعار الكهرباء والكهرباء.",
    "يملك الأخطبوط ثلاثة قلوب وثماني أذرع.",
    "",
    "؟!",
    "رحلت الشركات عن كازاخستان.",
    "رحلت الشركات عن كازاخستان.",
)
QUESTIONS = ("متى رحلت الشركات؟", "كم قلبًا للأخطبوط؟", "كهرباء كهرباء كهرباء", "xyz", "")


def oracle(texts: list[str], question: str) -> np.ndarray:
    retriever = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    tokens = [units_of(text) for text in texts]
    retriever.index(tokens, show_progress=False)
    known = [unit for unit in units_of(question) if unit in retriever.vocab_dict]
    # bm25s leaves out the factor k1 + 1, as Lucene does: it changes no ranking.
    return retriever.get_scores(known) * 2.2 if known else np.zeros(len(texts))


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_are_those_of_bm25s(question: str) -> None:
    found = keyword_builder.build(TEXTS).match(units_of(question)).scores
    np.testing.assert_allclose(found, oracle(list(TEXTS), question), rtol=2e-3, atol=1e-4)


WORDS = st.sampled_from(["كهرباء", "الكهرباء", "تعدين", "شركة", "شركات", "في", "2018", "عام", "قلب"])
SOME_TEXT = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@given(st.lists(SOME_TEXT, min_size=1, max_size=12), SOME_TEXT)
def test_scores_are_those_of_bm25s_whatever_the_texts(texts: list[str], question: str) -> None:
    found = keyword_builder.build(texts).match(units_of(question)).scores
    np.testing.assert_allclose(found, oracle(texts, question), rtol=2e-3, atol=1e-4)


@given(st.lists(SOME_TEXT, min_size=1, max_size=40), SOME_TEXT, st.integers(1, 10))
def test_best_rows_score_no_less_than_the_others(texts: list[str], question: str, count: int) -> None:
    matches = keyword_builder.build(texts).match(units_of(question))
    best = matches.best(count)
    scores = matches.scores
    assert len(best) == min(count, np.count_nonzero(scores))
    others = np.setdiff1d(np.arange(len(texts)), best)
    if len(best) and len(others):
        assert scores[best].min() >= scores[others].max()


def test_the_best_of_many_rows_are_those_of_all() -> None:
    draw = np.random.default_rng(7)
    words = [f"كلمة{number}" for number in range(30)]
    texts = [" ".join(draw.choice(words, draw.integers(1, 9))) for _ in range(3000)]
    matches = keyword_builder.build(texts).match(units_of(" ".join(words[:3])))
    for count in (1, 5, 20):
        best = np.sort(matches.scores[matches.best(count)])
        np.testing.assert_array_equal(best, np.sort(matches.scores)[-count:])


def test_a_question_of_many_postings_is_scored_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"كلمة مشتركة رقم{number} " + "نادر" * (number % 50 == 0) for number in range(500)]
    units = units_of("كلمة مشتركة نادر رقم7")
    index = keyword_builder.build(texts)
    together = index.match(units)
    scores, best = together.scores, together.best(5)
    monkeypatch.setattr(keyword, "_TOGETHER", 40)
    apart = index.match(units)
    np.testing.assert_allclose(apart.scores, scores, rtol=1e-5)
    np.testing.assert_allclose(np.sort(apart.scores[apart.best(5)]), np.sort(scores[best]), rtol=1e-5)


def test_blocks_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    texts = [f"{text} {number}" for number in range(9) for text in TEXTS]
    whole = keyword_builder.build(texts)
    monkeypatch.setattr(keyword_builder, "_BLOCK", 4)
    monkeypatch.setattr(keyword_builder, "_WORDS_REMEMBERED", 3)
    done: list[int] = []
    keyword_builder.write_index(texts, tmp_path, "words", done.append)
    blocks = keyword.open_index(tmp_path, "words")
    for part in keyword.PARTS:
        np.testing.assert_array_equal(getattr(blocks, part), getattr(whole, part))
    assert done[-1] == len(texts)
    assert done == sorted(done)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy"}


def test_passages_and_their_sentences_are_indexed_in_one_reading(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    passages = [list(TEXTS[:3]), list(TEXTS[3:5]), list(TEXTS[5:])] * 4
    monkeypatch.setattr(keyword_builder, "_BLOCK", 6)
    done: list[int] = []
    keyword_builder.write_indexes(passages, tmp_path, "sentence_words", "passage_words", done.append)
    expected = {
        "sentence_words": [text for own in passages for text in own],
        "passage_words": ["\n".join(own) for own in passages],
    }
    for name, texts in expected.items():
        found, alone = keyword.open_index(tmp_path, name), keyword_builder.build(texts)
        for part in keyword.PARTS:
            np.testing.assert_array_equal(getattr(found, part), getattr(alone, part))
    assert done[-1] == sum(map(len, expected.values()))
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy"}


def test_units_in_too_many_rows_are_left_out_of_a_large_index(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"مشترك {number:05d}" for number in range(40)]
    monkeypatch.setattr(keyword_builder, "_LARGE_FROM", 40)
    monkeypatch.setattr(keyword_builder, "_COMMON", 1 / 100)
    index = keyword_builder.build(texts)
    assert not index.match(units_of("مشترك")).scores.any()
    assert index.match(units_of("00017")).scores.argmax() == 17
    assert index.size == 40
    # Known all the same: Arabizi is read by the words that the articles have.
    assert "مشترك" in articles_words(index)
    assert "غريب" not in articles_words(index)


def test_a_large_index_keeps_shares_as_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{text} {number}" for number in range(9) for text in TEXTS]
    exact = keyword_builder.build(texts)
    monkeypatch.setattr(keyword_builder, "_LARGE_FROM", 40)
    monkeypatch.setattr(keyword_builder, "_COMMON", 1.0)
    small = keyword_builder.build(texts)
    assert small.shares.dtype == np.uint8
    for question in QUESTIONS[:3]:
        expected = exact.match(units_of(question))
        found = small.match(units_of(question))
        np.testing.assert_allclose(found.scores, expected.scores, atol=0.01 * expected.bound)
        assert found.bound == pytest.approx(expected.bound, rel=0.01)


def test_no_texts_match_nothing() -> None:
    index = keyword_builder.build([])
    assert index.size == 0
    assert not len(index.match(units_of("كلمة")).best(5))


def test_an_index_of_empty_texts_keeps_its_rows() -> None:
    index = keyword_builder.build(["", "؟"])
    assert index.size == 2
    assert index.match(units_of("كلمة")).shares(np.array([0, 1])).tolist() == [0.0, 0.0]
