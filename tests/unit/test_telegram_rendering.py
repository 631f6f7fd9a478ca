"""Answers and passages as messages: what is quoted, what is bold, and what fits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Quote, Span, Verdict
from bot.telegram.pieces import MAX_UNITS, Piece, units
from bot.telegram.rendering import Rendered, answer_parts, shortened, snippet
from tests.integration.bot_api.formatting import parse_html, utf16_length


def quote_of(words: str, start: int, number: int, document: str = "a") -> Quote:
    return Quote(document, "عنوان", start, start + len(words), words, 0, number)


def test_two_sentences_are_one_quotation() -> None:
    quotes = (quote_of("الأولى.", 0, 1), quote_of("الثانية.", 9, 2))
    (part,) = answer_parts(Rendered(Verdict.ANSWERED, quotes), "ar")
    assert "<blockquote>الأولى. الثانية.</blockquote>" in part.html
    assert "الجملتان 1 و2" in part.html
    apart = (quotes[0], quote_of("غيرها.", 0, 1, "b"))
    assert answer_parts(Rendered(Verdict.ANSWERED, apart), "ar")[0].html.count("<blockquote>") == 2


def test_the_words_that_answer_are_bold_inside_the_quotation() -> None:
    first = replace(quote_of("بدأت <في> 2021 & بعدها.", 40, 1), spans=(Span(50, 54), Span(45, 49)))
    second = replace(quote_of("ثم انتهت.", 64, 2), spans=(Span(67, 72),))
    (part,) = answer_parts(Rendered(Verdict.ANSWERED, (first, second)), "ar")
    quotation = "بدأت <b>&lt;في&gt;</b> <b>2021</b> &amp; بعدها. ثم <b>انتهت</b>."
    assert f"<blockquote>{quotation}</blockquote>" in part.html
    assert part.plain.startswith("بدأت <في> 2021 & بعدها. ثم انتهت.\n")


@pytest.mark.parametrize("span", [Span(39, 44), Span(60, 70), Span(44, 44), Span(46, 42), Span(0, 4)])
def test_a_span_outside_its_quote_marks_nothing(span: Span) -> None:
    quote = replace(quote_of("بدأت في 2021 وبعدها.", 40, 1), spans=(span,))
    assert "<b>" not in answer_parts(Rendered(Verdict.ANSWERED, (quote,)), "ar")[0].html


def characters(text: str) -> str:
    """Return what is left without spaces and direction marks."""
    return "".join(text.replace("\u200f", "").replace("\u200e", "").split())


@given(
    st.text(alphabet="اب .<&😀\n", min_size=1, max_size=300).map(lambda words: words * 20),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=120),
    st.integers(0, 50),
)
def test_any_spans_keep_the_words_and_the_limits(
    words: str, ranges: list[tuple[int, int]], start: int
) -> None:
    spans = tuple(Span(start + low, start + high) for low, high in ranges)
    quote = replace(quote_of(words, start, 1), spans=spans)
    shown, bold = "", ""
    for part in answer_parts(Rendered(Verdict.ANSWERED, (quote,)), "ar"):
        content, entities = parse_html(part.html)
        assert utf16_length(content) <= 4096
        assert len(entities) <= 100
        shown += content
        units_of = content.encode("utf-16-le")
        for entity in entities:
            low, high = entity["offset"], entity["offset"] + entity["length"]
            if entity["type"] == "bold":
                bold += units_of[2 * low : 2 * high].decode("utf-16-le")
    assert characters(shown).startswith(characters(words))
    marked = {place for low, high in ranges if high <= len(words) for place in range(low, high)}
    assert characters(bold) == characters("".join(words[place] for place in sorted(marked)))


def test_a_long_passage_is_shown_around_what_is_marked() -> None:
    words = "كلمة " * 2000
    piece = shortened(Piece(words + "المهم." + words, True, ((len(words), len(words) + 6),)))
    assert units(piece.text) <= MAX_UNITS
    low, high = piece.bold[0]
    assert piece.text[low:high] == "المهم."
    assert piece.text[0] == piece.text[-1] == "…"
    assert shortened(Piece(words, True)).text.startswith("كلمة")


def test_a_snippet_ends_with_a_word() -> None:
    assert snippet("كلمة أخرى طويلة", 10) == "كلمة أخرى…"
    assert snippet("قصير", 10) == "قصير"
