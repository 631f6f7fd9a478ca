"""A question → ranked passages and sentences, raw scores kept: a fused score is a rank and no evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.generation import Generation
from index.protocols import Vectors, WordMatches

SIMILARITY_WEIGHT = 5.0
"""Of a cosine against BM25's share of its bound; this model's cosines move within .2, the share within 1."""
PASSAGE_WEIGHT = 0.7
"""Of a sentence's passage in the sentence's own score."""
_PASSAGES_PER_RANKER = 16
SENTENCES_PER_RANKER = 32
"""Three times as many of both find no more, on 650 passages or on 33,000, and take longer."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready: its embedding of shape (dimension,) and its BM25 units."""

    text: str
    vector: Vectors
    units: Sequence[str]
    reading: str = ""
    """The question in standard Arabic, as far as it could be read so."""

    @property
    def wordings(self) -> Sequence[str]:
        """The question as typed, and as read where that differs."""
        return [self.text] if self.reading in {"", self.text} else [self.text, self.reading]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Every passage that some ranker proposed and all their sentences: parallel arrays, best passage first.

    `similarity` is a cosine; `keyword` BM25's share of the most that any row could score, from 0 to 1.
    A passage's sentences are contiguous: `first_sentence[i]` to `first_sentence[i + 1]`.
    """

    passages: NDArray[np.int64]
    passage_score: Vectors
    passage_similarity: Vectors
    passage_keyword: Vectors
    first_sentence: NDArray[np.int64]
    sentences: NDArray[np.int64]
    sentence_score: Vectors
    sentence_similarity: Vectors
    sentence_keyword: Vectors


def retrieve(generation: Generation, query: Query) -> Candidates:
    """Rank the passages of `generation` for `query`."""
    passage_words = generation.passage_words.match(query.units)
    sentence_words = generation.sentence_words.match(query.units)
    rows = _propose(generation, query, passage_words, sentence_words)
    sentences, first = _sentences_of(generation, rows)
    sentence_similarity = generation.sentence_vectors.scores(query.vector, sentences)
    passage_similarity = generation.passage_vectors.scores(query.vector, rows)
    passage_keyword = passage_words.shares(rows)
    nearest = np.maximum.reduceat(sentence_similarity, first[:-1]) if len(rows) else passage_similarity
    passage_score = passage_keyword + SIMILARITY_WEIGHT * (passage_similarity + nearest) / 2
    sentence_keyword = sentence_words.shares(sentences)
    sentence_score = (
        sentence_keyword
        + SIMILARITY_WEIGHT * sentence_similarity
        + PASSAGE_WEIGHT * np.repeat(passage_score, np.diff(first))
    )
    return best_first(
        Candidates(
            passages=rows,
            passage_score=passage_score.astype(np.float32),
            passage_similarity=passage_similarity,
            passage_keyword=passage_keyword,
            first_sentence=first,
            sentences=sentences,
            sentence_score=sentence_score.astype(np.float32),
            sentence_similarity=sentence_similarity,
            sentence_keyword=sentence_keyword,
        )
    )


def best_first(found: Candidates) -> Candidates:
    """Return the candidates in the order of their passages' scores, equal ones by row."""
    order = np.lexsort((found.passages, -found.passage_score))
    inner, first = _ranges(found.first_sentence[order], np.diff(found.first_sentence)[order])
    return Candidates(
        passages=found.passages[order],
        passage_score=found.passage_score[order],
        passage_similarity=found.passage_similarity[order],
        passage_keyword=found.passage_keyword[order],
        first_sentence=first,
        sentences=found.sentences[inner],
        sentence_score=found.sentence_score[inner],
        sentence_similarity=found.sentence_similarity[inner],
        sentence_keyword=found.sentence_keyword[inner],
    )


def _propose(
    generation: Generation, query: Query, passage_words: WordMatches, sentence_words: WordMatches
) -> NDArray[np.int64]:
    """Return the rows of the passages that any of the four rankers puts among its best."""
    by_sentence = np.array(
        [hit.id for hit in generation.sentence_vectors.search(query.vector, SENTENCES_PER_RANKER)],
        dtype=np.int64,
    )
    by_passage = np.array(
        [hit.id for hit in generation.passage_vectors.search(query.vector, _PASSAGES_PER_RANKER)],
        dtype=np.int64,
    )
    sentences = np.concatenate([by_sentence, sentence_words.best(SENTENCES_PER_RANKER)])
    return np.unique(
        np.concatenate(
            [
                by_passage,
                passage_words.best(_PASSAGES_PER_RANKER),
                generation.passages.passage_of_sentence(sentences),
            ]
        )
    )


def _sentences_of(
    generation: Generation, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sentence rows of the passages, and where each passage's begin (one more at the end)."""
    start = generation.passages.first_sentence[rows]
    return _ranges(start, generation.passages.first_sentence[rows + 1] - start)


def _ranges(
    start: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return `lengths[i]` numbers counted from `start[i]`, for every i, and where those of each i begin."""
    first = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return np.arange(first[-1]) + np.repeat(start - first[:-1], lengths), first
