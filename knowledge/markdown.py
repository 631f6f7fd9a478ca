"""Markdown → the text that its reader sees, so that no markup is ever quoted.

Paragraphs become one line each, headings lines between empty lines, list items and table rows lines of
their own. Covers what articles use of CommonMark and of GitHub's tables, not every corner of either.
"""

import html
import re
from collections.abc import Iterator

from knowledge.cleaning import is_content

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_HIDE = str.maketrans({mark: chr(0xF0000 + ord(mark)) for mark in _PUNCTUATION})
_SHOW = {0xF0000 + ord(mark): mark for mark in _PUNCTUATION}
"""Characters of code and escapes wait in a private plane while the markup around them is removed."""

# Before Python 3.11.5 a possessive repetition of a group with a look-ahead matches nothing (CPython 106052).
_COMMENT = re.compile(r"<!--(?>(?:[^<-]++|-(?!->)|<(?!!--))*)-->")
_UNSEEN = re.compile(r"<(script|style|head|template)\b(?>(?:[^<]++|<(?!/\1|\1\b))*)</\1\s*>", re.IGNORECASE)
_BREAK = re.compile(
    r"</?(?:br|p|div|li|ul|ol|tr|table|h[1-6]|blockquote|section|article|hr)\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(r"</?[a-zA-Z][\w-]*(?:\s[^<>]*)?/?>")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_CODE = re.compile(r"(?<!`)(`++)([^`]+)\1(?!`)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[^`]*")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]+(.*))?")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*")
_BULLET = re.compile(r"\s*[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?(.*)")
_NUMBERED = re.compile(r"\s*[\d٠-٩]{1,3}[.)][ \t]+.*")
_TABLE_RULE = re.compile(r"\|?(?:\s*+:?-++:?\s*+\|)+(?:\s*+:?-++:?)?")
_QUOTE = re.compile(r"^\s{0,3}(?:>[ \t]?)+")
_DEFINITION = re.compile(r" {0,3}\[(?!\^)[^\[\]]+\]:[ \t]*\S+.*")
_FOOTNOTE = re.compile(r"^ {0,3}\[\^[^\[\]]+\]:[ \t]*")

_TARGET = r"\((?:[^()]|\([^()]*\))*+\)"
_EMPHASIS = re.compile(r"(?<!\*)\*(?=[^\s*])([^*]+)(?<=\S)\*(?!\*)")
_MARKUP = re.compile(r"[\[*_<~&]")
_INLINE = (
    (re.compile(rf"!\[[^\[\]]*\](?:{_TARGET}|\[[^\[\]]*\])"), ""),
    (re.compile(r"\[\^[^\[\]]+\]"), ""),
    (re.compile(rf"\[([^\[\]]*)\](?:{_TARGET}|\[[^\[\]]*\])"), r"\1"),
    (re.compile(r"<(https?://[^\s<>]+|[^\s<>@/]+@[^\s<>@]+)>"), r"\1"),
    (_TAG, ""),
    (re.compile(r"~~(?=\S)([^~]+)(?<=\S)~~"), r"\1"),
    (re.compile(r"\*\*\*(?=\S)([^*]+)(?<=\S)\*\*\*"), r"\1"),
    (_EMPHASIS, r"\1"),
    (re.compile(r"\*\*(?=\S)([^*]+)(?<=\S)\*\*"), r"\1"),
    (_EMPHASIS, r"\1"),  # again: bold inside italics hid it
    (re.compile(r"(?<!\w)(_{1,3})(?=\S)([^_]+)(?<=\S)\1(?!\w)"), r"\2"),
)


def to_text(source: str) -> str:
    """Return what a reader of the rendered `source` sees, without pictures."""
    text = "\n".join(_hide_code(source.split("\n")))
    text = _ESCAPE.sub(lambda match: match[1].translate(_HIDE), text)
    visible = _BREAK.sub("  \n", _UNSEEN.sub("", _COMMENT.sub("", text)))
    return "\n".join(_inline(block) for block in _blocks(visible.split("\n"))).translate(_SHOW).strip()


def first_heading(source: str) -> str:
    """The text of the first heading (`# …` or underlined), or nothing."""
    lines = _hide_code(source.split("\n"))
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if (heading := _HEADING.fullmatch(line)) and (text := to_text(_without_closing(heading[1] or ""))):
            return text
        if line.strip() and _UNDERLINE.fullmatch(following) and not _RULE.fullmatch(line):
            return to_text(line)
    return ""


def _hide_code(lines: list[str]) -> list[str]:
    """Drop the fences, and keep what stands between them or between backticks from being read as markup."""
    result: list[str] = []
    fence = ""
    for line in lines:
        mark = _FENCE.fullmatch(line)
        if fence:
            closing = line.strip()
            if closing.startswith(fence) and not closing.strip(fence[0]):
                fence = ""
                result.append("")
            else:
                # An empty line on either side keeps lines of code from being joined as a paragraph.
                result += [line.translate(_HIDE), ""]
        elif mark:
            fence = mark[1]
            result.append("")
        else:
            result.append(_CODE.sub(lambda code: code[2].strip().translate(_HIDE), line))
    return result


def _blocks(lines: list[str]) -> Iterator[str]:
    """A line each for paragraphs, headings, list items and table rows; empty ones between blocks."""
    paragraph: list[str] = []
    in_table = False
    lines = [_FOOTNOTE.sub("", _QUOTE.sub("", line)) for line in lines]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        in_table = "|" in line and (in_table or _TABLE_RULE.fullmatch(following.strip()) is not None)
        if in_table:
            yield from _flush(paragraph)
            if not _TABLE_RULE.fullmatch(line.strip()):
                yield _row(line)
        elif paragraph and _UNDERLINE.fullmatch(line):
            yield from ("", *_flush(paragraph), "")
        elif not line.strip() or _RULE.fullmatch(line) or _DEFINITION.fullmatch(line):
            yield from (*_flush(paragraph), "")
        elif heading := _HEADING.fullmatch(line):
            yield from (*_flush(paragraph), "", _without_closing(heading[1] or ""), "")
        elif _BULLET.fullmatch(line) or _NUMBERED.fullmatch(line):
            yield from _flush(paragraph)
            paragraph.append(_BULLET.sub(r"\1", line))
        elif len(line) > 200 or is_content(_inline(line).strip()):
            # A button below a paragraph would become part of it.
            paragraph.append(line)
    yield from _flush(paragraph)


def _without_closing(heading: str) -> str:
    """The heading without the `##` that may close it."""
    text = heading.strip()
    opened = text.rstrip("#")
    return opened.rstrip() if not opened or opened[-1].isspace() else text


def _flush(paragraph: list[str]) -> list[str]:
    """Empty `paragraph`: one line of it, or more where its author broke it (two blanks or a backslash)."""
    text = ""
    for line in paragraph:
        text += line.strip(" \t").removesuffix("\\") + ("\n" if line.endswith(("  ", "\\")) else " ")
    paragraph.clear()
    return text.strip().split("\n") if text.strip() else []


def _row(line: str) -> str:
    return " – ".join(cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip())


def _inline(text: str) -> str:
    if not _MARKUP.search(text):
        return text
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return html.unescape(text)
