"""A reindex of a thousand articles: all of them, one changed, none changed. `python -m benchmarks.reindex`.

The articles are files in a folder; everything from reading them to switching the pointer is timed.
"""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.common.corpus import read_corpus, recombined, write_files
from benchmarks.common.reporting import parser, report
from bot import assembly
from bot.settings import load_settings
from index.builder import Builder
from index.faiss_library import FaissLibrary
from knowledge.documents import read_folder
from knowledge.passages import DEFAULT_CHUNKING


def main() -> None:
    """Time the three runs and print each as a share of the first."""
    options = parser(__doc__)
    options.add_argument("--articles", type=int, default=1000)
    chosen = options.parse_args()
    embedder = assembly.embedder(load_settings(), threads=0)
    with TemporaryDirectory(prefix="rawi-bench-") as folder:
        articles, data = Path(folder) / "articles", Path(folder) / "data"
        write_files(recombined(read_corpus(chosen.squad).articles, chosen.articles), articles)
        read = partial(read_folder, articles)
        builder = Builder(data, read, embedder, FaissLibrary(data), DEFAULT_CHUNKING)
        rows = [_timed("all articles", builder)]
        changed = articles / "00007.md"
        changed.write_text(
            changed.read_text("utf-8") + "\n\nوأضيفت إلى المقال جملة أخيرة هذا الصباح.", "utf-8"
        )
        rows += [_timed("one article changed", builder), _timed("nothing changed", builder)]
    for row in rows:
        row["share of the first"] = row["seconds"] / rows[0]["seconds"]
    report("reindex", rows, chosen.out, picture={"seconds": "seconds", "texts embedded": "embedded"})


def _timed(name: str, builder: Builder) -> dict[str, Any]:
    started = perf_counter()
    done = builder.run()
    return {
        "run": name,
        "seconds": round(perf_counter() - started, 3),
        "articles": done.documents,
        "sentences": done.sentences,
        "passages": done.passages,
        "embedded": done.embedded,
    }


if __name__ == "__main__":
    main()
