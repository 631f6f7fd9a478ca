"""What a terminal is shown: whole, wrapped, in order, and nothing that it would obey."""

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Answer, FoundPassage, Quote, Span, Verdict
from bot.messages import text
from bot.terminal import RIGHT_TO_LEFT_MARK, Layout, cells, clean, render, render_bare, render_passage
from knowledge.types import Passage, Sentence

FIRST = "بدأ تعدين البيتكوين في كازاخستان عام 2021 حين كانت الكهرباء رخيصة."
SECOND = "ثم رحلت الشركات."
PASSAGE = Passage("a.md#2", "a.md", "التعدين", 2, FIRST, 10, 10 + len(FIRST), (Sentence(FIRST, 10, 76),))
YEAR = FIRST.index("2021")


def quote(content: str = FIRST, *, start: int = 10, number: int = 4, spans: tuple[Span, ...] = ()) -> Quote:
    return Quote("a.md", "التعدين", start, start + len(content), content, 2, number, spans)


def answer(*quotes: Quote, confidence: float = 0.9, verdict: Verdict = Verdict.ANSWERED) -> Answer:
    return Answer("متى؟", verdict, quotes, confidence, (FoundPassage(PASSAGE, 1.0),))


def seen(shown: str) -> str:
    """Return what a reader sees: without sequences, marks and line ends."""
    return " ".join(re.sub(r"\x1b\[[0-9;?]*[a-z]", "", shown).replace(RIGHT_TO_LEFT_MARK, "").split())


def test_an_answer_is_the_quoted_words_and_then_where_they_stand() -> None:
    shown = render(answer(quote()), Layout()).split("\n")
    assert shown[0] == f"«{FIRST}»"
    assert shown[1] == "المصدر: التعدين، المقطع 3، الجملة 4 · الثقة عالية"
    assert len(shown) == 2


def test_two_sentences_are_both_named() -> None:
    shown = render(answer(quote(), quote(SECOND, start=100, number=5)), Layout(language="en"))
    assert shown.split("\n") == [
        f"«{FIRST} {SECOND}»",
        "Source: التعدين, passage 3, sentences 4 and 5 · confidence high",
    ]


@pytest.mark.parametrize(
    ("confidence", "words"),
    [(0.9, "عالية"), (0.85, "عالية"), (0.7, "متوسطة"), (0.5, "ضعيفة"), (0.0, "ضعيفة")],
)
def test_confidence_is_said_in_words(confidence: float, words: str) -> None:
    assert f"الثقة {words}" in render(answer(quote(), confidence=confidence), Layout())


def test_a_refusal_offers_the_nearest_passage_as_no_more_than_that() -> None:
    shown = render(answer(verdict=Verdict.NOT_STATED), Layout()).split("\n")
    assert shown[0] == text("not_stated")
    assert shown[1] == text("nearest_of", title="التعدين", passage=3)
    assert shown[2] == f"«{FIRST}»"


def test_a_forced_quotation_says_that_it_may_not_answer() -> None:
    shown = render(answer(quote(), verdict=Verdict.NOT_STATED, confidence=0.2), Layout())
    assert shown.startswith(text("console_unsure"))
    assert FIRST in shown


@pytest.mark.parametrize("key", ["greeting", "empty", "only_symbols", "too_long", "other_script"])
def test_what_is_no_question_gets_its_fixed_reply(key: str) -> None:
    assert render(Answer("", Verdict.UNREADABLE, small_talk=key), Layout()) == text(key)


def test_the_answering_words_are_bold_only_where_that_shows() -> None:
    marked = answer(quote(spans=(Span(10 + YEAR, 14 + YEAR),)))
    assert "عام \x1b[1m2021\x1b[22m حين" in render(marked, Layout(bold=True))
    assert "\x1b" not in render(marked, Layout())


