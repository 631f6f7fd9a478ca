"""Puts the best candidates of the retriever before a reader, and what it thinks into their scores."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from index.generation import Generation
from index.protocols import Reader, ReadSentence
from index.retriever import Candidates, Query, best_first

READ = 24
"""Sentences read for a question at most; beyond, the reader errs as often as it finds."""
_AT_A_TIME = 4
_ENOUGH = 1.0
"""A logit above which a sentence answers so surely that no more are read: most questions need four."""
_HOPELESS, _TRIED = -3.0, 8
"""The text hardly answers what none of so many sentences has a higher logit for."""
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

    The best are read, a few at a time until one seems to answer or none is going to, then the neighbours of
    the best of them.
    A sentence that is not read counts as the one of which the reader thinks least.
    """
    if not len(found.sentences):
        return found, {}
    reading = _Reading(generation, query.reading or query.text, reader)
    first = found.sentences[np.argsort(-found.sentence_score, kind="stable")[:READ]].tolist()
    known: dict[int, ReadSentence] = {}
    for start in range(0, len(first), _AT_A_TIME):
        known |= reading.of(first[start : start + _AT_A_TIME])
        highest = max(sentence.score for sentence in known.values())
        if highest > _ENOUGH or (len(known) >= _TRIED and highest < _HOPELESS):
            break
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
