"""Our embedder against plain sentence-transformers on PyTorch, same model: `python -m benchmarks.embedding`.

Both get the same passages and questions in turns, and every figure is the median of the rounds. How well the
vectors find by themselves is told of the SQuAD files given, or of our held-out questions.
"""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.common.corpus import Corpus, read_corpus, searched_corpus
from benchmarks.common.measuring import milliseconds, spread
from benchmarks.common.plain import PlainModel
from benchmarks.common.reporting import parser, report
from bot import assembly
from bot.settings import load_settings
from index.evaluation.metrics import reciprocal_rank
from index.protocols import Vectors

Passages = Callable[[Sequence[str]], Vectors]
Query = Callable[[str], Vectors]
_FOUND = 10
_WORDS = (70, 130)
"""Of the passages taken, about as long as those that articles are cut into."""


def main() -> None:
    """Time both and compare their vectors."""
    options = parser(__doc__)
    options.add_argument("--passages", type=int, default=64)
    options.add_argument("--questions", type=int, default=60)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    settings, corpus = load_settings(), read_corpus(chosen.squad)
    texts = [text for text in (item.text for item in corpus.articles) if len(text.split()) >= _WORDS[0]]
    texts = [" ".join(text.split()[: _WORDS[1]]) for text in spread(texts, chosen.passages)]
    questions = spread(corpus.questions, chosen.questions)
    ours, alone, plain = (
        assembly.embedder(settings, threads=0),
        assembly.embedder(settings, threads=1),
        PlainModel(settings),
    )
    runs: dict[str, tuple[Passages, Query]] = {
        "ours": (ours.embed_passages, lambda text: alone.embed_queries([text])[0]),
        "PyTorch, all cores": (plain.passages, plain.query),
        "PyTorch, one thread": (plain.passages, plain.query),
    }
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    waits: dict[str, list[float]] = {name: [] for name in runs}
    vectors: dict[str, Vectors] = {}
    for _ in range(chosen.rounds):
        for name, (embed, ask) in runs.items():
            plain.use_threads(1 if "one" in name else 0)
            ask(questions[0])
            few = questions[: len(questions) // (6 if "all cores" in name else 1)]
            waits[name].append(median(milliseconds(partial(ask, question)) for question in few))
            started = perf_counter()
            vectors[name] = embed(texts)
            speeds[name].append(len(texts) / (perf_counter() - started))
    exact = vectors["PyTorch, all cores"]
    best = max(median(speeds[name]) for name in runs if name != "ours")
    rows = [
        {
            "embedder": name,
            "passages/s": round(median(speeds[name]), 2),
            "ms a question": round(median(waits[name]), 2),
            "cosine with PyTorch, mean": round(float((vectors[name] * exact).sum(axis=1).mean()), 5),
            "least": round(float((vectors[name] * exact).sum(axis=1).min()), 5),
        }
        for name in runs
    ]
    searched = searched_corpus(chosen.squad)
    plain.use_threads(0)
    # One thread makes the same vectors as all cores.
    for row in rows[:2]:
        row["MRR@10"] = round(_mrr(searched, *runs[str(row["embedder"])]), 4)
    words = np.mean([len(text.split()) for text in texts])
    report(
        "embedding",
        rows,
        chosen.out,
        picture={"passages a second": "passages/s", "milliseconds a question": "ms a question"},
        notes=f"Passages a second: {median(speeds['ours']) / best:.2f} times the faster PyTorch (bar: 2). "
        f"MRR@10: {len(searched.asked)} questions on {len(searched.articles)} documents, by vectors alone. "
        f"{len(texts)} passages of {words:.0f} words, {len(questions)} questions, {chosen.rounds} rounds.",
    )


def _mrr(searched: Corpus, passages: Passages, query: Query) -> float:
    vectors = passages([article.text for article in searched.articles])
    reciprocals = []
    for question, right in searched.asked:
        scores = vectors @ query(question)
        before = int((scores > scores[right]).sum())
        reciprocals.append(reciprocal_rank(before + 1 if before < _FOUND else None))
    return float(np.mean(reciprocals))


if __name__ == "__main__":
    main()
