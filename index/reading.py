"""Puts the best candidates of the retriever before a reader, and what it thinks into their scores."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.generation import Generation
from index.protocols import Matcher, Reader, ReadSentence, Vectors
from index.retriever import Candidates, Query, best_first

READ = 24
"""Sentences read for a question at most; beyond, the reader errs as often as it finds."""
_AT_A_TIME = 4
_ENOUGH = 1.0
"""A logit above which a sentence answers so surely that no more are read: most questions need four."""
_HOPELESS, _TRIED = -3.0, 8
"""The text hardly answers what none of so many sentences has a higher logit for."""
RETRIEVAL_WEIGHT = 1.0
"""Of the retriever's score against the reader's logit (`python -m benchmarks.fit_support` prints others)."""
MATCH_WEIGHT = 0.6
"""Of the matcher's logit, likewise."""
PASSAGE_WEIGHT = 4.0
PASSAGE_MATCH_WEIGHT = 0.3
"""Of the retriever's score of a passage and of the matcher's logit of its best sentence, likewise."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence row as it stands in its document."""

    text: str
    before: str
    """The sentence before it in its document, empty for the first."""


def sentence_of(generation: Generation, row: int) -> Sentence:
    """Return the sentence in `row`."""
    passages = generation.passages
    number = int(passages.passage_of_sentence(row))
    index = row - int(passages.first_sentence[number])
    text = passages.passage(number).sentences[index].text
    if index:
        return Sentence(text, passages.passage(number).sentences[index - 1].text)
    if number and passages.document_of(number - 1).id == passages.document_of(number).id:
        return Sentence(text, passages.passage(number - 1).sentences[-1].text)
    return Sentence(text, "")


def read(
    generation: Generation, query: Query, found: Candidates, reader: Reader, matcher: Matcher | None = None
) -> tuple[Candidates, Mapping[int, ReadSentence]]:
    """Return the candidates with the scores of all, and by sentence row what was made of those read.

    The best are matched and put in a new order, then read, a few at a time until one seems to answer or none
    is going to, then the neighbours of the best of them.
    A sentence that is not read counts as the one of which the reader thinks least, and so with the matcher.
    """
    if not len(found.sentences):
        return found, {}
    reading = _Reading(generation, query, found, reader, matcher)
    best = np.argsort(-found.sentence_score, kind="stable")[:READ]
    reading.match(best)
    order = np.argsort(-reading.scores()[best], kind="stable")
    first = found.sentences[best[order]].tolist()
    for start in range(0, len(first), _AT_A_TIME):
        reading.read(first[start : start + _AT_A_TIME])
        highest = max(sentence.score for sentence in reading.known.values())
        if highest > _ENOUGH or (len(reading.known) >= _TRIED and highest < _HOPELESS):
            break
    row = found.sentences[reading.scores().argmax()]
    beside = np.flatnonzero(np.abs(found.sentences - row) == 1)
    reading.match(beside)
    reading.read(found.sentences[beside].tolist())
    return best_first(reading.scored()), reading.known


class _Reading:
    def __init__(
        self, generation: Generation, query: Query, found: Candidates, reader: Reader, matcher: Matcher | None
    ) -> None:
        self._generation, self._query, self._found = generation, query, found
        self._reader, self._matcher = reader, matcher
        self.matched: dict[int, float] = {}
        self.known: dict[int, ReadSentence] = {}

    def match(self, positions: NDArray[np.intp]) -> None:
        """Match the candidates in `positions`."""
        found = self._found
        rows = found.sentences[positions]
        if self._matcher is None or not len(rows):
            self.matched |= dict.fromkeys(rows.tolist(), 0.0)
            return
        logits = self._matcher.match(
            self._query.wordings,
            self._query.vector,
            [sentence_of(self._generation, row).text for row in rows.tolist()],
            self._generation.sentence_vectors.vectors(rows),
            found.sentence_keyword[positions],
        )
        self.matched |= dict(zip(rows.tolist(), logits.tolist(), strict=True))

    def read(self, rows: list[int]) -> None:
        """Read those sentences of `rows` that are not read yet."""
        rows = [row for row in rows if row not in self.known]
        sentences = [sentence_of(self._generation, row) for row in rows]
        pairs = [(sentence.before, sentence.text) for sentence in sentences]
        question = self._query.reading or self._query.text
        for row, made in zip(rows, self._reader.read(question, pairs), strict=True):
            self.known[row] = replace(made, match=self.matched[row])

    def scores(self) -> Vectors:
        """Return the candidates' sentences' scores by all that is known of them."""
        retrieved = self._found.sentence_score * RETRIEVAL_WEIGHT
        scores: Vectors = retrieved + self._filled(self.matched) * MATCH_WEIGHT + self._read()
        return scores

    def scored(self) -> Candidates:
        """Return the candidates with the scores of all."""
        thought = self._read() + self._filled(self.matched) * PASSAGE_MATCH_WEIGHT
        best = np.maximum.reduceat(thought, self._found.first_sentence[:-1])
        return replace(
            self._found,
            sentence_score=self.scores(),
            passage_score=self._found.passage_score * PASSAGE_WEIGHT + best,
        )

    def _read(self) -> Vectors:
        return self._filled({row: made.score for row, made in self.known.items()})

    def _filled(self, values: Mapping[int, float]) -> Vectors:
        least = min(values.values(), default=0.0)
        return np.array([values.get(row, least) for row in self._found.sentences.tolist()], np.float32)
