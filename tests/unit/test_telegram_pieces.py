"""Messages keep Telegram's limits, lose nothing, and are always well-formed HTML in the right direction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.direction import RIGHT_TO_LEFT_MARK, is_rtl, mark_for
from bot.telegram.pieces import MAX_ENTITIES, Piece, cut, markup, merged, pack, units
from tests.integration.bot_api.formatting import parse_html, utf16_length

TEXTS = st.text(alphabet="اب ج.؟!\n<>&\"'aB1😀𐤀\u200f", max_size=400)
RANGES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=12)


@given(TEXTS)
def test_units_are_utf16(text: str) -> None:
    assert units(text) == utf16_length(text)


@given(TEXTS, RANGES, st.integers(2, 60))
def test_cutting_loses_nothing_and_keeps_the_limit(
    text: str, bold: list[tuple[int, int]], limit: int
) -> None:
    inside = tuple((a, b) for a, b in bold if a < b <= len(text))
    parts = list(cut(Piece(text, bold=inside), limit))
    assert "".join(part.text for part in parts) == text
    assert all(units(part.text) <= limit for part in parts)
    marked = [text[i] for i in range(len(text)) if any(a <= i < b for a, b in inside)]
    kept = [p.text[i] for p in parts for i in range(len(p.text)) if any(a <= i < b for a, b in p.bold)]
    assert kept == marked


@given(st.lists(st.builds(Piece, TEXTS, st.booleans(), RANGES.map(tuple)), max_size=5), st.integers(5, 300))
def test_every_message_is_html_that_telegram_takes(pieces: list[Piece], limit: int) -> None:
    for part in pack(pieces, limit):
        text, entities = parse_html(part.html)
        visible = text.replace(RIGHT_TO_LEFT_MARK, "").replace("\u200e", "").split()
        plain = part.plain.replace(RIGHT_TO_LEFT_MARK, "").replace("\u200e", "").split()
        assert visible == plain
        assert len(entities) <= 100


def test_entities_are_counted() -> None:
    text = "كلمة " * 300
    piece = Piece(text, True, tuple((i * 5, i * 5 + 4) for i in range(300)))
    parts = pack([piece])
    assert len(parts) == 4
    for part in parts:
        _, entities = parse_html(part.html)
        assert 1 < len(entities) <= MAX_ENTITIES


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("جملة أولى. جملة ثانية. ثالثة.", 24, ["جملة أولى. جملة ثانية. ", "ثالثة."]),
        ("كلمة كلمة كلمة", 10, ["كلمة كلمة ", "كلمة"]),
        ("متصلةجدا", 4, ["متصل", "ةجدا"]),
        ("قال: «نعم.» ثم مضى", 14, ["قال: «نعم.» ", "ثم مضى"]),
        ("😀😀😀", 4, ["😀😀", "😀"]),
    ],
)
def test_cuts_are_after_sentences_else_words_else_anywhere(text: str, limit: int, parts: list[str]) -> None:
    assert [part.text for part in cut(Piece(text), limit)] == parts


def test_empty_paragraphs_are_blank_lines() -> None:
    assert [part.html for part in pack([Piece("أ"), Piece(""), Piece("ب")])] == ["أ\n\nب"]


def test_ranges_that_touch_are_joined() -> None:
    assert merged([(3, 5), (0, 2), (4, 9), (7, 7), (2, 3)]) == [(0, 9)]


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        (Piece("Bitcoin هو عملة رقمية مشفرة"), "\u200fBitcoin هو عملة رقمية مشفرة"),
        (Piece("• نقطة"), "\u200f• نقطة"),
        (Piece("عربي\n2021 سنة"), "عربي\n\u200f2021 سنة"),
        (Piece("English only"), "English only"),
        (Piece("1. English"), "\u200e1. English"),
        (Piece("English", rtl=True), "\u200fEnglish"),
        (Piece("عربي", rtl=False), "\u200eعربي"),
        (Piece("أ & <ب>", quoted=True, bold=((4, 7),)), "<blockquote>أ &amp; <b>&lt;ب&gt;</b></blockquote>"),
        (Piece("ع", link='https://e.org/?a="b"&c'), '<a href="https://e.org/?a=&quot;b&quot;&amp;c">ع</a>'),
    ],
)
def test_markup(piece: Piece, expected: str) -> None:
    assert markup(piece) == expected


def test_direction() -> None:
    assert is_rtl("")
    assert is_rtl("نص فيه word")
    assert not is_rtl("words with كلمة")
    assert mark_for("", rtl=True) == mark_for("", rtl=False) == ""
