"""What answering a question yields: values only, shared by Telegram, the console and the command line."""

from dataclasses import dataclass, field
from enum import StrEnum

from knowledge.types import Passage, Sentence


class Verdict(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    NOT_STATED = "not_stated"
    """A question, but the articles do not answer it (or not surely enough)."""
    SMALL_TALK = "small_talk"
    """Not a question about the articles: `Answer.small_talk` names the reply."""
    UNREADABLE = "unreadable"
    """Empty, only emoji or symbols, or too long: `Answer.small_talk` names the reply."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words inside a quote that answer by themselves; offsets point into the document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quote:
    """One quoted sentence, word for word; offsets point into the document's text."""

    document_id: str
    title: str
    start: int
    end: int
    text: str
    ordinal: int
    """Ordinal of the passage it stands in, from 0."""
    sentence_number: int
    """Number of the sentence in the document, from 1."""
    spans: tuple[Span, ...] = ()

    @staticmethod
    def of(passage: Passage, sentence: Sentence, number: int, spans: tuple[Span, ...] = ()) -> "Quote":
        """Return `sentence`, one of `passage`, as a quote; `number` is its own in the document, from 1."""
        return Quote(
            document_id=passage.document_id,
            title=passage.title,
            start=sentence.start,
            end=sentence.end,
            text=sentence.text,
            ordinal=passage.ordinal,
            sentence_number=number,
            spans=spans,
        )


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that may bear on the question, best first in `Answer.passages`."""

    passage: Passage
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome for one question.

    `quotes` holds at most two consecutive sentences and is empty unless answered (or forced);
    `confidence` is the calibrated probability that the quotes answer.
    """

    question: str
    verdict: Verdict
    quotes: tuple[Quote, ...] = ()
    confidence: float = 0.0
    passages: tuple[FoundPassage, ...] = ()
    small_talk: str = ""
    """The key of the fixed reply in bot.messages, for SMALL_TALK and UNREADABLE."""
    generation: str = ""
    """The index generation that answered."""
    elapsed_ms: float = field(default=0.0, compare=False)

    @property
    def answered(self) -> bool:
        """Whether the judge thinks that the quotes answer the question."""
        return self.verdict is Verdict.ANSWERED

    @property
    def text(self) -> str:
        """The quoted sentences and nothing else."""
        return " ".join(quote.text for quote in self.quotes)


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of the same chat and the sentences that answered it."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """What a reader may know of one article before asking."""

    document_id: str
    title: str
    source: str
    questions: tuple[str, ...]
