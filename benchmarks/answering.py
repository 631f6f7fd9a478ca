"""From a question to its answer, on one article and on 1,000 passages: `python -m benchmarks.answering`.

The article is asked questions on it, the passages those on the texts that they are made of.
Beside it in the same run: the bare ONNX Runtime call on the tokens that the question was embedded from, and
the script a user would write with sentence-transformers and FAISS (its index holds our vectors of the same
texts: what is compared is the time of a question). They take turns, a block of questions each.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.common import prepared
from benchmarks.common.corpus import questions_on_the_article, read_corpus, recombined
from benchmarks.common.measuring import milliseconds, percentiles, spread
from benchmarks.common.plain import PlainModel, PlainSearch
from benchmarks.common.reporting import parser, report
from bot import assembly
from bot.settings import Settings, load_settings
from index.bundled_model import MAX_TOKENS, QUERY_PREFIX, ensure
from index.onnx_graph import INPUT, MODEL_FILE, OUTPUT
from index.onnx_model import OnnxEmbedder, open_session
from index.protocols import Embedder, EmbedderIdentity, Progress, Vectors

Asked = dict[str, Callable[[str], object]]
_BLOCK = 10
_THREADS = 8


@dataclass(slots=True)
class _Listening:
    """An embedder that remembers what questions were embedded as."""

    embedder: Embedder
    heard: list[str] = field(default_factory=list)

    @property
    def identity(self) -> EmbedderIdentity:
        return self.embedder.identity

    @property
    def max_tokens(self) -> int:
        return self.embedder.max_tokens

    def count_tokens(self, text: str) -> int:
        return self.embedder.count_tokens(text)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        self.heard += texts
        return self.embedder.embed_queries(texts)

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return self.embedder.embed_passages(texts, progress)


class _BareCalls:
    """ONNX Runtime alone, on the tokens that our answer to the same question has it run on."""

    def __init__(self, settings: Settings, questions: Sequence[str]) -> None:
        folder = ensure(settings.data_dir / "models")
        self._session = open_session(folder / MODEL_FILE, 1)
        service = assembly.answering(settings, with_reader=False)
        listening = _Listening(service.embedder)
        service = replace(service, embedder=listening)
        tokenizer = OnnxEmbedder(folder).tokenizer
        self._feeds: dict[str, list[dict[str, Any]]] = {}
        for question in questions:
            listening.heard.clear()
            service.answer(question)
            ids = [tokenizer.ids(QUERY_PREFIX + text, MAX_TOKENS) for text in listening.heard]
            self._feeds[question] = [{INPUT: np.array([own], np.int64)} for own in ids]
        self.twice = np.mean([len(feeds) > 1 for feeds in self._feeds.values()])

    def run(self, question: str) -> None:
        for feed in self._feeds[question]:
            self._session.run([OUTPUT], feed)


def main() -> None:
    """Time everything on both indexes."""
    options = parser(__doc__)
    options.add_argument("--questions", type=int, default=60)
    options.add_argument("--rounds", type=int, default=2)
    chosen = options.parse_args()
    settings, corpus = load_settings(), read_corpus(chosen.squad)
    plain = PlainModel(settings)
    many = prepared.articles_of_passages(settings, recombined(corpus.articles, 2000), 1000)
    indexes = {
        "one article": (
            prepared.index_of_owner(settings, "article"),
            [asked.text for asked in questions_on_the_article()],
        ),
        "1,000 passages": (prepared.index_of(settings, "passages", many), corpus.questions),
    }
    rows, notes = [], []
    for name, (own, questions) in indexes.items():
        found, note = _measured(own, plain, spread(questions, chosen.questions), chosen.rounds)
        rows += [{"who": f"{name}: {row.pop('who')}", **row} for row in found]
        notes.append(f"{name}: {note}")
    picture = {"p50, milliseconds": "p50 ms", "p95, milliseconds": "p95 ms"}
    report("answering", rows, chosen.out, picture=picture, notes="\n".join(notes))


def _measured(
    settings: Settings, plain: PlainModel, questions: Sequence[str], rounds: int
) -> tuple[list[dict[str, Any]], str]:
    bare = _BareCalls(settings, questions)
    service = assembly.answering(settings, with_reader=False)
    passages = service.current().passages
    texts = [passages.passage(row).text for row in range(len(passages))]
    search = PlainSearch(plain, texts, prepared.known_vectors(settings, texts))
    asked: Asked = {
        "Rawi": service.answer,
        "the bare ONNX Runtime call": bare.run,
        "plain script, all cores": search.answer,
        "plain script, one thread": search.answer,
    }
    if (reader := assembly.reader(settings)) is not None:
        reading = replace(service, reader=reader, matcher=assembly.matcher(settings))
        asked["Rawi with its reader"] = reading.answer
    times = _in_turns(asked, plain, questions, rounds)
    at_once = {name: _at_once(asked[name], questions) for name in ("Rawi", "the bare ONNX Runtime call")}
    rows = [{"who": name, **percentiles(own)} for name, own in times.items()]
    rows += [
        {"who": f"{name}, {_THREADS} threads", **percentiles(own), "a second": round(speed, 1)}
        for name, (own, speed) in at_once.items()
    ]
    middle = {name: float(np.median(own)) for name, own in times.items()}
    script = min(value for name, value in middle.items() if "plain" in name)
    note = (
        f"{middle['Rawi'] / middle['the bare ONNX Runtime call']:.2f} times the bare call (bar: 1.6), "
        f"{script / middle['Rawi']:.2f} times faster than the faster plain script (bar: 3); "
        f"{len(passages)} passages, {len(questions)} questions, "
        f"{bare.twice:.0%} of them embedded in two readings"
    )
    if reader is not None:
        share = 1 - middle["Rawi"] / middle["Rawi with its reader"]
        note += f"; the reader takes {share:.0%} of an answer with it"
    return rows, note


def _in_turns(
    asked: Asked, plain: PlainModel, questions: Sequence[str], rounds: int
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for start in range(0, len(questions), _BLOCK):
            for name, ask in asked.items():
                plain.use_threads(1 if "one thread" in name else 0)
                ask(questions[start])
                for question in questions[start : start + _BLOCK]:
                    times[name].append(milliseconds(partial(ask, question)))
    return times


def _at_once(ask: Callable[[str], object], questions: Sequence[str]) -> tuple[list[float], float]:
    started = perf_counter()
    with ThreadPoolExecutor(_THREADS) as pool:
        times = list(pool.map(lambda question: milliseconds(partial(ask, question)), questions))
    return times, len(questions) / (perf_counter() - started)


if __name__ == "__main__":
    main()
