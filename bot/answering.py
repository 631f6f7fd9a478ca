"""A question → what to quote, and whether the articles answer it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from bot import quoting, small_talk, support
from bot.answer import Answer, ArticleSummary, FoundPassage, Turn, Verdict
from bot.conversation import understood
from index.generation import Generation
from index.protocols import Embedder, Matcher, Reader, ReadSentence, Vectors, WordStore
from index.query import articles_words, follow_up_query, query_of
from index.reading import read as read_best
from index.reports import IndexStatus
from index.retriever import Query, retrieve
from knowledge.types import Passage

PASSAGES_RETURNED = 10


@dataclass(frozen=True, slots=True)
class AnswerService:
    """Answers questions from the current generation; safe to call from several threads."""

    current: Callable[[], Generation]
    embedder: Embedder
    background: Vectors
    """Of sentences on unrelated subjects, shape (sentences, dimension)."""
    caution: float
    """The least confidence at which a question counts as answered."""
    reader: Reader | None = None
    """Without one, the ranking and the confidence are the retriever's alone, and no words are marked."""
    matcher: Matcher | None = None
    """Asked where there is a reader; without one, paraphrases are found less often."""

    def answer(
        self, question: str, context: Sequence[Turn] = (), *, always: bool = False, hurried: bool = False
    ) -> Answer:
        """Return the answer to `question`.

        With `always`, quotes even when the judge would not answer; with `hurried`, does without the reader.
        """
        started = perf_counter()
        service = replace(self, reader=None) if hurried else self
        answer = service._reply(question, always=always) or service._search(question, context, always=always)
        return replace(answer, elapsed_ms=round((perf_counter() - started) * 1000, 3))

    def _reply(self, question: str, *, always: bool) -> Answer | None:
        """Return the fixed reply to what is no question, or None."""
        unreadable = small_talk.unreadable(question)
        if unreadable is not None:
            return Answer(question, Verdict.UNREADABLE, small_talk=unreadable)
        kind = small_talk.classify(question)
        if kind is None:
            return None
        if not always:
            return Answer(question, Verdict.SMALL_TALK, small_talk=kind)
        return replace(
            self._search(question, (), always=True),
            verdict=Verdict.SMALL_TALK,
            small_talk=kind,
            confidence=0.0,
        )

    def _search(self, question: str, context: Sequence[Turn], *, always: bool) -> Answer:
        generation = self.current()
        query = self._query(small_talk.strip_greeting(question), context, generation.sentence_words)
        found = retrieve(generation, query)
        read: Mapping[int, ReadSentence] = {}
        if self.reader is not None:
            found, read = read_best(generation, query, found, self.reader, self.matcher)
        calibration = support.WITHOUT_READER if self.reader is None else support.WITH_READER
        evidence = support.evidence_of(found, self.background @ query.vector, read)
        confidence = support.confidence(evidence, calibration)
        answered = confidence >= self.caution
        return Answer(
            question=question,
            verdict=Verdict.ANSWERED if answered else Verdict.NOT_STATED,
            quotes=quoting.quotes_of(generation, found, read, always=always) if answered or always else (),
            confidence=round(confidence, 4),
            passages=tuple(
                FoundPassage(generation.passages.passage(int(row)), round(float(score), 4))
                for row, score in zip(
                    found.passages[:PASSAGES_RETURNED], found.passage_score[:PASSAGES_RETURNED], strict=True
                )
            ),
            generation=generation.manifest.generation,
        )

    def _query(self, question: str, context: Sequence[Turn], words: WordStore) -> Query:
        asked = understood(question, context, articles_words(words))
        query = query_of(asked.question, self.embedder, words)
        return follow_up_query(question, query, asked.own, self.embedder, words) if asked.follow_up else query

    def articles(self) -> Sequence[ArticleSummary]:
        """Return the articles of the current generation in a stable order."""
        return [
            ArticleSummary(document.id, document.title, document.source, document.questions)
            for document in self.current().passages.documents
        ]

    def passage(self, document_id: str, ordinal: int) -> Passage | None:
        """Return one passage of the current generation, or None when it is no longer there."""
        passages = self.current().passages
        row = passages.row(document_id, ordinal)
        return None if row is None else passages.passage(row)

    def status(self) -> IndexStatus:
        """Return what is being answered from."""
        return self.current().manifest.status()
