"""A follow-up is told from a question that stands alone, and takes the earlier question with it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Turn
from bot.conversation import Understood, stands_alone, understood

_TESTS = Path(__file__).parents[1]
_TRAINING = _TESTS.parent / "index" / "training"
LEANING = """
ولماذا؟
وليش؟
وشو السبب؟
طيب وبعدين شو صار؟
ومن وين أجا؟
ومتى رجعوا؟
ومتى فقده؟
كيف أثر ذلك على السكان؟
وماذا عن المزارعين؟
ماذا عن الصين؟
طب والأسعار؟
وفي ألماتي؟
وكم استغرق الأمر؟
وقد إيه خسروا؟
وهل نجحت؟
هل ندموا على ذلك؟
هل يئست إذن؟
من المسؤول عنه؟
وما رأي الخبراء فيه؟
ومن ألغاه؟
وين راحوا؟
وعلى مين أثرت؟
شنو دارو من بعد؟
منين جا الاسم ديالو؟
ما اسمها؟
ما نتائجها؟
أين يقع؟
كم ثمنه؟
وبأي طريقة؟
وإذا تأخروا؟
أعطني مثالا.
w ba3den?
w lesh?
w kam kan 3omro?
How many of them left?
why?
and the workers?
what happened next?
""".strip().splitlines()
ALONE = """
ما هي تقنية البلوك تشين؟
كم عدد سكان الرياض؟
من اخترع الهاتف؟
متى تأسست الأمم المتحدة؟
وين تقع جزيرة سقطرى؟
ليه السما زرقا؟
شو عاصمة الأردن؟
كيفاش كيتصاوب الكسكس؟
طيب كم يبلغ ارتفاع برج خليفة؟
وما أسباب الحرب العالمية الأولى؟
أين ولد مانديلا؟
من هو مانديلا؟
من هو مؤسس علم الاجتماع؟
متى ولد نجيب محفوظ؟
من كتب رواية زقاق المدق؟
أين تدرس هناء علوم البحار؟
ما المدة التي أمضتها أم رائد في الغربة؟
أي بحيرة اختفت مياهها سنة 2018؟
كيف تكوّن هذا الثلج؟
ما الذي جعل الشركات تغادر البلاد؟
وش أكبر مدينة في السعودية؟
مين مدير المصنع؟
البيتكوين
kam 3adad sokkan masr?
Who invented the telephone?
What is bitcoin mining?
""".strip().splitlines()
FIRST = Turn("متى توقف الإنتاج في مصنع الزجاج؟", "توقف الإنتاج حين تضاعفت أسعار الغاز.")


@pytest.mark.parametrize("question", LEANING)
def test_a_question_without_a_subject_leans(question: str) -> None:
    assert not stands_alone(question)


@pytest.mark.parametrize("question", ALONE)
def test_a_question_with_a_subject_stands_alone(question: str) -> None:
    assert stands_alone(question)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ولماذا؟", "لماذا توقف الإنتاج في مصنع الزجاج"),
        ("طيب ليه؟", "لماذا توقف الإنتاج في مصنع الزجاج"),
        ("ولماذا توقف؟", "لماذا توقف الإنتاج في مصنع الزجاج"),
        ("وفي 2022؟", "متى توقف الإنتاج في مصنع الزجاج في 2022"),
        ("وماذا عن البلاستيك؟", "متى توقف الإنتاج في مصنع الزجاج البلاستيك"),
        ("w lesh?", "لماذا توقف الإنتاج في مصنع الزجاج"),
        ("and why?", "why توقف الإنتاج في مصنع الزجاج"),
    ],
)
def test_what_is_searched_for(question: str, expected: str) -> None:
    assert understood(question, [FIRST]).question == expected


def test_a_chain_of_follow_ups_keeps_the_subject() -> None:
    chain = [FIRST, Turn("ولماذا؟", ""), Turn("ومن اشتراه؟", "")]
    asked = understood("وبكم؟", chain)
    assert asked.follow_up
    assert asked.question.startswith("بكم")
    assert {"اشتراه", "مصنع", "الزجاج"} <= set(asked.question.split())


def test_a_new_subject_ends_the_old_one() -> None:
    asked = understood("ولماذا؟", [FIRST, Turn("من هو لويس برايل؟", "")])
    assert "برايل" in asked.question
    assert "الزجاج" not in asked.question


def test_only_added_words_weigh_more() -> None:
    assert understood("ومتى كان ذلك؟", [FIRST]).own == ""
    assert understood("وكم عاملا خسر وظيفته؟", [FIRST]).own == "عاملا خسر وظيفته"


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=6))
def test_any_text_is_understood(question: str, earlier: list[str]) -> None:
    asked = understood(question, [Turn(text, "") for text in earlier])
    assert asked.follow_up or asked == Understood(question)
    assert understood(question, []) == Understood(question)


@given(st.sampled_from([*LEANING, *ALONE]), st.lists(st.sampled_from([*LEANING, *ALONE]), max_size=40))
def test_a_long_conversation_stays_short(question: str, earlier: list[str]) -> None:
    asked = understood(question, [Turn(text, "") for text in earlier])
    assert len(asked.question.split()) < 60
    assert asked.follow_up or asked == Understood(question)


def _read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["dialogues", "dialogues_dev"])
def test_dialogues(name: str) -> None:
    """Before what they missed corrected the rules, 61 of the 70 in dialogues.jsonl were told rightly."""
    wrong = [
        dialogue["id"]
        for dialogue in _read(_TESTS / "golden" / f"{name}.jsonl")
        if stands_alone(str(dialogue["second"])) == dialogue["follow_up"]
    ]
    assert len(wrong) <= 1, wrong


def test_questions_on_articles_mostly_stand_alone() -> None:
    """They were all written to be asked first; those that say "he" or "it" lean all the same."""
    texts = [text for path in sorted(_TRAINING.glob("questions/*.jsonl")) for text in _read(path)]
    questions = [question["question"] for text in texts for question in text["questions"]]  # type: ignore[attr-defined]
    leaning = sum(not stands_alone(question) for question in questions)
    assert leaning / len(questions) < 0.05
