"""A question → what to quote, and whether the articles answer it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from bot import small_talk, support
from bot.answer import Answer, ArticleSummary, FoundPassage, Quote, Span, Turn, Verdict
from bot.conversation import understood
from index.generation import Generation
from index.protocols import Embedder, Matcher, Reader, ReadSentence, Vectors, WordStore
from index.query import articles_words, follow_up_query, query_of
from index.reading import read as read_best
from index.reports import IndexStatus
from index.retriever import Candidates, Query, retrieve
from knowledge.types import Passage

PASSAGES_RETURNED = 10
SECOND_SENTENCE_MARGIN = 0.35
"""A neighbour is quoted too when its score is this near to the best sentence's.

The scores of neighbours differ by .1 to .5; at .35 about one quotation in four has two sentences.
"""

SECOND_SENTENCE_MARGIN_READ = 6.0
"""The same where the logits of a reader and a matcher are part of the scores."""
SPAN_CERTAINTY = 0.4
"""The probability from which words are marked as those that answer."""


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
            quotes=self._quotes(generation, found, read, always=always) if answered or always else (),
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

    def _quotes(
        self, generation: Generation, found: Candidates, read: Mapping[int, ReadSentence], *, always: bool
    ) -> tuple[Quote, ...]:
        """Return the best sentence, and its better neighbour in its document when that is nearly as good.

        Words are marked where the reader is sure of them; with `always`, in the best sentence in any case.
        """
        if not len(found.sentences):
            return ()
        best = int(found.sentence_score.argmax())
        row = int(found.sentences[best])
        chosen = [row]
        neighbours = [
            (float(found.sentence_score[position]), int(found.sentences[position]))
            for position in np.flatnonzero(abs(found.sentences - row) == 1)
            if _document(generation, int(found.sentences[position])) == _document(generation, row)
        ]
        if neighbours:
            score, neighbour = max(neighbours)
            margin = SECOND_SENTENCE_MARGIN if self.reader is None else SECOND_SENTENCE_MARGIN_READ
            if float(found.sentence_score[best]) - score < margin:
                chosen.append(neighbour)
        marked = {
            sentence: read[sentence]
            for sentence in chosen
            if sentence in read
            and read[sentence].start < read[sentence].end
            and (_is_sure(read[sentence]) or (always and sentence == row))
        }
        return tuple(_quote(generation, sentence, marked.get(sentence)) for sentence in sorted(chosen))

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


def _document(generation: Generation, sentence: int) -> str:
    passages = generation.passages
    return passages.document_of(int(passages.passage_of_sentence(sentence))).id


def _quote(generation: Generation, sentence: int, marked: ReadSentence | None) -> Quote:
    passages = generation.passages
    row = int(passages.passage_of_sentence(sentence))
    passage = passages.passage(row)
    index = sentence - int(passages.first_sentence[row])
    quoted = passage.sentences[index]
    return Quote(
        document_id=passage.document_id,
        title=passage.title,
        start=quoted.start,
        end=quoted.end,
        text=quoted.text,
        ordinal=passage.ordinal,
        sentence_number=passages.sentence_number(row, index),
        spans=(Span(quoted.start + marked.start, quoted.start + marked.end),) if marked else (),
    )


def _is_sure(read: ReadSentence) -> bool:
    return read.score > 0 and read.certainty >= SPAN_CERTAINTY
