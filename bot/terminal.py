"""Answer → text for a terminal: words wrapped, Arabic readable, nothing in an article obeyed by the terminal.

Direction. Text stays in logical order: terminals that lay out both directions (GNOME Terminal, Konsole,
mintty, iTerm2, macOS Terminal) would show text that was reversed for them backwards. Every line begins with
an Arabic word and stands between right-to-left marks (U+200F), so that its first and last punctuation stay
with the Arabic in a terminal that takes every line for left-to-right. The console also switches on the
detection of each paragraph's direction (DEC private mode 2501), which terminals without it ignore. Isolates
(U+2067) are left out: too few terminals know them. Output that is not a terminal has no marks.
"""

import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TextIO

from bot.answer import Answer, FoundPassage, Quote, Verdict
from bot.messages import DEFAULT_LANGUAGE, Language, text

RIGHT_TO_LEFT_MARK: Final = "\u200f"
DETECT_DIRECTION: Final = "\x1b[?2501h"
FORGET_DIRECTION: Final = "\x1b[?2501l"
HIGH_CONFIDENCE: Final = 0.85
FAIR_CONFIDENCE: Final = 0.65
_WIDEST: Final = 100
_NARROWEST: Final = 24
# Stand-ins for the two sequences while lines are wrapped; cleaned text holds no control characters.
_BOLD, _PLAIN = "\x02", "\x03"
_SEQUENCES: Final = {_BOLD: "\x1b[1m", _PLAIN: "\x1b[22m"}
_DIRECTION_CONTROLS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How to lay out text for one stream; `width` is in terminal cells, 0 for lines never wrapped."""

    width: int = 0
    bold: bool = False
    marks: bool = False
    language: Language = DEFAULT_LANGUAGE

    @classmethod
    def of(cls, stream: TextIO, language: Language = DEFAULT_LANGUAGE) -> "Layout":
        """Return the layout for a stream: plain unless it is a terminal, bold unless NO_COLOR is set."""
        if not stream.isatty():
            return cls(language=language)
        # Rich knows NO_COLOR, TERM=dumb and the terminals of every system.
        from rich.console import Console

        console = Console(file=stream)
        styled = console.color_system is not None and not console.no_color
        width = shutil.get_terminal_size().columns
        return cls(max(_NARROWEST, min(width, _WIDEST)), bold=styled, marks=True, language=language)

    def speaking(self, language: Language) -> "Layout":
        """Return the same layout for fixed sentences of another language."""
        return replace(self, language=language)

    def lines(self, content: str) -> str:
        """Return text of one or more paragraphs, wrapped by words and marked for direction."""
        wrapped = (line for paragraph in content.split("\n") for line in _wrap(paragraph, self.width))
        return "\n".join(self._finish(wrapped))

    def say(self, key: str, **values: object) -> str:
        """Return a fixed sentence of `bot.messages`, laid out; values lose their control characters."""
        return self.lines(
            text(key, self.language, **{name: clean(str(value)) for name, value in values.items()})
        )

    def _finish(self, lines: Iterable[str]) -> Iterator[str]:
        bold = False
        for line in lines:
            opened = _BOLD if bold else ""
            for sign in line:
                bold = sign == _BOLD or (bold and sign != _PLAIN)
            shown = f"{opened}{line}{_PLAIN if bold else ''}"
            for sign, sequence in _SEQUENCES.items():
                shown = shown.replace(sign, sequence if self.bold else "")
            if self.marks and any(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in line):
                shown = f"{RIGHT_TO_LEFT_MARK}{shown}{RIGHT_TO_LEFT_MARK}"
            yield shown


def clean(content: str) -> str:
    """Replace, one for one, what a terminal might obey: control characters, line ends, direction controls."""
    return "".join(
        " " if unicodedata.category(sign) in {"Cc", "Zl", "Zp", "Cs"} or sign in _DIRECTION_CONTROLS else sign
        for sign in content
    )


def render(answer: Answer, layout: Layout) -> str:
    """Return an answer as a person reads it: the quotes and where they stand, or what there is instead."""
    if answer.small_talk and not answer.quotes:
        return layout.say(answer.small_talk)
    if answer.quotes:
        parts = [] if answer.answered else [layout.say("console_unsure")]
        parts.append(layout.lines(f"«{' '.join(_marked(quote) for quote in answer.quotes)}»"))
        parts.append(
            layout.lines(f"{source_line(answer.quotes, layout.language)} · {_confidence(answer, layout)}")
        )
        return "\n".join(parts)
    parts = [layout.say("not_stated")]
    if answer.verdict is Verdict.NOT_STATED and answer.passages:
        parts.append(render_passage(answer.passages[0], layout, "nearest_of"))
    return "\n".join(parts)


def render_bare(answer: Answer, language: Language = DEFAULT_LANGUAGE) -> str:
    """Return an answer as one line without decoration: the quoted words, or the fixed reply."""
    said = clean(answer.text) if answer.quotes else text(answer.small_talk or "not_stated", language)
    return " ".join(said.split())


def render_passage(found: FoundPassage, layout: Layout, key: str, **values: object) -> str:
    """Return a passage under the heading that `key` of `bot.messages` names."""
    passage = found.passage
    heading = layout.say(key, title=passage.title, passage=passage.ordinal + 1, **values)
    return f"{heading}\n{layout.lines(f'«{clean(passage.text)}»')}"


def source_line(quotes: Sequence[Quote], language: Language) -> str:
    """Return the article's title, the passage and the sentences of the quotes."""
    first, last = quotes[0].sentence_number, quotes[-1].sentence_number
    key = "one_sentence" if first == last else "two_sentences"
    return text(
        "source",
        language,
        title=clean(quotes[0].title),
        passage=quotes[0].ordinal + 1,
        sentences=text(key, language, first=first, last=last),
    )


def _confidence(answer: Answer, layout: Layout) -> str:
    if answer.confidence >= HIGH_CONFIDENCE:
        return text("console_confidence_high", layout.language)
    if answer.confidence >= FAIR_CONFIDENCE:
        return text("console_confidence_fair", layout.language)
    return text("console_confidence_low", layout.language)


def _marked(quote: Quote) -> str:
    """Return the quoted words, cleaned, with signs around the spans that answer by themselves."""
    parts, at = [], 0
    for span in sorted(quote.spans, key=lambda span: span.start):
        start, end = max(at, span.start - quote.start), min(len(quote.text), span.end - quote.start)
        if start < end:
            parts += [clean(quote.text[at:start]), _BOLD, clean(quote.text[start:end]), _PLAIN]
            at = end
    return "".join([*parts, clean(quote.text[at:])])


def _wrap(paragraph: str, width: int) -> Iterator[str]:
    words = paragraph.split()
    if not width or not words:
        yield " ".join(words)
        return
    line = ""
    for word in (piece for whole in words for piece in _pieces(whole, width)):
        longer = f"{line} {word}" if line else word
        if line and cells(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def _pieces(word: str, width: int) -> Iterator[str]:
    """Yield the word, or its parts when it is wider than a line (an address, say)."""
    piece: list[str] = []
    used = 0
    for sign in word:
        if used + cells(sign) > width:
            yield "".join(piece)
            piece, used = [], 0
        piece.append(sign)
        used += cells(sign)
    yield "".join(piece)


def cells(content: str) -> int:
    """Return how many terminal cells the text takes: none for marks above letters, two for wide signs."""
    return sum(
        0
        if unicodedata.category(sign) in {"Mn", "Me", "Cf", "Cc"}
        else 2
        if unicodedata.east_asian_width(sign) in {"W", "F"}
        else 1
        for sign in content
    )
