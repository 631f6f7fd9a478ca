import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.sentences import MAX_WORDS, split_sentences

CASES = json.loads((Path(__file__).parents[1] / "golden/sentences.json").read_text("utf-8"))
SNIPPETS = [
    "كلمة",
    "د.",
    "ق.م.",
    "3.5",
    "…",
    "...",
    "؟!",
    "«",
    "»",
    '"',
    "(",
    ")",
    " ",
    "\n",
    "Dr.",
    "a",
    "،",
    "؛",
    "。",
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(SNIPPETS), max_size=60).map("".join))


def texts_of(text: str, max_words: int = MAX_WORDS) -> list[str]:
    return [sentence.text for sentence in split_sentences(text, max_words=max_words)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_golden(case: dict) -> None:
    assert texts_of(case.get("text", " ".join(case["sentences"]))) == case["sentences"]


@given(TEXTS, st.integers(1, 8))
def test_offsets_map_back_and_nothing_is_lost(text: str, max_words: int) -> None:
    end = 0
    for sentence in split_sentences(text, max_words=max_words):
        assert sentence.text == text[sentence.start : sentence.end]
        assert sentence.text
        assert sentence.text == sentence.text.strip()
        assert not text[end : sentence.start].strip()
        assert len(sentence.text.split()) <= max_words
        end = sentence.end
    assert not text[end:].strip()


@given(TEXTS)
def test_a_sentence_never_crosses_a_line(text: str) -> None:
    assert all("\n" not in sentence for sentence in texts_of(text))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_a_sentence_alone_is_one_sentence(case: dict) -> None:
    for sentence in case["sentences"]:
        assert texts_of(sentence) == [sentence]


def test_nothing_gives_nothing() -> None:
    assert split_sentences("") == split_sentences(" \n\t ") == ()


def test_a_long_sentence_is_cut_after_its_strongest_mark() -> None:
    text = "واحد اثنان، ثلاثة أربعة خمسة؛ ستة سبعة، ثمانية تسعة عشرة"
    assert texts_of(text, 8) == ["واحد اثنان، ثلاثة أربعة خمسة؛", "ستة سبعة، ثمانية تسعة عشرة"]
    assert texts_of(text.replace("؛", ""), 8)[0] == "واحد اثنان، ثلاثة أربعة خمسة ستة سبعة،"


def test_a_long_sentence_without_marks_is_cut_evenly() -> None:
    assert [len(piece.split()) for piece in texts_of("كلمة " * 130)] == [44, 43, 43]


def test_a_long_run_without_blanks_is_cut_too() -> None:
    pieces = texts_of("ا" * 10_000)
    assert "".join(pieces) == "ا" * 10_000
    assert max(map(len, pieces)) <= 40 * MAX_WORDS


def test_semicolon_does_not_end_a_sentence_that_is_not_long() -> None:
    assert len(texts_of("كلمة؛ " * MAX_WORDS)) == 1


def test_max_words_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="max_words is 0"):
        split_sentences("نص", max_words=0)


@pytest.mark.parametrize("piece", ["كلمة ", "ا", ". ", '"', "(", "«a. ", "د. ", "نص.", "? ", "...", "\n"])
def test_time_grows_with_length_only(piece: str) -> None:
    """Half a second at most where this was written; a quadratic step would take minutes."""
    started = time.perf_counter()
    split_sentences(piece * (300_000 // len(piece)))
    assert time.perf_counter() - started < 15
