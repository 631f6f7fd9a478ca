"""Raw text → the text that readers are shown. Letters, marks and tatweel stay as the author wrote them.

Nothing is repaired that is not certain: a word broken by a blank stays broken, and text is not composed
to NFC, which would reorder Arabic marks; matching has its own forms (`knowledge.arabic`).
"""

import re
from itertools import pairwise

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # control characters
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction
    "\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb]"  # zero width
)
_BLANKS = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_IDEOGRAPHIC_STOP = re.compile(r"[ \t]*[。｡]+")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DECORATION = " .:：…»«←→›‹<>|*#[](){}-–—•▪►▶◀⬅➡"
_SEPARATORS = re.compile(r"[|/·•]")
_ONE_FORM = str.maketrans("أإآ", "ااا")
_MARKS_AND_TATWEEL = re.compile("[\u064b-\u065f\u0670\u0640]")

FURNITURE = frozenset(
    (
        "الخطوة التالية", "الخطوة السابقة", "التالي", "السابق", "الصفحة التالية", "الصفحة السابقة",
        "المقال التالي", "المقال السابق", "اقرا ايضا", "اقرا المزيد", "المزيد", "شاهد ايضا", "شارك",
        "شارك المقال", "شارك هذا المقال", "مشاركة", "العودة الى الاعلى", "عودة الى الاعلى",
        "next", "next step", "next page", "next article", "previous", "previous step", "previous page",
        "previous article", "read more", "read also", "see also", "share", "share this article",
        "back to top",
    )
)  # fmt: skip
"""Buttons and links of web pages, removed only where they are a whole line; hamza and marks do not count."""


def clean(raw: str) -> str:
    """Return `raw` without what a reader neither sees nor wants quoted; `clean(clean(x)) == clean(x)`.

    Line ends become `\\n`; direction, zero-width and control characters go; a run of blanks becomes one
    space, of empty lines one; a stray ideographic full stop goes (`_stop`); so do lines that are only
    page furniture or hold neither letter nor digit.
    """
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", raw))
    text = _IDEOGRAPHIC_STOP.sub(_stop, _BLANKS.sub(" ", text))
    lines = (line.strip() for line in text.split("\n"))
    kept = "\n".join(line for line in lines if not line or is_content(line))
    return re.sub(r"\n{3,}", "\n\n", kept).strip()


def _stop(match: re.Match[str]) -> str:
    """`。` stays in Chinese or Japanese, goes after another sentence end, and else becomes a full stop."""
    text = match.string
    before = text[max(0, match.start() - 20) : match.start()].rpartition("\n")[2].rstrip(" \"'»”’)]")
    if before and _CJK.match(before[-1]):
        return match.group()
    following = text[match.end() : match.end() + 1]
    gap = " " if following.isalnum() else ""
    if not before or before[-1] in ".!?؟…。":
        return gap
    return "." + gap


def is_content(line: str) -> bool:
    """Whether a stripped line is more than decoration or page furniture."""
    if not any(character.isalnum() for character in line):
        return False
    if len(line) > 80:
        return True
    plain = _MARKS_AND_TATWEEL.sub("", line.casefold()).translate(_ONE_FORM)
    parts = [part.strip(_DECORATION) for part in _SEPARATORS.split(plain)]
    return not all(part in FURNITURE for part in parts if part)


def unwrap(text: str) -> str:
    """Join the lines of paragraphs that an editor wrapped at a fixed width (plain text files).

    A block of four lines or more counts as wrapped when every line is as long as the width allows (the
    next line's first word would not have fitted) and most lines do not end a sentence.
    """
    return "\n".join(
        " ".join(line.strip() for line in block) if _is_wrapped(block) else "\n".join(block)
        for block in _blocks(text.split("\n"))
    )


def _blocks(lines: list[str]) -> list[list[str]]:
    """Runs of lines with text, and each empty line by itself."""
    blocks: list[list[str]] = []
    for line in lines:
        if line.strip() and blocks and blocks[-1][-1].strip():
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _is_wrapped(block: list[str]) -> bool:
    lines = [line.rstrip() for line in block]
    width = max(map(len, lines))
    if len(lines) < 4 or not 40 <= width <= 120:
        return False
    full = all(len(line) + 1 + len(following.split()[0]) > width for line, following in pairwise(lines))
    return full and sum(line[-1] in ".!?؟…:؛" for line in lines) <= len(lines) // 2
