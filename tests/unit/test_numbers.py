"""Numbers and months in any writing meet in one token."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.arabic import tokenise
from knowledge.numbers import canonical_numbers

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "numbers.json").read_text(encoding="utf-8"))

UNITS = ["واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة"]
TENS = ["عشرون", "ثلاثون", "أربعون", "خمسون", "ستون", "سبعون", "ثمانون", "تسعون"]
HUNDREDS = ["مئة", "مئتان", "ثلاثمئة", "أربعمئة", "خمسمئة", "ستمئة", "سبعمئة", "ثمانمئة", "تسعمئة"]
SCALES = (
    (10**9, "مليار", "ملياران", "مليارات"),
    (10**6, "مليون", "مليونان", "ملايين"),
    (1000, "ألف", "ألفان", "آلاف"),
)


def added(text: str) -> list[str]:
    return canonical_numbers(tokenise(text))


def below_hundred(number: int) -> str:
    if number <= 10:
        return UNITS[number - 1]
    if number < 20:
        return {11: "أحد", 12: "اثنا"}.get(number, UNITS[number - 11]) + " عشر"
    tens = TENS[number // 10 - 2]
    return f"{UNITS[number % 10 - 1]} و{tens}" if number % 10 else tens


def below_thousand(number: int) -> str:
    parts = [HUNDREDS[number // 100 - 1]] if number >= 100 else []
    return " و".join([*parts, *([below_hundred(number % 100)] if number % 100 else [])])


def in_words(number: int) -> str:
    """Spell a number out as a grammar of standard Arabic would, independently of the code under test."""
    parts = []
    for scale, one, two, many in SCALES:
        count, number = divmod(number, scale)
        if count == 1:
            parts.append(one)
        elif count == 2:
            parts.append(two)
        elif count:
            parts.append(f"{below_thousand(count)} {many if 3 <= count % 100 <= 10 else one}")
    return " و".join([*parts, *([below_thousand(number)] if number else [])])


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["text"])
def test_writings(case: dict[str, object]) -> None:
    assert added(str(case["text"])) == case["added"]


@given(st.integers(min_value=2, max_value=10**12 - 1))
def test_every_number_in_words_is_its_digits(number: int) -> None:
    assert added(in_words(number)) == [str(number)]


@given(st.integers(min_value=1000, max_value=2_999))
def test_years_in_either_case_meet_their_digits(year: int) -> None:
    genitive = re.sub(r"(?:ون|ان)\b", "ين", in_words(year)).replace("اثنا ", "اثني ")
    assert str(year) in added(f"في عام {genitive}")


@given(st.integers(min_value=1_000, max_value=10**12))
def test_thousands_separators_are_left_out(number: int) -> None:
    assert added(f"بلغ {number:,} شخص") == [str(number)]


@given(st.integers(min_value=0, max_value=10**9))
def test_plain_digits_are_not_repeated(number: int) -> None:
    assert added(f"بلغ {number} شخص") == []


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert all(isinstance(token, str) and token for token in added(text))


@given(
    st.lists(
        st.sampled_from([*UNITS, *TENS, *HUNDREDS, "و", "ونصف", "ألف", "مليون", "عشر", "20", "3,5"]),
        max_size=12,
    )
)
def test_number_words_in_any_order_are_read(words: list[str]) -> None:
    assert all(token.replace(".", "", 1).isdigit() for token in added(" ".join(words)))
