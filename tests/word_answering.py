"""A fake of answering without a model: quotes the sentence that shares most words with the question."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

from bot.answer import Answer, ArticleSummary, FoundPassage, Quote, Span, Turn, Verdict
from index.reports import IndexStatus
from knowledge.arabic import tokenise
from knowledge.passages import split_passages
from knowledge.types import Document, Passage, Sentence


@dataclass
class WordAnswering:
    """Answers from `documents`; sure enough at `least` of a cosine over words; marks a year in a quote."""

    documents: Sequence[Document]
    least: float = 0.3
    asked: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def _passages(self) -> list[Passage]:
        return [passage for document in self.documents for passage in split_passages(document)]

    def answer(
        self, question: str, context: Sequence[Turn] = (), *, always: bool = False, hurried: bool = False
    ) -> Answer:
        self.asked.append((question, always))
        ranked = sorted(self._passages, key=lambda passage: -self._best(question, passage)[0])[:10]
        score, sentence = self._best(question, ranked[0])
        answered = score >= self.least
        return Answer(
            question=question,
            verdict=Verdict.ANSWERED if answered else Verdict.NOT_STATED,
            quotes=(self._quote(ranked[0], sentence),) if answered or always else (),
            confidence=score,
            passages=tuple(FoundPassage(own, self._best(question, own)[0]) for own in ranked),
        )

    def articles(self) -> Sequence[ArticleSummary]:
        return [ArticleSummary(own.id, own.title, own.source, own.questions) for own in self.documents]

    def passage(self, document_id: str, ordinal: int) -> Passage | None:
        return next(
            (own for own in self._passages if own.document_id == document_id and own.ordinal == ordinal), None
        )

    def status(self) -> IndexStatus:
        sentences = sum(len(own.sentences) for own in self._passages)
        return IndexStatus("g-1", len(self.documents), len(self._passages), sentences, "words", "2026-01-01")

    def _best(self, question: str, passage: Passage) -> tuple[float, Sentence]:
        scored = [(_overlap(question, sentence.text), sentence) for sentence in passage.sentences]
        return max(scored, key=lambda pair: pair[0])

    def _quote(self, passage: Passage, sentence: Sentence) -> Quote:
        at = sentence.text.find("20")
        spans = (Span(sentence.start + at, sentence.start + at + 4),) if at >= 0 else ()
        return Quote.of(passage, sentence, 1 + passage.sentences.index(sentence), spans)


def _overlap(one: str, other: str) -> float:
    first, second = set(tokenise(one)), set(tokenise(other))
    return len(first & second) / sqrt(len(first) * len(second)) if first and second else 0.0
