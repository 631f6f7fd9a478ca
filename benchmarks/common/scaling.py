"""One size of the benchmark `scale`, in processes of its own: the build, then the search on one core."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.corpus import Article
from benchmarks.common.growth import Growth, sentences
from benchmarks.common.measuring import megabytes, milliseconds, percentiles
from bot.progress_bars import bars
from index.builder import Builder
from index.faiss_library import FaissLibrary
from index.library import Draft
from index.onnx_model import OnnxEmbedder
from index.protocols import EmbedderIdentity, Progress, StoredVectors, Vectors
from index.reports import StageProgress
from index.retriever import SENTENCES_PER_RANKER, Query, retrieve
from knowledge.documents import Reading
from knowledge.passages import DEFAULT_CHUNKING

EXACT = "exact.npy"
_SENTENCES_AN_ARTICLE = 40
_FOUND = 10
_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class GrownEmbedder:
    """Gives each text its grown vector, and counts tokens as the bundled model does."""

    growth: Growth
    model: OnnxEmbedder
    reached: str
    """Tells growths of different reach apart, so that their vectors are not mixed."""

    @property
    def identity(self) -> EmbedderIdentity:
        """As the bundled model's, with another revision."""
        return EmbedderIdentity("grown", self.reached, self.model.identity.dimension)

    @property
    def max_tokens(self) -> int:
        """As the bundled model's."""
        return self.model.max_tokens

    def count_tokens(self, text: str) -> int:
        """Count as the bundled model does."""
        return self.model.count_tokens(text)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return grown vectors."""
        return self.growth.of_texts(texts)

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return grown vectors, too soon for any progress."""
        del progress
        return self.growth.of_texts(texts)


class _Watched(FaissLibrary):
    """Keeps the exact answers to some questions before the vectors are compressed."""

    def __init__(self, data_dir: Path, questions: Vectors) -> None:
        super().__init__(data_dir)
        self._questions, self._out = questions, data_dir / EXACT
        self.spent = 0.0

    def keep_vectors(
        self, draft: Draft, sentences: StoredVectors, passages: StoredVectors, progress: StageProgress
    ) -> str:
        started = process_time()
        np.save(self._out, nearest(self._questions, sentences))
        self.spent = process_time() - started
        return super().keep_vectors(draft, sentences, passages, progress)


@dataclass(slots=True)
class _Stages:
    """Shows the progress and remembers at which processor time each stage began."""

    shown: Any
    began: dict[str, float] = field(default_factory=dict)

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.began.setdefault(stage, process_time())
        self.shown(stage, done, total)


def nearest(questions: Vectors, vectors: StoredVectors) -> NDArray[np.int64]:
    """Return the ten rows nearest to each question, every one compared."""
    rows = np.zeros((len(questions), 0), dtype=np.int64)
    scores = np.zeros((len(questions), 0), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK):
        found = questions @ vectors[start : start + _BLOCK].astype(np.float32).T
        best = np.argpartition(-found, _FOUND, axis=1)[:, :_FOUND]
        rows = np.concatenate([rows, best + start], axis=1)
        scores = np.concatenate([scores, np.take_along_axis(found, best, axis=1)], axis=1)
    order = np.argsort(-scores, axis=1)[:, :_FOUND]
    return np.take_along_axis(rows, order, axis=1)


def articles(real: Sequence[str], count: int) -> Reading:
    """Return articles of so many grown sentences together."""
    texts = list(sentences(real, count))
    parts = (texts[at : at + _SENTENCES_AN_ARTICLE] for at in range(0, count, _SENTENCES_AN_ARTICLE))
    documents = tuple(Article(f"مقال {at}", tuple(part)).document(at) for at, part in enumerate(parts))
    return Reading(documents=documents, problems=(), notes=())


@dataclass(frozen=True, slots=True)
class Size:
    """What one size is built from and asked."""

    data: Path
    model: Path
    real: Sequence[str]
    growth: Growth
    count: int
    queries: Sequence[Query]


def build(size: Size) -> dict[str, float]:
    """Build the index of a size below its data folder; to be run in a fresh process."""
    embedder = GrownEmbedder(size.growth, OnnxEmbedder(size.model), f"{size.growth.reach:.6f}")
    questions = np.stack([query.vector for query in size.queries]).astype(np.float32)
    library = _Watched(size.data, questions)
    reading = articles(size.real, size.count)
    before = megabytes()["VmRSS"]
    with bars() as shown:
        stages = _Stages(shown)
        started = process_time(), perf_counter()
        done = Builder(size.data, lambda: reading, embedder, library, DEFAULT_CHUNKING).run(stages)
        ended = process_time(), perf_counter()
    counted: dict[str, float] = {"sentences": done.sentences, "passages": done.passages}
    if not done.changed:
        # An earlier run had finished it; what it took is not known any more.
        return counted
    began = {**stages.began, "end": ended[0]}
    spent = {name: after - before for (name, before), (_, after) in pairwise(began.items())}
    spent["words"] -= library.spent
    return {
        **counted,
        "build s": round(ended[1] - started[1], 1),
        "build CPU s": round(ended[0] - started[0] - library.spent, 1),
        **{f"{name} CPU s": round(value, 1) for name, value in spent.items()},
        "articles in memory MB": before,
        "build peak MB": megabytes(["VmHWM"])["VmHWM"],
    }


def search(size: Size) -> dict[str, float]:
    """Search the index of a size on one core; to be run in a fresh process."""
    import faiss

    # The first core also serves most interrupts.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    faiss.omp_set_num_threads(1)
    generation = FaissLibrary(size.data).open()
    exact = np.load(size.data / EXACT)
    vectors = generation.sentence_vectors
    hits = []
    for query, right in zip(size.queries, exact, strict=True):
        found = [hit.id for hit in vectors.search(query.vector, _FOUND)]
        hits.append(len(set(found) & set(right.tolist())) / _FOUND)
        retrieve(generation, query)
    nearby = _quiet([partial(vectors.search, query.vector, SENTENCES_PER_RANKER) for query in size.queries])
    whole = _quiet([partial(retrieve, generation, query) for query in size.queries])
    folder = size.data / "generations" / generation.manifest.generation
    each = sum(path.stat().st_size for path in folder.glob("sentences.*")) / vectors.size
    return {
        "recall@10": round(float(np.mean(hits)), 4),
        **{f"vectors {name}": value for name, value in percentiles(nearby).items()},
        **{f"retrieval {name}": value for name, value in percentiles(whole).items()},
        "RSS MB": megabytes()["VmRSS"],
        "vector bytes/sentence": round(each, 1),
        "of exact": round(each / (4 * len(size.queries[0].vector)), 4),
        "all bytes/sentence": round(sum(p.stat().st_size for p in folder.iterdir()) / vectors.size, 1),
    }


def _quiet(calls: Sequence[Callable[[], object]], rounds: int = 7) -> list[float]:
    """Return the least of several times of each call: other work on the core must not count."""
    times = [[milliseconds(call) for call in calls] for _ in range(rounds)]
    found: list[float] = np.min(times, axis=0).tolist()
    return found
