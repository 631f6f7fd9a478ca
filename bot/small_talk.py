"""What is no question about an article: greetings, thanks, abuse, orders, and what cannot be read at all."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.small_talk_rules import (
    LONGEST_COURTESY,
    Message,
    courtesy,
    every,
    is_word,
    may_be_courtesy,
    message_of,
    pattern,
    some,
)
from knowledge.arabic import normalise
from knowledge.arabizi import transliterations
from knowledge.dialects import to_standard
from knowledge.scripts import script_of

LONGEST_QUESTION: Final = 4_000
"""Characters; Telegram sends at most 4,096 in a message."""
_LONGEST_SMALL_TALK = 400
_LONGEST_ARABIZI = 50
"""Characters; to read longer ones takes milliseconds, and they mostly ask."""
_LONGEST_ADDITION = 6
_LONGEST_ABOUT_BOT = 12
_LONGEST_ABUSE = 10
"""Words; beyond them a message is likelier to hold a question too."""
_IDENTITY = ("identity marker", "identity word", "particle")
_ABOUT_BOT = ("bot marker", "bot verb", "bot word", "bot verb beside", "particle")
_ABOUT_VERB = ("bot verb", "bot verb beside", "particle")
_QUESTION_MARK = re.compile(r"[?؟]")
_CLAUSE_END = re.compile(r"[.!?؟،,;:؛\n]+")
_VOCATIVE = re.compile(r"(?<!\S)(?:يا|ya) (\S+)")
_YOURS = re.compile(r"(?!ال)\w{2,}(?:ني|نا|ك|كم)")
_DAMAGED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
_MOST_DAMAGED = 0.2
"""The share of a text that may be no text: a broken letter in a question leaves it a question."""
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class _Core:
    """What stands between the courtesies at both ends: words `first` to `last`; and the courtesies' kinds."""

    first: int
    last: int
    kinds: tuple[str, ...]


def _courtesy_at(
    message: Message, first: int, last: int, *, from_end: bool, closely: bool
) -> tuple[str, int]:
    """Return the kind and the number of words of the longest courtesy at one end; ("", 0) for none.

    `closely`: a word that may be something else counts only where punctuation or the end sets it apart.
    """
    for length in range(min(LONGEST_COURTESY, last - first), 0, -1):
        begin, end = (last - length, last) if from_end else (first, first + length)
        apart = not closely or message.pauses_after((begin if from_end and begin else end) - 1)
        kind = courtesy(message.line(begin, end), bare=apart)
        if kind:
            return kind, length
    return "", 0


def _core(message: Message, *, closely: bool) -> _Core:
    first, last = 0, len(message.words)
    kinds: list[str] = []
    whole = message.line(first, last)
    for from_end in (False, True):
        while first < last and may_be_courtesy(whole, from_end=from_end):
            kind, length = _courtesy_at(message, first, last, from_end=from_end, closely=closely)
            if not length:
                break
            kinds.append(kind)
            first, last = (first, last - length) if from_end else (first + length, last)
    return _Core(first, last, tuple(kinds))


def _clauses(text: str) -> list[Sequence[str]]:
    """The words of each clause of a message of several."""
    clauses = [clause for clause in _CLAUSE_END.split(text) if clause and not clause.isspace()]
    return [message_of(clause).words for clause in clauses] if len(clauses) > 1 else []


def _asks(words: Sequence[str]) -> bool:
    return some("question", words)


def _courteous(message: Message, core: _Core) -> str | None:
    """The kind of a message of courtesies, and of what people add to them without asking anything."""
    kinds = set(core.kinds) - {"address"}
    rest = message.words[core.first : core.last]
    personal = some("personal", rest) or any(_YOURS.fullmatch(word) for word in rest)
    added = personal and len(rest) <= _LONGEST_ADDITION
    asks = _asks(rest) or some("request", rest) or _QUESTION_MARK.search(message.text) is not None
    added = added and not asks
    for kind in ("farewell", "thanks"):
        if kind in kinds and (added or not rest):
            return kind
    if not rest:
        return "greeting" if core.kinds else None
    return min(kinds) if kinds and every(("greeting beside",), rest) else None


def _about_bot(line: str, words: Sequence[str]) -> str | None:
    """Whether every word belongs to talk about the bot, and some word speaks to it."""
    if pattern("about_bot whole").fullmatch(line):
        return "about_bot"
    if not words or len(words) > _LONGEST_ABOUT_BOT:
        return None
    if every(_IDENTITY, words) and some("identity marker", words):
        return "identity"
    # "بك" alone is what is left of a greeting.
    if every(_ABOUT_BOT, words) and some("bot marker", words) and (len(words) > 1 or len(line) > 4):
        return "about_bot"
    # "تعمل" is "you work" and "she works": only among words that leave no room for a "she".
    aimed = every(_ABOUT_VERB, words) and some("bot verb", words) and not some("place or time", words)
    return "about_bot" if aimed else None


