"""The same model, documents and questions through Rawi and what else a user could take.

    python -m benchmarks.peers --squad FILE …

The others are txtai's hybrid index and the script that a user would write with sentence-transformers and
FAISS; install the first with: pip install --group peers. Every paragraph of the SQuAD files is a document
(without --squad: every text of our held-out questions). What is ranked is documents; they take turns, a
block of questions each.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from benchmarks.common import prepared
from benchmarks.common.corpus import Article, Corpus, searched_corpus
from benchmarks.common.measuring import in_turns, percentiles, spread
from benchmarks.common.plain import PlainModel, PlainSearch
from benchmarks.common.reporting import parser, report
from bot import assembly
from bot.settings import load_settings
from index.bundled_model import PASSAGE_PREFIX, QUERY_PREFIX
from index.evaluation.metrics import rank_of, reciprocal_rank

Rank = Callable[[str], list[int]]
_FOUND = 10


def main() -> None:
    """Ask all of them and compare what they find and how long they take."""
    options = parser(__doc__)
    options.add_argument("--questions", type=int, default=10_000)
    chosen = options.parse_args()
    settings = load_settings()
    corpus = searched_corpus(chosen.squad)
    plain = PlainModel(settings)
    texts = [article.text for article in corpus.articles]
    rankers: dict[str, Rank] = {
        **_ours(corpus),
        "sentence-transformers + FAISS": partial(
            PlainSearch(plain, texts, plain.passages(texts)).nearest, count=_FOUND
        ),
    }
    try:
        rankers["txtai, hybrid"] = _txtai(str(plain.folder), texts)
    except ImportError:
        print("txtai is not installed and left out; for it: pip install --group peers")
    asked = spread(corpus.asked, chosen.questions)
    found, times = in_turns(rankers, [question for question, _ in asked])
    rows = [
        {"who": name, **_quality(asked, lists), **percentiles(times[name])} for name, lists in found.items()
    ]
    report(
        "peers",
        rows,
        chosen.out,
        picture={"MRR@10": "MRR@10", "p50, milliseconds": "p50 ms"},
        notes=f"{len(texts)} documents, {len(asked)} questions.",
    )


def _ours(corpus: Corpus) -> dict[str, Rank]:
    numbered = prepared.index_of(load_settings(), "peers", corpus.articles)
    return {
        name: partial(_documents, assembly.answering(numbered, with_reader=with_reader))
        for name, with_reader in (("Rawi", True), ("Rawi without its reader", False))
    }


def _documents(answering: Any, question: str) -> list[int]:
    """Return the documents of the best passages, each once."""
    passages = answering.answer(question, always=True).passages
    return list(dict.fromkeys(Article.number_of(found.passage.document_id) for found in passages))


def _txtai(model: str, texts: Sequence[str]) -> Rank:
    from txtai import Embeddings

    embeddings = Embeddings(
        path=model,
        method="sentence-transformers",
        hybrid=True,
        instructions={"query": QUERY_PREFIX, "data": PASSAGE_PREFIX},
    )
    embeddings.index(list(enumerate(texts)))

    def nearest(question: str) -> list[int]:
        return [number for number, _ in embeddings.search(question, _FOUND)]

    return nearest


def _quality(asked: Sequence[tuple[str, int]], lists: Sequence[Sequence[int]]) -> dict[str, float]:
    ranks = [rank_of(str(right), map(str, own)) for (_, right), own in zip(asked, lists, strict=True)]
    return {
        "MRR@10": sum(map(reciprocal_rank, ranks)) / len(ranks),
        "hit@1": sum(rank == 1 for rank in ranks) / len(ranks),
        "hit@10": sum(rank is not None for rank in ranks) / len(ranks),
    }


if __name__ == "__main__":
    main()
