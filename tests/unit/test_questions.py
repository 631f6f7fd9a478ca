"""What is searched for, given a question as typed: dialects, requests, scripts."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.dialects import to_standard
from knowledge.questions import LONGEST_READ, MOST_ALTERNATIVES, content_of, readings
from knowledge.scripts import script_of

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "questions.json").read_text(encoding="utf-8"))
STANDARD = [
    "من آوى اليتيم وعامله معاملة الولد؟",
    "أين كان الموظفون يتدربون على قراءة خيوط الكيبو؟",
    "كم يلزم الشرفة من ضوء الشمس؟",
    "لماذا حدد سعر شراء مرتفع للكهرباء الشمسية؟",
    "أي عضو حي ألهم الطلبة حلهم؟",
    "في أي مكان أضاعت دانة جوازها؟",
    "ما الذي سيضع حدًّا لهذا البياض؟",
    "كم كائنا يعيش في ذلك الحين؟",
    "متى سقطت خلية النحل من القوة؟",
    "ماذا قال ياسر عرفات في بيروت؟",
    "ما قيمة تعدين البيتكوين في بيلاروسيا؟",
    "عم يبحث العلماء في العالم العربي؟",
    "أين ولد الشيخ حمو؟",
    "من أنهى الحرب ومن بدأها؟",
]
"""Standard words whose matching forms are those of dialect words, or look like dialect prefixes."""


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["question"])
def test_readings(case: dict[str, str]) -> None:
    read = readings(case["question"])
    assert read.standard == case["standard"]
    assert read.content == case["content"]
    assert read.script == case["script"]


@pytest.mark.parametrize("question", STANDARD)
def test_standard_questions_stay_as_they_are(question: str) -> None:
    assert readings(question).standard == question


@pytest.mark.parametrize(
    ("doubtful", "alone", "beside"),
    [
        ("زي", "ما لون زي الحراس", "مين لبس زي الحراس"),
        ("الحين", "متى جاء ذلك الحين", "وش صار الحين"),
        ("حد", "ما حد السرعة", "مفيش حد عارف"),
    ],
)
def test_a_doubtful_word_is_replaced_only_beside_its_dialect(doubtful: str, alone: str, beside: str) -> None:
    assert doubtful in to_standard(alone).text.split()
    assert doubtful not in to_standard(beside).text.split()


def test_the_dialect_is_named() -> None:
    assert to_standard("شنو كاين دابا فالسوق ديال الخضرة").dialects == {"m"}
    assert to_standard("إزاي الناس دلوقتي بتعمل كده").dialects >= {"e"}
    assert to_standard("كيف تعمل الناس الآن").dialects == frozenset()


def test_names_in_a_mixed_question_are_looked_for_in_both_scripts() -> None:
    assert {"bitcoin", "بيتكوين"} <= set(readings("كم سعر Bitcoin الآن").content.split())


def test_a_question_of_question_words_keeps_them() -> None:
    assert readings("لماذا؟").content == "لماذا؟"
    assert content_of("متى ومن وأين") == "متى ومن وأين"


def test_what_is_too_long_for_a_question_is_not_read() -> None:
    text = "ليش " * LONGEST_READ
    assert readings(text).standard == text


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("ما هذا؟", "arabic"),
        ("What is this?", "latin"),
        ("c'est quoi le bitcoin", "latin"),
        ("leh el as3ar zadet", "arabizi"),
        ("kif sar hek", "arabizi"),
        ("شو يعني blockchain", "mixed"),
        ("Что это такое?", "other"),
        ("这是什么？", "other"),
        ("👋 ؟!", "none"),
        ("2021", "none"),
        ("", "none"),
        ("what is covid19 and web3 in 2021 for 5g b2b", "latin"),
        ("emta bada2", "arabizi"),
        ("Kazakhstan Bitcoin", "latin"),
    ],
)
def test_scripts(text: str, script: str) -> None:
    assert script_of(text) == script


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    read = readings(text)
    assert len(read.alternatives) <= MOST_ALTERNATIVES
    assert bool(read.content.strip()) == bool(text.strip()) or not text.strip()


_WORDS = [word for case in GOLDEN for word in case["question"].split()]


@given(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=12).map(" ".join))
def test_words_of_all_dialects_in_any_order_are_read(text: str) -> None:
    read = readings(text)
    assert read.content
    assert read.standard


_PLAIN = "كتب بيت شمس قرأ الأولاد في المدينة الكبيرة ثم عادوا إلى قريتهم مساء"


@given(st.lists(st.sampled_from(_PLAIN.split()), max_size=12))
def test_standard_words_in_any_order_stay_as_they_are(words: list[str]) -> None:
    assert to_standard(" ".join(words)).text == " ".join(words)
