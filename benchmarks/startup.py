"""The process that answers: how soon, and how much memory it holds. `python -m benchmarks.startup`.

Fresh processes, in turns: one that answers a question on the owner's articles, one that only imports
sentence-transformers, and `rawi --help`. Every figure is the median of the rounds.
"""

import json
import sys
from statistics import median
from subprocess import run
from time import time
from typing import Any

from benchmarks.common import prepared
from benchmarks.common.measuring import megabytes, seconds_of
from benchmarks.common.reporting import parser, report
from bot import assembly
from bot.settings import Settings, load_settings

_QUESTION = "ما عملة البيتكوين؟"
_MEMORY = ("VmRSS", "RssAnon", "RssFile", "VmHWM")


def main() -> None:
    """Measure every process several times and print the medians."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--answer", help="(what the measured process is started with)")
    chosen = options.parse_args()
    if chosen.answer:
        _answer(Settings.model_validate_json(chosen.answer))
        return
    own = prepared.index_of_owner(load_settings(), "article")
    _first_answer(own)
    rounds, imports, helps = [], [], []
    for _ in range(chosen.rounds):
        rounds.append(_first_answer(own))
        imports.append(seconds_of(["-c", "import sentence_transformers"]))
        helps.append(seconds_of(["-m", "bot", "--help"]))
    rows: list[dict[str, Any]] = [
        {"what": name, **{key: round(median(each[name][key] for each in rounds), 3) for key in values}}
        for name, values in rounds[0].items()
    ]
    for name, seconds in (("import sentence_transformers alone", imports), ("rawi --help", helps)):
        rows.append({"what": name, "seconds since start": round(median(seconds), 3)})
    answered = rows[len(rounds[0]) - 1]
    report(
        "startup",
        rows,
        chosen.out,
        picture={"seconds since the start": "seconds since start", "resident MB": "VmRSS"},
        notes="The first answer after "
        f"{answered['seconds since start'] / median(imports):.2f} of the time that the import takes "
        f"(bar: .5), {answered['VmRSS']:.0f} MB resident (bar: 300), without the reader.",
    )


def _first_answer(settings: Settings) -> dict[str, dict[str, float]]:
    argument = settings.model_dump_json(exclude={"telegram_token", "webhook_secret"})
    started = time()
    command = [sys.executable, "-m", "benchmarks.startup", "--answer", argument]
    done = run(command, check=True, capture_output=True)
    steps: dict[str, dict[str, Any]] = json.loads(done.stdout)
    for step in steps.values():
        step["seconds since start"] = step.pop("at") - started
    return steps


def _answer(settings: Settings) -> None:
    steps: dict[str, dict[str, float]] = {}

    def reached(step: str) -> None:
        steps[step] = {"at": time(), **megabytes(_MEMORY)}

    reached("Python and our own modules")
    import onnxruntime  # noqa: F401

    reached("import onnxruntime")
    import faiss  # noqa: F401

    reached("import faiss")
    model = assembly.embedder(settings, threads=1)
    reached("the model and its tokenizer")
    model.embed_queries([_QUESTION])
    reached("one question embedded")
    service = assembly.answering_with(settings, model, assembly.library(settings), None)
    reached("the index")
    service.answer(_QUESTION)
    reached("the first answer")
    print(json.dumps(steps))


if __name__ == "__main__":
    main()