def _aimed(words: Sequence[str]) -> bool:
    return some("second person", words) or any(re.fullmatch(r"(?!ال)\w+ك", word) for word in words)


def _insults(line: str, words: Sequence[str]) -> bool:
    """Whether every word insults or leads up to it, and the insult is aimed at somebody spoken to."""
    if pattern("abuse phrase").fullmatch(line):
        return True
    rest = pattern("abuse word").sub(" ", line)
    strong = rest != line and (_aimed(words) or not _asks(words))
    weak = some("abuse weak", words) and _aimed(words)
    return (strong or weak) and every(("abuse beside", "abuse weak"), rest.split())


def _is_abuse(text: str, line: str, words: Sequence[str]) -> bool:
    """Whether a clause of a message that asks nothing insults, or it calls somebody names."""
    if _QUESTION_MARK.search(text) or len(words) > _LONGEST_ABUSE:
        return False
    if any(_insults(" ".join(clause), clause) for clause in _clauses(text)):
        return True
    if _asks(words):
        return False
    called: list[str] = _VOCATIVE.findall(line)
    named = any(is_word("abuse weak", name) or pattern("abuse word").fullmatch(name) for name in called)
    return named or pattern("abuse phrase").search(line) is not None


def _is_order(text: str, line: str, words: Sequence[str]) -> bool:
    """Whether a clause turns against the instructions, or the message opens by ordering something else."""
    clauses = (line, *map(" ".join, _clauses(text)))
    if any(pattern("command clause").fullmatch(clause) for clause in clauses if clause):
        return True
    if pattern("command polite").fullmatch(line):
        return True
    return "؟" not in text and not _asks(words) and pattern("command opening").fullmatch(line) is not None


def _kind_of(text: str) -> str | None:
    message = message_of(text)
    whole = " ".join(message.words)
    if _insults(whole, message.words):
        return "abuse"
    loose = _core(message, closely=False)
    kind = _courteous(message, loose)
    if kind is not None:
        return kind
    core = _core(message, closely=True) if loose.kinds else loose
    words = message.words[core.first : core.last]
    line = " ".join(words)
    kind = _about_bot(line, words)
    if kind is None and loose.kinds:
        kind = _about_bot(*_between(message, loose))
    if kind is not None:
        return kind
    if _is_abuse(text, whole, message.words):
        return "abuse"
    if core.kinds and (_insults(line, words) or _is_abuse(text, line, words)):
        return "abuse"
    return "command" if _is_order(text, line, words) else None


def _between(message: Message, core: _Core) -> tuple[str, Sequence[str]]:
    words = message.words[core.first : core.last]
    return " ".join(words), words


def _wordings(text: str) -> Iterator[str]:
    """The message as typed, towards standard Arabic, and in Arabic letters."""
    yield text
    if script_of(text) == "arabizi":
        if len(text) <= _LONGEST_ARABIZI:
            yield from transliterations(text, most=2)
        return
    standard = to_standard(text).text
    if standard and standard != text:
        yield standard


@lru_cache(maxsize=1024)
def classify(text: str) -> str | None:
    """Return what kind of small talk `text` is, or None when it may ask about something.

    Kinds: greeting, thanks, farewell, identity, about_bot, abuse, command (orders, also in disguise).
    In doubt None: a question that is brushed off is worse than a greeting that is searched for.
    """
    if len(text) > LONGEST_QUESTION:
        return None
    if len(text) > _LONGEST_SMALL_TALK:
        words = message_of(text).words
        return "command" if _is_order(text, " ".join(words), words) else None
    kinds = (_kind_of(wording) for wording in _wordings(text))
    return next((kind for kind in kinds if kind is not None), None)


def strip_greeting(text: str) -> str:
    """Return `text` without the courtesies it begins and ends with; unchanged when nothing else is there."""
    if len(text) > LONGEST_QUESTION:
        return text
    message = message_of(text)
    core = _core(message, closely=True)
    if core.first >= core.last or not core.kinds:
        return text
    start = message.tokens[core.first].start if core.first else 0
    end = message.tokens[core.last].start if core.last < len(message.tokens) else len(text)
    return text[start:end].strip()


def unreadable(text: str) -> str | None:
    """Return why `text` cannot be read: empty, only_symbols, too_long or other_script; None when it can."""
    if not _INVISIBLE.sub("", text):
        return "empty"
    if len(text) > LONGEST_QUESTION:
        return "too_long"
    if len(_DAMAGED.findall(text)) > len(text) * _MOST_DAMAGED:
        return "only_symbols"
    # Without elongations and vowel signs: by themselves they are no words.
    plain = normalise(text)
    script = script_of(plain)
    if script == "none":
        return None if any(character.isdigit() for character in plain) else "only_symbols"
    latin = any(character.isascii() and character.isalpha() for character in plain)
    return "other_script" if script == "other" and not latin else None
