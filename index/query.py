"""A question made ready for the rankers."""

from collections.abc import Container
from dataclasses import dataclass, replace

import numpy as np

from index.keyword import units_of
from index.protocols import Embedder, Vectors, WordStore
from index.retriever import Query
from knowledge.arabic import stem
from knowledge.questions import readings

OWN_WEIGHT = 2.0
"""Of the words that a follow-up adds, all together, against those of its whole wording."""


@dataclass(frozen=True, slots=True)
class _IndexedWords:
    """The words of the articles, as far as a transliteration needs to know them: by their stems."""

    words: WordStore

    def __contains__(self, word: object) -> bool:
        return self.words.holds(f"={stem(str(word))}")


def articles_words(words: WordStore) -> Container[str]:
    """Return the words of the articles in matching form, to read Arabizi by."""
    return _IndexedWords(words)


def query_of(question: str, embedder: Embedder, words: WordStore) -> Query:
    """Return the embedding and the BM25 units of `question`, whatever dialect or script it is typed in.

    The embedding is that of the question as typed and of its likeliest reading in standard Arabic, averaged;
    BM25 looks for the reading's words without those that only make it a question.
    """
    read = readings(question, _IndexedWords(words))
    reading = read.alternatives[0] if read.alternatives else read.standard
    vectors = embedder.embed_queries([question] if reading == question else [question, reading])
    vector = vectors[0] if len(vectors) == 1 else _unit(vectors.sum(axis=0))
    return Query(question, vector, units_of(read.content), reading)


def follow_up_query(question: str, whole: Query, own: str, embedder: Embedder, words: WordStore) -> Query:
    """Return a query for a follow-up as typed, `question`, whose full wording is that of the query `whole`.

    Both embeddings count the same. The words that the follow-up adds, `own`, are few beside those of the
    question before it, and yet they tell its answer from the earlier one: together they count for most.
    """
    added = units_of(own)
    repeated = max(1, round(OWN_WEIGHT * len(whole.units) / max(1, len(added))))
    vector = _unit(whole.vector + query_of(question, embedder, words).vector)
    return replace(whole, vector=vector, units=[*whole.units, *added * repeated])


def _unit(vector: Vectors) -> Vectors:
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit
