import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.cleaning import FURNITURE, clean, unwrap

CASES = json.loads((Path(__file__).parents[1] / "golden/cleaning.json").read_text("utf-8"))
SNIPPETS = [
    "كلمة",
    " ",
    "\n",
    "。",
    ".",
    "»",
    "\u200f",
    "\u200b",
    "\r",
    "\t",
    "التالي",
    "|",
    "本",
    "؟",
    "1",
    "\ufeff",
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(SNIPPETS), max_size=40).map("".join))
WRAPPED = """كانت كازاخستان لفترة طويلة واحدة من الوجهات الأكثر
جذبا لعملية تعدين العملات الرقمية، وبالأخص البيتكوين،
حيث توفر البلاد بنية تحتية كهربائية متطورة إضافة إلى
أسعار الكهرباء المعقولة. ومع ذلك، تغيرت الأوضاع بشكل
كبير في الآونة الأخيرة."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_golden(case: dict) -> None:
    assert clean(case["raw"]) == case["clean"]


@given(TEXTS)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(TEXTS)
def test_what_is_left_is_fit_to_show(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == cleaned.strip()
    assert "\n\n\n" not in cleaned
    assert "  " not in cleaned
    assert not [c for c in cleaned if unicodedata.category(c) == "Cc" and c != "\n"]


@given(st.text(alphabet=st.characters(categories=["L", "Mn", "Nd"]), min_size=81))
def test_letters_marks_and_digits_stay(text: str) -> None:
    assert clean(text) == text.replace("\u034f", "")


@pytest.mark.parametrize("button", sorted(FURNITURE))
def test_furniture_is_written_in_the_form_it_is_compared_in(button: str) -> None:
    assert clean(f"نص.\n{button}") == "نص."


def test_wrapped_paragraphs_are_joined() -> None:
    joined = " ".join(WRAPPED.split("\n"))
    assert unwrap(f"عنوان\n\n{WRAPPED}\n\n{WRAPPED}\n") == f"عنوان\n\n{joined}\n\n{joined}\n"


@pytest.mark.parametrize(
    "text",
    [
        "بند\nبند آخر\nبند ثالث\nبند رابع\nبند خامس",
        "\n".join(["هذه فقرة كاملة تقف في سطر واحد وتنتهي بنقطة في آخرها."] * 6),
        "\n".join(["سطر طويل بعض الشيء يبلغ عرضه ستين حرفا أو نحو ذلك", "سطر قصير"] * 3),
        WRAPPED.split("\n", 2)[0],
    ],
)
def test_other_lines_stay_lines(text: str) -> None:
    assert unwrap(text) == text
