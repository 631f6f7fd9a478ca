"""A question made ready for the rankers."""

from index.keyword import units_of
from index.protocols import Embedder
from index.retriever import Query


def query_of(question: str, embedder: Embedder) -> Query:
    """Return the embedding and the BM25 units of `question`."""
    return Query(question, embedder.embed_queries([question])[0], units_of(question))
