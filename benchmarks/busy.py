"""A question's time while a reindex embeds on every core, and at rest: `python -m benchmarks.busy`.

The reindex is the child process that the bot and the console start, on 1,000 articles that are new to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from benchmarks.common import prepared
from benchmarks.common.corpus import read_corpus, recombined, write_files
from benchmarks.common.measuring import milliseconds, percentiles, spread
from benchmarks.common.reporting import parser, report
from bot import assembly
from bot.settings import Settings, load_settings

_PATIENCE = 300.0


class _EnoughError(Exception):
    """Stops the reindex."""


@dataclass(slots=True)
class _Reindex:
    """A reindex in a child process; `embedding` is set as long as it embeds."""

    settings: Settings
    embedding: Event = field(default_factory=Event)
    stop: Event = field(default_factory=Event)

    def run(self) -> None:
        try:
            assembly.reindexing(self.settings).run(self._see)
        except _EnoughError:
            pass
        finally:
            self.embedding.clear()

    def _see(self, stage: str, done: int, _total: int) -> None:
        if self.stop.is_set():
            raise _EnoughError
        if stage == "embed" and done:
            self.embedding.set()
        elif self.embedding.is_set():
            self.embedding.clear()


def main() -> None:
    """Time the same questions at rest and during a reindex, without and with the reader."""
    options = parser(__doc__)
    options.add_argument("--questions", type=int, default=150)
    options.add_argument("--articles", type=int, default=1000)
    chosen = options.parse_args()
    corpus, own = read_corpus(chosen.squad), prepared.index_of_owner(load_settings(), "article")
    questions = spread(corpus.questions, chosen.questions)
    asked = {
        name: assembly.answering(own, with_reader=with_reader).answer
        for name, with_reader in (("without the reader", False), ("with the reader", True))
    }
    for ask in asked.values():
        _times(ask, questions[:10])
    rest = {name: percentiles(_times(ask, questions)) for name, ask in asked.items()}
    with TemporaryDirectory(prefix="rawi-bench-") as folder:
        articles = Path(folder) / "articles"
        write_files(recombined(corpus.articles, chosen.articles), articles)
        data = Path(folder) / "data"
        data.mkdir()
        (data / "models").symlink_to(own.data_dir / "models")
        reindex = _Reindex(own.model_copy(update={"articles_dir": articles, "data_dir": data}))
        thread = Thread(target=reindex.run)
        thread.start()
        try:
            if not reindex.embedding.wait(_PATIENCE):
                raise SystemExit(f"the reindex embedded nothing in {_PATIENCE:.0f} s; what it said is above")
            during = {name: percentiles(_times(ask, questions)) for name, ask in asked.items()}
            lasted = reindex.embedding.is_set()
        finally:
            reindex.stop.set()
            thread.join()
    rows = [
        {"when": f"{when}, {name}", **times}
        for name in asked
        for when, times in (("at rest", rest[name]), ("while a reindex embeds", during[name]))
    ]
    ratios = ", ".join(f"{during[name]['p95 ms'] / rest[name]['p95 ms']:.2f} {name}" for name in asked)
    notes = f"p95 during the reindex over p95 at rest: {ratios} (bar: 3); {len(questions)} questions."
    if not lasted:
        notes += " The reindex ended before the last question: give more --articles."
    report("busy", rows, chosen.out, picture={"p95, milliseconds": "p95 ms"}, notes=notes)


def _times(ask: Callable[[str], object], questions: Sequence[str]) -> list[float]:
    return [milliseconds(partial(ask, question)) for question in questions]


if __name__ == "__main__":
    main()
