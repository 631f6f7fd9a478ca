"""200 people ask at once: `rawi serve` beside a bare python-telegram-bot echo bot, on one Bot API server.

    python -m benchmarks.telegram [--people 200] [--rounds 3] [--json FILE]

Every round starts each bot anew as a process on a fresh server on loopback, warms it up with one message,
queues one message a person at one instant, and takes the time to each person's reply as the server sees it.
`few` is the publisher's suggested questions in turn, `different` a question of its own for everybody.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.integration.bot_api import Person, RunningBotApi

PROJECT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
QUESTIONS = (
    "متى بدأت قصة تعدين البيتكوين في كازاخستان؟",
    "لماذا أغلقت السلطات منشآت تعدين غير مرخصة؟",
    "ماذا تضمنت خطة الحكومة لتحسين إدارة الطاقة؟",
    "ما الدرس المستفاد من قصة تعدين البيتكوين في كازاخستان؟",
)
"""The article's suggested questions."""
Asked = Callable[[int], str]


def few(number: int) -> str:
    """Return one of the same few questions."""
    return QUESTIONS[number % len(QUESTIONS)]


def different(number: int) -> str:
    """Return a question that nobody else asks."""
    return f"{QUESTIONS[number % len(QUESTIONS)]} أجب رقم {number}"


def echo() -> None:
    """Be the bare echo bot."""
    from telegram import Update
    from telegram.ext import Application, ContextTypes, MessageHandler, filters

    async def on_text(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message is not None and update.message.text is not None:
            await update.message.reply_text(update.message.text)

    api = os.environ["RAWI_TELEGRAM_API_URL"]
    builder = Application.builder().token(os.environ["RAWI_TELEGRAM_TOKEN"])
    application = builder.base_url(f"{api}/bot").base_file_url(f"{api}/file/bot").build()
    application.add_handler(MessageHandler(filters.TEXT, on_text))
    asyncio.set_event_loop(asyncio.new_event_loop())
    application.run_polling()


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(command: list[str], people: int, asked: Asked, data_dir: Path) -> dict[str, float]:
    """Return the latencies of one round in milliseconds, and the processor time an answer took."""
    with RunningBotApi() as api, tempfile.TemporaryFile() as log:
        settings = {
            "RAWI_TELEGRAM_API_URL": api.url,
            "RAWI_TELEGRAM_TOKEN": api.token,
            "RAWI_DATA_DIR": str(data_dir),
        }
        bot = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **settings}, stdout=log, stderr=log)
        try:
            Person(api, 1).says(QUESTIONS[0])
            api.wait_for("sendMessage", timeout=180)
            readers = [Person(api, 1000 + number) for number in range(people)]
            messages = [
                {"message": api.state.new_message(reader.id, reader.user, asked(number))}
                for number, reader in enumerate(readers)
            ]
            time.sleep(1)
            before, started = processor_seconds(bot.pid), time.monotonic()
            api.deliver_all(messages)
            latencies = replies(api, people, started)
            busy = processor_seconds(bot.pid) - before
        finally:
            bot.terminate()
            bot.wait(20)
    return {
        "answered": len(latencies),
        "median_ms": round(statistics.median(latencies) * 1000),
        "p95_ms": round(statistics.quantiles(latencies, n=20, method="inclusive")[-1] * 1000),
        "max_ms": round(max(latencies) * 1000),
        "cpu_ms_each": round(busy * 1000 / people, 2),
    }


def replies(api: RunningBotApi, people: int, started: float) -> list[float]:
    """Return how long each person waited for the first reply; raises when somebody waits over a minute."""
    first: dict[int, float] = {}
    while len(first) < people:
        if time.monotonic() > started + 60:
            raise RuntimeError(f"only {len(first)} of {people} were answered")
        time.sleep(0.05)
        for call in api.calls("sendMessage"):
            if call.chat_id >= 1000 and not call.error:
                first.setdefault(call.chat_id, call.at - started)
    return sorted(first.values())


def main() -> None:
    """Measure, print the table, and write the figures down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=PROJECT / "benchmarks/results/telegram.json")
    parser.add_argument("--echo", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.echo:
        echo()
        return
    rawi = [sys.executable, "-m", "bot", "serve"]
    runs: dict[str, tuple[list[str], Asked]] = {
        "echo": ([sys.executable, "-m", "benchmarks.telegram", "--echo"], few),
        "rawi, few questions": (rawi, few),
        "rawi, different questions": (rawi, different),
    }
    source = data_dir()
    with tempfile.TemporaryDirectory() as folder:
        figures = {name: list[dict[str, float]]() for name in runs}
        for _ in range(arguments.rounds):
            for name, (command, asked) in runs.items():
                figures[name].append(
                    measure(command, arguments.people, asked, borrowed(source, Path(folder)))
                )
    report(figures, arguments.json)


def data_dir() -> Path:
    """Return the data folder of which the index is used."""
    return Path(os.environ.get("RAWI_DATA_DIR", PROJECT / "index" / "artifacts"))


def borrowed(source: Path, folder: Path) -> Path:
    """Return a data folder with a journal of its own and the index of another."""
    own = Path(tempfile.mkdtemp(dir=folder))
    for entry in source.iterdir():
        if not entry.name.startswith("journal"):
            (own / entry.name).symlink_to(entry)
    return own


def report(figures: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Print the medians over the rounds, and write all rounds down."""
    names = ("answered", "median_ms", "p95_ms", "max_ms", "cpu_ms_each")
    middle = {
        bot: {name: statistics.median(run[name] for run in rounds) for name in names}
        for bot, rounds in figures.items()
    }
    print(f"{'':28}" + "".join(f"{name:>14}" for name in (*names, "p95/echo")))
    for bot, values in middle.items():
        ratio = values["p95_ms"] / middle["echo"]["p95_ms"]
        print(f"{bot:28}" + "".join(f"{values[name]:14g}" for name in names) + f"{ratio:14.2f}")
    print(f"processors: {os.cpu_count()}, load: {os.getloadavg()[0]:.1f}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"medians": middle, "rounds": figures, "cpus": os.cpu_count()}, indent=1))


if __name__ == "__main__":
    main()
