"""Follow-up questions: what "ولماذا؟" asks, given the questions before it.

A question that names no subject of its own, or points at one that it has not named, leans on the question
before it; in doubt it stands alone. The words that tell are in texts/follow_up.txt.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final

from bot.answer import Turn
from bot.question_words import COPULAS, DEMONSTRATIVES, NAMING, Role, Word, kind_of, resumes, words_of
from knowledge.arabic import is_arabic, tokenise_with_offsets
from knowledge.questions import readings

MOST_TURNS: Final = 4
MOST_WORDS: Final = 24
"""Words of earlier questions that a follow-up takes with it."""
_MOST_OWN_WITHOUT_SUBJECT = 3
_MOST_OWN_POINTING = 5
_MOST_OWN_GOING_ON = 2
_SEARCHED = frozenset((Role.QUESTION, Role.GENERIC, Role.OWN))


@dataclass(frozen=True, slots=True)
class Understood:
    """What a question asks, the earlier ones taken into account."""

    question: str
    """As a stranger to the conversation would have to ask it; the very question when it stands alone."""
    follow_up: bool = False
    own: str = ""
    """The words that a follow-up adds to what was asked before; they weigh most in a search."""


def understood(
    question: str, context: Sequence[Turn], vocabulary: Container[str] | None = None
) -> Understood:
    """Return what `question` asks after `context`, the chat's earlier turns, oldest first.

    `vocabulary` holds the words of the articles in matching form, to read Arabizi by.
    """
    before = ""
    for turn in context[-MOST_TURNS:]:
        before = _together(turn.question, before, vocabulary).question
    return _together(question, before, vocabulary)


def stands_alone(question: str) -> bool:
    """Tell whether `question` can be understood by itself."""
    return not _leans(_taken_apart(question, None))


@dataclass(frozen=True, slots=True)
class _Question:
    """A question in standard Arabic, or in the language it is in, without what leads up to it."""

    wording: str
    words: Sequence[Word]
    goes_on: bool
    """Whether it begins with what joins it to something before: "and", "so", "طيب"."""

    @property
    def asks(self) -> bool:
        """Whether it has a question word of its own; the one of "ماذا عن" is none."""
        following = [*(word.role for word in self.words[1:]), None]
        return any(
            word.role is Role.QUESTION and after is not Role.ABOUT
            for word, after in zip(self.words, following, strict=True)
        )

    @property
    def own(self) -> list[Word]:
        return [word for word in self.words if word.role is Role.OWN]


def _taken_apart(question: str, vocabulary: Container[str] | None) -> _Question:
    start = 0
    for token in tokenise_with_offsets(question):
        if kind_of(token.text) is not Role.CONNECTOR:
            break
        start = token.end
    bare = question[start:].lstrip(" ،,.!؛-") or question
    read = readings(bare, vocabulary)
    arabizi = read.script == "arabizi" and read.alternatives
    wording = read.alternatives[0] if arabizi else read.standard
    words = words_of(wording)
    joined = bool(words) and (words[0].joined or words[0].role is Role.CONNECTOR)
    return _Question(wording, words, joined or bare != question)


def _together(question: str, before: str, vocabulary: Container[str] | None) -> Understood:
    if not before:
        return Understood(question)
    asked = _taken_apart(question, vocabulary)
    if not _leans(asked):
        return Understood(question)
    searched = [word for word in asked.words if word.role in _SEARCHED]
    earlier = _taken_apart(before, vocabulary)
    own = " ".join(word.typed for word in asked.own)
    added = " ".join(word.typed for word in searched)
    known = {word.text for word in searched}
    if asked.asks:
        return Understood(f"{added} {_rest(earlier, known)}".strip(), follow_up=True, own=own)
    put_in = " ".join(word.typed for word in searched if word.role is not Role.QUESTION)
    return Understood(f"{earlier.wording.rstrip(' ?؟.!')} {put_in}".strip(), follow_up=True, own=own)


def _rest(earlier: _Question, known: Container[str]) -> str:
    """Return an earlier question from the first word on that does not ask, without `known` words."""
    words = list(earlier.words)
    while len(words) > 1 and words[0].role in (Role.QUESTION, Role.CONNECTOR, Role.REFERENCE):
        words.pop(0)
    return " ".join([word.typed for word in words if word.text not in known][:MOST_WORDS])


def _leans(asked: _Question) -> bool:
    if not asked.words:
        return False
    own = asked.own
    if not own:
        return True
    subject = _subject(asked.words)
    without_subject = subject is None and len(own) <= _MOST_OWN_WITHOUT_SUBJECT
    pointing = _points(asked.words, subject)
    if not asked.asks:
        return _continues(asked, own) or (pointing and len(own) <= _MOST_OWN_WITHOUT_SUBJECT)
    return (
        without_subject
        or (pointing and len(own) <= _MOST_OWN_POINTING)
        or (asked.goes_on and len(own) <= _MOST_OWN_GOING_ON and _only_mentions(asked.words, subject))
    )


def _continues(asked: _Question, own: Sequence[Word]) -> bool:
    """Whether only other words are put into the question before: "والشركات؟", "what about Almaty?"."""
    joined = asked.goes_on or any(word.role is Role.ABOUT for word in asked.words)
    return joined and len(own) <= _MOST_OWN_WITHOUT_SUBJECT and not any(word.is_verb for word in own)


def _only_mentions(words: Sequence[Word], subject: int | None) -> bool:
    """Whether the subject is a common noun behind another word: "طيب وماذا فعلت الوزارة؟"."""
    if not subject or [word.is_definite for word in words].count(True) != 1:
        return False
    return words[subject].is_definite and words[subject - 1].role is not Role.QUESTION


def _subject(words: Sequence[Word]) -> int | None:
    """Return where a question names a subject of its own, None when it does not."""
    bare: list[int] = []
    for at, word in enumerate(words):
        if word.role is not Role.OWN or word.is_indefinite:
            continue
        if word.is_definite or word.text[0].isdigit():
            return at
        if not word.is_counted:
            bare.append(at)
    names = [at for at in bare if not words[at].is_verb and not words[at].has_pronoun]
    if len(bare) > 1 and names:
        # The first bare word may be a verb, "أين ولد مانديلا؟", but less so in "من شارل باربييه؟".
        named = names[0] > 0 and words[names[0] - 1].text in NAMING
        certain = named and not any(words[at].has_certain_pronoun for at in bare)
        return next((at for at in names if at > bare[0] or certain), None)
    return names[0] if names and _is_asked_about(words, names[0]) else None


def _is_asked_about(words: Sequence[Word], at: int) -> bool:
    """Whether what is asked is who or what a word is: "من هو مانديلا؟"; true of any other language."""
    if not is_arabic(words[at].text):
        return True
    return at > 1 and words[at - 1].text in COPULAS and words[at - 2].text in NAMING


def _points(words: Sequence[Word], subject: int | None) -> bool:
    """Whether a word points at something that the question has not named before it."""
    only_subject = sum(word.role is Role.OWN for word in words) == 1
    for at, word in enumerate(words):
        # A pronoun behind the subject is the subject's, unless nothing is said of it: "من المسؤول عنه؟"
        if subject is not None and (at == subject or word.is_counted) and not only_subject:
            return False
        if word.role is Role.REFERENCE and _refers(words, at, subject):
            return True
        # With a subject in sight a final ه is likelier a ة typed in haste.
        pronoun = word.has_certain_pronoun if subject is not None else word.has_pronoun
        if word.role is Role.OWN and pronoun and not resumes(words[:at], word):
            return True
    return False


def _refers(words: Sequence[Word], at: int, subject: int | None) -> bool:
    """Whether a word that can point does; not in "من هو فلان", "هذا الثلج", "who says that prices fell"."""
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else None
    if word.text in COPULAS:
        return subject is None
    if word.text == "that":
        return following is None or following.role is not Role.OWN
    if word.text in DEMONSTRATIVES and following is not None and following.is_definite:
        return False
    return not resumes(words[:at], word)
