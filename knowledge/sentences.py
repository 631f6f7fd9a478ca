"""Sentence boundaries in Arabic and English text.

A full stop ends a sentence unless what stands before or after it says otherwise (abbreviation, initial,
number, quotation still open, clause going on); a doubtful one does not: a quotation that is a little too
long harms a reader less than half a sentence. A line end always ends a sentence. `؛` does so only where a
sentence is longer than `max_words`.
"""

import re
from collections.abc import Iterator

from knowledge.types import Sentence

MAX_WORDS = 60
"""A written Arabic sentence seldom reaches it; more than this is text without punctuation."""

_CLOSERS = "\"'»”’)\\]}›﴾"
_STOP = "[.!?؟…。！？۔]+"
_END = re.compile(
    rf"(?P<stop>{_STOP}(?:[ ]{_STOP})*)"
    rf"(?P<close>(?:[{_CLOSERS}]|[ \u00a0]»|[ ]{_STOP})*)(?:[ ]?\[[\d٠-٩]{{1,4}}\])*"
)
"""A stop with what belongs to it: closing marks, stops set apart by a blank, numbers of footnotes."""
_PROTECTED = re.compile(
    r"«[^«»]{0,200}»|“[^“”]{0,200}”|\([^()]{0,200}\)|\[[^\[\]]{0,200}\]|(?<![^\s(:،])\"[^\"]{0,200}\"(?!\w)"
)
"""Short quotations and brackets: a stop inside belongs to the sentence around them."""

_ARABIC = "\u0620-\u064a\u0671-\u06d3"
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640]")
_ATTACHED = re.compile(rf"([{_ARABIC}]+)")
_PARTICLES = frozenset(
    ("في", "من", "عن", "ما", "لا", "لم", "لن", "قد", "هو", "هي", "كل", "إن", "أن", "ثم")
)  # fmt: skip
"""Two-letter words that begin sentences; any other two letters after a dot are taken for an abbreviation."""

_TITLES = frozenset(
    (
        "تح", "مج", "dr", "mr", "mrs", "ms", "prof", "st", "gen", "col", "capt", "lt", "sgt", "gov", "sen",
        "rep", "rev", "hon", "mt", "ft", "vs", "viz", "cf", "al", "approx",
    )
)  # fmt: skip
_BEFORE_NUMBER = frozenset(
    (
        "رقم", "no", "nos", "fig", "figs", "vol", "ch", "sec", "pp", "art", "jan", "feb", "mar", "apr", "jun",
        "jul", "aug", "sep", "sept", "oct", "nov", "dec",
    )
)  # fmt: skip
_LETTERS_WITH_DOTS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_ERA = re.compile(r"(?:\d[\d٠-٩]*|[٠-٩]+)?(?:م|ه|ق\.م|ق\.ه)")
_AFTER_ERA = re.compile(r"(?:أو|إلى|حتى|في|على|من|عن|مع|قبل|بعد|بل)\b|\W|\d")
"""What goes on after "300 ق.م."; other words begin a sentence (18 of 20 such places in Arabic Wikipedia)."""

_SPEECH = "قال|قالت|قالوا|سأل|سألت|أجاب|أجابت|صاح|هتف|أضاف|أضافت|تابع|صرح|كتب|ردد|رد|همس"
_GOES_ON_AFTER_QUOTE = re.compile(rf"[وف]?(?:{_SPEECH})\b|ثم\b|[a-z،؛,;:]")
_GOES_ON_AFTER_ELLIPSIS = re.compile(
    r"[وف]\w|(?:ثم|أو|أم|بل|لكن|حتى|مع|من|في|إلى|على|إلخ|الخ)\b|[a-z\d،؛,;:.)\]»”]"
)


