import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.front_matter import FrontMatter, split_front_matter
from knowledge.markdown import first_heading, to_text

SEEN = [
    ("فقرة\nتكملتها\n\nأخرى", "فقرة تكملتها\n\nأخرى"),
    ("## عنوان ##\nنص", "عنوان\n\nنص"),
    ("عنوان\n=====\nنص", "عنوان\n\nنص"),
    ("# C#", "C#"),
    ("#وسم في أول السطر", "#وسم في أول السطر"),
    ("نص\n\n---\n\n* * *\n\nنص", "نص\n\nنص"),
    ("**عريض** و*مائل* و __عريض__ و _مائل_ و***هما*** و~~شطب~~", "عريض ومائل و عريض و مائل وهما وشطب"),
    ("**عريض *فيه مائل* هنا** و*مائل **فيه عريض** هنا*", "عريض فيه مائل هنا ومائل فيه عريض هنا"),
    ("2 * 3 * 4 و snake_case_name و5*", "2 * 3 * 4 و snake_case_name و5*"),
    (r"\*ليس مائلا\* و\# و1\.", "*ليس مائلا* و# و1."),
    ("[رابط](https://e.org/a_(b) 'عنوان') و[آخر][م] و<https://e.org>\n\n[م]: https://e.org", None),
    ("نص ![صورة](a.png) بعدها [![شارة](b.svg)](https://e.org)", "نص  بعدها"),
    ("نص[^1]\n\n[^1]: حاشية", "نص\n\nحاشية"),
    ("- أول\n  تكملة\n* ثان\n+ [x] ثالث\n1. رابع\n٢) خامس", "أول تكملة\nثان\nثالث\n1. رابع\n٢) خامس"),
    ("| أ | ب |\n|---|:-:|\n| 1 | **2** |\n\nنص", "أ – ب\n1 – 2\n\nنص"),
    ("أ | ب\n--- | ---\n1 | 2", "أ – ب\n1 – 2"),
    ("أ | ب ليس جدولا", "أ | ب ليس جدولا"),
    ("قبل\n```py\nx = '*a*' # b\n\\d\n```\nبعد", "قبل\n\nx = '*a*' # b\n\n\\d\n\nبعد"),
    ("~~~\n# ليس عنوانا", "# ليس عنوانا"),
    ("`*كود*` و``a`b``", "*كود* و``a`b``"),
    ("> اقتباس\n> تكملته\n\nنص", "اقتباس تكملته\n\nنص"),
    ("سطر  \nمكسور\\\nمرتين", "سطر\nمكسور\nمرتين"),
    ("<p dir='rtl'>نص <b>غامق</b><br/>سطر</p>", "نص غامق\nسطر"),
    ("أ &amp; ب &lt;ج&gt;&nbsp;د", "أ & ب <ج>\xa0د"),
    ("أ < ب و ج > د", "أ < ب و ج > د"),
    ("نص <!-- تعليق\nطويل --> بعده<script>x()</script>", "نص  بعده"),
    ("فقرة تنتهي هنا.\nالخطوة التالية", "فقرة تنتهي هنا."),
    ("فقرة تنتهي هنا.\n**[التالي](/next)**\n", "فقرة تنتهي هنا."),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "seen"), SEEN)
def test_a_reader_sees_text_and_no_markup(source: str, seen: str | None) -> None:
    expected = "رابط وآخر وhttps://e.org" if seen is None else seen
    lines = [line for line in to_text(source).split("\n") if line.strip()]
    assert lines == [line for line in expected.split("\n") if line.strip()]


def test_headings_and_paragraphs_stand_between_empty_lines() -> None:
    assert "أ\n\nب\n" in to_text("أ\n## ب\nج").replace("\n\n\n", "\n\n")


@given(st.text(alphabet="ابج 123،.؛\n"))
def test_plain_words_are_never_lost(text: str) -> None:
    # A line of only marks is decoration.
    words = [word for word in text.split() if any(character.isalnum() for character in word)]
    assert [word for word in to_text(text).split() if any(c.isalnum() for c in word)] == words


@given(st.text(alphabet="a*_`[]()<>!#-|~\\\n &;:=+1."))
def test_no_source_is_refused(source: str) -> None:
    assert isinstance(to_text(source) + first_heading(source), str)


@pytest.mark.parametrize(
    ("source", "heading"),
    [
        ("نص\n\n## **أول** عنوان ##\n# ثان", "أول عنوان"),
        ("عنوان\n---\n", "عنوان"),
        ("```\n# تعليق\n```\n# عنوان", "عنوان"),
        ("#\n\n# عنوان", "عنوان"),
        ("نص بلا عنوان\n\n---\n", ""),
    ],
)
def test_first_heading(source: str, heading: str) -> None:
    assert first_heading(source) == heading


@pytest.mark.parametrize(
    "piece",
    ["*a ", "**a ", "[a](", "![", "<!--", "<script>", "<a ", "<a/", "`", "``` ", "# ", "| - ", "a\n", "\\*"],
)
def test_time_grows_with_length_only(piece: str) -> None:
    started = time.perf_counter()
    to_text(piece * (200_000 // len(piece)))
    assert time.perf_counter() - started < 15


def test_front_matter() -> None:
    text = """---
title: "عنوان: فرعي"
Language: ar
# تعليق
tags:
  - وسم
questions:
- 'سؤال أول؟'
  - سؤال ثان؟
source: https://e.org/a#b
---
نص"""
    matter, rest = split_front_matter(text)
    questions = ("سؤال أول؟", "سؤال ثان؟")
    assert matter == FrontMatter("عنوان: فرعي", "ar", "https://e.org/a#b", questions)
    assert rest == "نص"


def test_questions_on_one_line() -> None:
    assert split_front_matter('---\nquestions: [أ؟, "ب؟"]\n---\n')[0].questions == ("أ؟", "ب؟")
    assert split_front_matter("---\nquestions: أ؟\n---\n")[0].questions == ("أ؟",)


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: غير مغلق\n\nنص",
        "---\nهذه فقرة بين خطين.\n---\nنص",
        "---\ntitle: أ\nسطر ليس منها\n---\nنص",
        "نص\n---\ntitle: أ\n---",
        "--- \n",
        "",
    ],
)
def test_what_is_not_front_matter_is_text(text: str) -> None:
    assert split_front_matter(text) == (FrontMatter(), text)


def test_empty_front_matter_is_taken_off() -> None:
    assert split_front_matter("---\n---\nنص") == (FrontMatter(), "نص")
