"""FAISS and Milvus Lite on the same documents and questions: `python -m benchmarks.stores --squad FILE …`.

Every paragraph of the SQuAD files is a document; without --squad, every text of our own questions. They take
turns, a block of questions each. Needs: pip install --editable '.[milvus]'.
"""

from functools import partial

import numpy as np

from benchmarks.common import prepared
from benchmarks.common.corpus import read_corpus
from benchmarks.common.measuring import in_turns, percentiles, spread
from benchmarks.common.reporting import parser, report
from bot import assembly
from bot.answer import Answer
from bot.settings import load_settings
from index.training.dataset import OWN


def main() -> None:
    """Ask both and count how often they agree."""
    options = parser(__doc__)
    options.add_argument("--questions", type=int, default=2000)
    chosen = options.parse_args()
    settings = load_settings()
    corpus = read_corpus(chosen.squad, own=() if chosen.squad else OWN)
    services = {}
    for name in ("FAISS", "Milvus Lite"):
        folder = prepared.folder(settings, f"stores {name}")
        url = "" if name == "FAISS" else str(folder / "milvus.db")
        indexed = prepared.index_of(settings, folder.name, corpus.articles, url)
        services[name] = partial(assembly.answering(indexed, with_reader=False).answer, always=True)
    asked = spread(corpus.questions, chosen.questions)
    found, times = in_turns(services, asked)
    pairs = list(zip(*found.values(), strict=True))
    passage = np.mean([_passage(one) == _passage(other) for one, other in pairs])
    quotes = np.mean([one.quotes == other.quotes for one, other in pairs])
    report(
        "stores",
        [{"store": name, **percentiles(own)} for name, own in times.items()],
        chosen.out,
        picture={"p50, milliseconds": "p50 ms", "p95, milliseconds": "p95 ms"},
        notes=f"{passage:.2%} of {len(asked)} questions have the same first passage (bar: 99%), "
        f"{quotes:.2%} the same quotation.",
    )


def _passage(answer: Answer) -> tuple[str, int]:
    first = answer.passages[0].passage
    return first.document_id, first.ordinal


if __name__ == "__main__":
    main()
