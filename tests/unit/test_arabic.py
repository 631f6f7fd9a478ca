"""Arabic for matching."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.arabic import (
    is_arabic,
    letter_sequences,
    normalise,
    stem,
    tokenise,
    tokenise_with_offsets,
)

GOLDEN = json.loads(
    (Path(__file__).parent.parent / "golden" / "normalisation.json").read_text(encoding="utf-8")
)
ARABIC_TEXT = st.text(
    st.characters(min_codepoint=0x600, max_codepoint=0x6FF) | st.sampled_from(" .ab12\u200f\u064b")
)


@pytest.mark.parametrize(("text", "expected"), GOLDEN["normalise"])
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(("text", "expected"), GOLDEN["tokenise"])
def test_tokenise(text: str, expected: list[str]) -> None:
    assert tokenise(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("الشركة", "شركة"),
        ("المدينة", "مدينه"),
        ("كتابها", "كتابهم"),
    ],
)
def test_light_stems_bring_forms_of_a_word_together(one: str, other: str) -> None:
    assert stem(normalise(one)) == stem(normalise(other))


def test_stems_leave_other_scripts_alone() -> None:
    assert stem("mining") == "mining"


def test_letter_sequences_overlap_and_keep_short_words_whole() -> None:
    assert letter_sequences("_كتاب_") == ["_كتا", "كتاب", "تاب_"]
    assert letter_sequences("من") == ["من"]


def test_is_arabic_sees_presentation_forms() -> None:
    assert is_arabic("ﻛﺘﺎﺏ")
    assert not is_arabic("bitcoin 2021 ؟".replace("؟", "?"))


@given(ARABIC_TEXT | st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(ARABIC_TEXT | st.text())
def test_tokens_stand_where_their_offsets_say(text: str) -> None:
    tokens = tokenise_with_offsets(text)
    assert [token.text for token in tokens] == tokenise(text)
    for token in tokens:
        assert token.text in tokenise(text[token.start : token.end])
    # One character may hold two numbers: ¼.
    assert all(a.start <= b.start and a.end <= b.end for a, b in pairwise(tokens))
