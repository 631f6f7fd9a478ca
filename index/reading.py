"""Puts the best candidates of the retriever before a reader, and what it thinks into their scores."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from index.generation import Generation
from index.protocols import Reader, ReadSentence
from index.retriever import Candidates, Query, best_first

READ = 8
"""Sentences read for a question: the answer is among the first eight of nine in ten that have one."""
RETRIEVAL_WEIGHT = 2.0
"""Of the retriever's score against the reader's logit (`python -m benchmarks.fit_support` prints others)."""


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
    generation: Generation, query: Query, found: Candidates, reader: Reader
) -> tuple[Candidates, Mapping[int, ReadSentence]]:
    """Return the candidates with the scores of both, and by sentence row what the reader made of the best.

    The best are read, then the neighbours of the best of them. A sentence that is not read counts as
    the one of which the reader thinks least.
    """
    if not len(found.sentences):
        return found, {}
    reading = _Reading(generation, query.reading or query.text, reader)
    first = np.argsort(-found.sentence_score, kind="stable")[:READ]
    known = reading.of(found.sentences[first].tolist())
    best = int(found.sentences[_with(found, known).sentence_score.argmax()])
    beside = found.sentences[np.abs(found.sentences - best) == 1]
    known |= reading.of([row for row in beside.tolist() if row not in known])
    return best_first(_with(found, known)), known


@dataclass(frozen=True, slots=True)
class _Reading:
    generation: Generation
    question: str
    reader: Reader

    def of(self, rows: list[int]) -> dict[int, ReadSentence]:
        sentences = [sentence_of(self.generation, row) for row in rows]
        pairs = [(sentence.before, sentence.text) for sentence in sentences]
        return dict(zip(rows, self.reader.read(self.question, pairs), strict=True))


def _with(found: Candidates, known: Mapping[int, ReadSentence]) -> Candidates:
    least = min(read.score for read in known.values())
    read = np.array(
        [known[row].score if row in known else least for row in found.sentences.tolist()], np.float32
    )
    best = np.maximum.reduceat(read, found.first_sentence[:-1])
    return replace(
        found,
        sentence_score=found.sentence_score * RETRIEVAL_WEIGHT + read,
        passage_score=found.passage_score * RETRIEVAL_WEIGHT + best,
    )
