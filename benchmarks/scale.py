"""The index at 10 k, 100 k and 1 M sentences: `python -m benchmarks.scale`.

Vectors and sentences are grown from real ones (benchmarks/common/growth.py): give SQuAD files with --squad,
so that they are 5,000 at least. Each index is built by the builder that `rawi reindex` uses, with grown
vectors in place of embedding, in a process of its own; another process searches it on one core with real
questions, and of each question's several times the least counts, so that other work does not.
A build that was killed goes on from the vectors it had kept: run the same command again.
"""

import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter

import numpy as np

from benchmarks.common import prepared, scaling
from benchmarks.common.corpus import read_corpus
from benchmarks.common.growth import Growth, fitted, growth_of
from benchmarks.common.measuring import spread
from benchmarks.common.reporting import parser, report
from bot import assembly
from bot.settings import Settings, load_settings
from index.bundled_model import ensure
from index.faiss_library import FaissLibrary
from index.query import query_of
from index.retriever import Query


def main() -> None:
    """Build and search every size."""
    options = parser(__doc__)
    options.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--questions", type=int, default=300)
    options.add_argument("--keep", action="store_true", help="keep the indexes below the data folder")
    chosen = options.parse_args()
    settings, corpus = load_settings(), read_corpus(chosen.squad)
    real = prepared.real_vectors(settings, corpus.sentences)
    growth, model = growth_of(real), ensure(settings.data_dir / "models")
    queries = _queries(settings, spread(corpus.questions, chosen.questions))
    rows = []
    for size in chosen.sizes:
        data = prepared.folder(settings, f"scale-{size}")
        reached, near = _fitted(growth, size, data)
        row = _measured(scaling.Size(data, model, corpus.sentences, reached, size, queries))
        rows.append({"asked for": f"{size:,}", **row, **near})
        print(rows[-1], flush=True)
        if not chosen.keep:
            shutil.rmtree(data)
    report(
        "scale",
        rows,
        chosen.out,
        picture={
            "vector search p95, ms": "vectors p95 ms",
            "retrieval p95, ms": "retrieval p95 ms",
            "build, seconds": "build s",
            "recall@10": "recall@10",
        },
        notes=f"Grown from {len(corpus.sentences)} real sentences, asked {chosen.questions} real questions. "
        "Bars at 1 M: recall@10 .98, vector search p95 3 ms, retrieval p95 15 ms, RSS 1,200 MB, .30 of "
        "exact; from 100 k to 1 M retrieval grows 3 times at most.",
    )


def _fitted(growth: Growth, size: int, data: Path) -> tuple[Growth, dict[str, float]]:
    """Return the growth for a size, and the mean cosines of neighbours, real and grown."""
    started = perf_counter()
    with TemporaryFile(dir=data) as file:
        vectors = np.memmap(file, np.float16, "w+", shape=(size, growth.real.shape[1]))
        found, wanted, got = fitted(growth, vectors)
    print(f"{size:,}: reach {found.reach:.3f} found in {perf_counter() - started:.0f} s", flush=True)
    return found, {"10-NN cosine real": round(wanted, 4), "grown": round(got, 4)}


def _queries(settings: Settings, questions: Sequence[str]) -> list[Query]:
    embedder = assembly.embedder(settings, threads=0)
    # What a question is embedded as depends on the words of the index only where it is in Arabizi.
    words = FaissLibrary(prepared.index_of_owner(settings, "article").data_dir).open().sentence_words
    return [query_of(question, embedder, words) for question in questions]


def _measured(size: scaling.Size) -> dict[str, float]:
    fresh = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as builder:
        built = builder.submit(scaling.build, size).result()
    with ProcessPoolExecutor(1, mp_context=fresh) as searcher:
        return built | searcher.submit(scaling.search, size).result()


if __name__ == "__main__":
    main()