def split_sentences(text: str, *, max_words: int = MAX_WORDS) -> tuple[Sentence, ...]:
    """Split `text` into sentences in reading order, none longer than `max_words` words.

    Offsets are code points; sentences never overlap, are stripped of blank space, and together hold every
    character that is not blank. A run of more than 40 characters without a blank counts as several words.
    """
    if max_words < 1:
        raise ValueError(f"max_words is {max_words}; expected at least 1")
    return tuple(
        Sentence(text[start:end], start, end)
        for line in re.finditer(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+", text)
        for span in _split_line(line.group(), line.start())
        for start, end in _split_long(text, *span, max_words)
    )


def _split_line(line: str, offset: int) -> Iterator[tuple[int, int]]:
    """The sentences of one line as trimmed spans of the whole text."""
    start = 0
    for boundary in [*_boundaries(line), len(line)]:
        piece = line[start:boundary]
        if stripped := piece.strip():
            first = offset + start + len(piece) - len(piece.lstrip())
            yield first, first + len(stripped)
        start = boundary


def _boundaries(line: str) -> Iterator[int]:
    protected = _PROTECTED.finditer(line)
    shelter = next(protected, None)
    start = seen = 0
    has_word = False
    for mark in _END.finditer(line):
        while shelter and shelter.end() < mark.end():
            shelter = next(protected, None)
        if shelter and shelter.start() < mark.start() and mark.end("close") < shelter.end():
            continue
        if shelter and shelter.start() == mark.start() - 1:
            continue  # "[؟]" is a remark, no question
        has_word = has_word or _has_word(line[seen : mark.start()])
        seen = mark.end()
        # A stop with no word before it ("... وقال") or none after it (". . .") leaves nothing to split.
        if not has_word or not _has_word(line[mark.end() : mark.end() + 40]):
            continue
        if _ends_sentence(line, start, mark):
            yield mark.end()
            start, has_word = mark.end(), False


def _has_word(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _ends_sentence(line: str, start: int, mark: re.Match[str]) -> bool:
    """Whether the stop at `mark` ends the sentence that began at `start`; the line goes on after it."""
    stop, close = mark["stop"], mark["close"]
    window = line[max(start, mark.start() - 60) : mark.start()]
    before = "" if not window or window[-1].isspace() else window.split()[-1].lstrip("«“\"'([{")
    after = line[mark.end() : mark.end() + 40]
    following = after.lstrip()
    word = following.lstrip("«“\"'([{-–— ")
    if after == following and not _may_follow_at_once(stop, before, following):
        return False
    if word[:1] in ("،", "؛"):
        return False
    if close:
        return close[-1] in ".!?؟" or not _GOES_ON_AFTER_QUOTE.match(word)
    if stop[0] == "…" or stop.startswith(("..", ". .")):
        return not _GOES_ON_AFTER_ELLIPSIS.match(word)
    if stop != ".":
        return not re.match("[a-z]", word)
    return not _is_abbreviation(window, before, following)


def _may_follow_at_once(stop: str, before: str, following: str) -> bool:
    """A blank left out after a stop is common in Arabic; in numbers, addresses and names it never is one."""
    if "://" in before or "@" in before or before.startswith("www."):
        return False
    word = _ATTACHED.match(_MARKS.sub("", following))
    if not word or stop != "." or not before:
        return bool(word)
    last = re.search(rf"[{_ARABIC}]*$", _MARKS.sub("", before))
    long_enough = last is not None and len(last.group()) > 2
    return long_enough and (len(word.group()) > 2 or word.group() in _PARTICLES)


def _is_abbreviation(window: str, before: str, following: str) -> bool:
    """Whether the single dot after the token `before` belongs to it: "د.", "ق.م.", "Dr.", "J.", "1."."""
    token = _MARKS.sub("", before).strip(_CLOSERS).casefold()
    if token.isdecimal():
        return len(token) <= 3 and window.strip() == before
    era = _ERA.fullmatch(token)
    if era and (token[0].isdecimal() or re.search(r"\d\s*$", window[: len(window) - len(before)])):
        return bool(_AFTER_ERA.match(following))
    if len(token) == 1 and token.isalpha():
        # "J. K." is a name; a Latin letter before an Arabic word ("فيتامين C. وهو") closes its sentence.
        return not (token.isascii() and _ATTACHED.match(following))
    if _LETTERS_WITH_DOTS.fullmatch(token) or token in _TITLES:
        return True
    if token in _BEFORE_NUMBER:
        return following[:1].isdecimal()
    return token.isascii() and bool(re.match("[a-z]", following))


def _split_long(text: str, start: int, end: int, max_words: int) -> Iterator[tuple[int, int]]:
    """Pieces of at most `max_words` words, about equal, cut after a clause mark where there is one."""
    if end - start < 2 * max_words:
        yield start, end
        return
    words = [match.span() for match in re.finditer(r"\S{1,40}", text[start:end])]
    first = 0
    while first < len(words):
        count = _piece_length(text, start, words, first, max_words)
        yield start + words[first][0], start + words[first + count - 1][1]
        first += count


def _piece_length(text: str, start: int, words: list[tuple[int, int]], first: int, max_words: int) -> int:
    """How many words from `first` on make the next piece."""
    left = len(words) - first
    if left <= max_words:
        return left
    pieces = -(-left // max_words)
    even = -(-left // pieces)
    candidates = sorted(range(max(1, even // 2), max_words + 1), key=lambda count: abs(count - even))
    for marks in ("؛;", "،,:"):
        for count in candidates:
            if text[start + words[first + count - 1][1] - 1] in marks:
                return count
    return even
