"""The word lists and patterns of bot/texts/small_talk*.txt, and messages in the form that they match."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from knowledge.arabic import Token, normalise, tokenise_with_offsets

COURTESIES: Final = ("greeting", "thanks", "farewell", "address")
LONGEST_COURTESY: Final = 8
"""Words."""
_FOLDER = Path(__file__).parent / "texts"
_SECTION = re.compile(r"\[([a-z_ ]+)\]")
_DOUBLED = re.compile(r"([^\W\d_])\1")
_PAUSE = re.compile(r"[^\w\s]|\n")
_PROCLITICS = re.compile(r"^[وف]?(?:بال|لل|ال|ب|ل|)(?=..)")
_ASPECT = re.compile(r"^[بك](?=ت.)")


@dataclass(frozen=True, slots=True)
class Message:
    """A message and its words in matching form, without doubled letters."""

    text: str
    tokens: tuple[Token, ...]
    words: tuple[str, ...]

    def line(self, first: int, last: int) -> str:
        """Return words `first` to `last` in one line."""
        return " ".join(self.words[first:last])

    def pauses_after(self, word: int) -> bool:
        """Whether punctuation, a line break or the end of the message follows a word."""
        if word + 1 >= len(self.tokens):
            return True
        return _PAUSE.search(self.text[self.tokens[word].end : self.tokens[word + 1].start]) is not None


def _squeeze(text: str) -> str:
    return _DOUBLED.sub(r"\1", normalise(text))


def _whole_words(tokens: Iterable[Token]) -> Iterator[Token]:
    """Join what touches: in Arabizi a digit is a letter ("3alaykom")."""
    previous: Token | None = None
    for token in tokens:
        if previous is not None and previous.end == token.start:
            previous = Token(previous.text + token.text, previous.start, token.end)
            continue
        if previous is not None:
            yield previous
        previous = token
    if previous is not None:
        yield previous


@lru_cache(maxsize=64)
def message_of(text: str) -> Message:
    """Return `text` as its words in the form that the rules match."""
    tokens = tuple(_whole_words(tokenise_with_offsets(text)))
    return Message(text, tokens, tuple(_DOUBLED.sub(r"\1", token.text) for token in tokens))


def _sections(name: str) -> dict[str, list[str]]:
    sections: defaultdict[str, list[str]] = defaultdict(list)
    section = ""
    for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        heading = _SECTION.fullmatch(line)
        if heading is not None:
            section = heading[1]
        elif line and not line.startswith("#"):
            sections[section].append(line)
    return dict(sections)


@cache
def _patterns() -> dict[str, list[str]]:
    return {name: [_squeeze(rule) for rule in rules] for name, rules in _sections("small_talk").items()}


@cache
def pattern(section: str) -> re.Pattern[str]:
    """Return the rules of a section of small_talk.txt as one pattern of whole words."""
    return re.compile(f"(?<!\\S)(?:{'|'.join(_patterns()[section])})(?!\\S)")


@cache
def _courtesies(*, bare: bool) -> re.Pattern[str]:
    ending = " bare" if bare else ""
    kinds = (f"(?P<{kind}>{'|'.join(_patterns()[kind + ending])})" for kind in COURTESIES)
    return re.compile(f"(?:{'|'.join(kinds)})")


@cache
def _any_courtesy(*, from_end: bool) -> re.Pattern[str]:
    rules = "|".join(rule for kind in COURTESIES for end in ("", " bare") for rule in _patterns()[kind + end])
    return re.compile(rf"(?<!\S)و?(?:{rules})$" if from_end else rf"و?(?:{rules})(?!\S)")


@lru_cache(maxsize=128)
def may_be_courtesy(line: str, *, from_end: bool) -> bool:
    """Tell whether any courtesy may stand at one end of `line`: most questions have none, and it is quick."""
    found = _any_courtesy(from_end=from_end)
    return (found.search(line) if from_end else found.match(line)) is not None


@lru_cache(maxsize=16_384)
def courtesy(line: str, *, bare: bool) -> str:
    """Return the kind of courtesy that `line` is, or ""; with `bare` also of doubtful words."""
    for form in dict.fromkeys((line, line.removeprefix("و"))):
        found = _courtesies(bare=False).fullmatch(form)
        if found is None and bare:
            found = _courtesies(bare=True).fullmatch(form)
        if found is not None:
            return found.lastgroup or ""
    return ""


@cache
def _words(section: str) -> frozenset[str]:
    listed = " ".join(_sections("small_talk_words")[section]).split()
    return frozenset(_squeeze(word.replace("_", " ")) for word in listed)


def is_word(section: str, word: str) -> bool:
    """Tell whether a section of small_talk_words.txt lists `word`, bare or behind a proclitic."""
    return not _words(section).isdisjoint(_forms(word))


@lru_cache(maxsize=4096)
def _forms(word: str) -> tuple[str, ...]:
    """Return a word and what it may be without a proclitic."""
    bare = _PROCLITICS.sub("", word)
    # The article has lost one ل to the making of doubled letters single: "اللهجة".
    swallowed = f"ل{bare}" if word.startswith("ال") else bare
    return word, bare, _ASPECT.sub("", bare), swallowed


def every(sections: Sequence[str], words: Sequence[str]) -> bool:
    """Tell whether each word is listed in one of the sections."""
    return all(any(is_word(section, word) for section in sections) for word in words)


def some(section: str, words: Sequence[str]) -> bool:
    """Tell whether a word, or two in a row, are listed in the section."""
    pairs = (f"{one} {other}" for one, other in pairwise(words))
    return any(is_word(section, word) for word in words) or not _words(section).isdisjoint(pairs)
