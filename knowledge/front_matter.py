"""What a publisher says of an article in the `---` block at its head: a small, safe part of YAML."""

import re
from dataclasses import dataclass

_PAIR = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(.*))?")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
_MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """`title`, `language`, `source` and `questions` as written; other keys are read over."""

    title: str = ""
    language: str = ""
    source: str = ""
    questions: tuple[str, ...] = ()


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Return the front matter and the text after it.

    A block that is not closed, or holds a line that is neither `key: value`, `- item`, indented, comment nor
    blank, is text like any other: the front matter is then empty and the text whole.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return FrontMatter(), text
    head = [line.rstrip() for line in lines[1 : _MAX_LINES + 1]]
    if "---" not in head:
        return FrontMatter(), text
    head = head[: head.index("---")]
    values = _parse(head)
    if values is None:
        return FrontMatter(), text
    return (
        FrontMatter(
            title=" ".join(values.get("title", ())),
            language=" ".join(values.get("language", ())),
            source=" ".join(values.get("source", ())),
            questions=tuple(values.get("questions", ())),
        ),
        "\n".join(lines[len(head) + 2 :]),
    )


def _parse(lines: list[str]) -> dict[str, list[str]] | None:
    """The values of each key, or None where a line is not front matter."""
    values: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        if not line or line.startswith("#"):
            continue
        if pair := _PAIR.fullmatch(line):
            current = values.setdefault(pair[1].lower(), [])
            current.extend(_inline(pair[2] or ""))
        elif item := _ITEM.fullmatch(line):
            current.append(_unquote(item[1]))
        elif not line[0].isspace():
            return None
    return {key: [value for value in found if value] for key, found in values.items()}


def _inline(value: str) -> list[str]:
    value = value.strip()
    if value.startswith("[") and value.endswith("]"):
        return [_unquote(item) for item in value[1:-1].split(",")]
    return [_unquote(value)]


def _unquote(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