def test_bold_words_stay_bold_on_the_next_line_and_never_leave_a_line_open() -> None:
    whole = answer(quote(spans=(Span(10, 10 + len(FIRST)),)))
    lines = render(whole, Layout(width=30, bold=True)).split("\n")[:-2]
    assert len(lines) > 2
    assert all("\x1b[1m" in line and line.rstrip("»").endswith("\x1b[22m") for line in lines)


def test_spans_that_overlap_or_leave_the_quote_do_not_change_the_words() -> None:
    spans = (Span(0, 14), Span(12, 20), Span(18, 9999), Span(40, 30))
    assert FIRST in seen(render(answer(quote(spans=spans)), Layout(bold=True)))


HOSTILE = "نص\x1b]0;عنوان\x07 \x1b[2J\u202eقلب\u2067 \x9b31m\r\nسطر\u2028آخر\x00"


def test_nothing_in_an_article_is_obeyed_by_the_terminal() -> None:
    bad = replace(quote(HOSTILE), title=HOSTILE)
    passage = FoundPassage(replace(PASSAGE, text=HOSTILE, title=HOSTILE), 1.0)
    for shown in (
        render(answer(bad), Layout()),
        render_bare(answer(bad)),
        render_passage(passage, Layout(), "nearest_of"),
    ):
        controls = [sign for sign in shown if unicodedata.category(sign) in {"Cc", "Zl"} and sign != "\n"]
        assert controls == []
        assert "\u202e" not in shown
        assert "\u2067" not in shown
        assert "نص" in shown


def test_the_answer_to_a_piped_question_is_one_line() -> None:
    assert render_bare(answer(quote(f"سطر\n{FIRST}"))) == f"سطر {FIRST}"
    assert render_bare(answer(verdict=Verdict.NOT_STATED)) == text("not_stated")
    assert render_bare(Answer("", Verdict.UNREADABLE, small_talk="too_long")) == text("too_long")


def test_arabic_lines_stand_between_marks_on_a_terminal_only() -> None:
    for line in render(answer(quote()), Layout(width=40, marks=True)).split("\n"):
        assert line.startswith(RIGHT_TO_LEFT_MARK)
        assert line.endswith(RIGHT_TO_LEFT_MARK)
    assert RIGHT_TO_LEFT_MARK not in render(answer(quote()), Layout(width=40))
    assert Layout(marks=True).lines("only latin") == "only latin"


words_of_any_script = st.text(
    st.one_of(st.sampled_from("ابتثجَُّ 2021 ABC،؟。漢\n\u200d🙂"), st.characters(codec="utf-8")), max_size=200
)


@given(words_of_any_script, st.integers(24, 100))
def test_wrapping_loses_no_word_and_exceeds_no_width(content: str, width: int) -> None:
    cleaned = clean(content)
    shown = Layout(width=width).lines(cleaned)
    assert "".join(shown.split()) == "".join(cleaned.split())
    assert all(cells(line) <= width for line in shown.split("\n"))


@given(words_of_any_script)
def test_cleaning_keeps_every_offset(content: str) -> None:
    assert len(clean(content)) == len(content)


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=5), st.integers(24, 60))
def test_marked_words_are_those_of_the_spans(pairs: list[tuple[int, int]], width: int) -> None:
    shown = render(answer(quote(spans=tuple(Span(*pair) for pair in pairs))), Layout(width=width, bold=True))
    assert seen(shown).startswith(f"«{FIRST}»")
    assert shown.count("\x1b[1m") == shown.count("\x1b[22m")


def test_a_long_word_is_cut_and_marks_stay_with_their_letter() -> None:
    shown = Layout(width=24).lines("بَ" * 50).split("\n")
    assert [cells(line) for line in shown] == [24, 24, 2]
    assert all(not unicodedata.combining(line[0]) for line in shown)


def test_a_language_of_fixed_sentences_does_not_touch_the_quotes() -> None:
    english = Layout().speaking("en")
    assert english.say("thanks") == text("thanks", "en")
    assert FIRST in render(answer(quote()), english)
