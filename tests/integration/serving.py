"""The bot as a process, as an owner runs it, against the Bot API server of the tests."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from tests.integration.bot_api import RunningBotApi

ADMIN = 9001
PROJECT = Path(__file__).resolve().parent.parent.parent
FAKE = (sys.executable, "-m", "tests.integration.fake_rawi")
RAWI = (sys.executable, "-m", "bot", "serve")
STOP_SECONDS = 10.0


class Serving:
    """One process; several may follow each other on one data folder."""

    def __init__(
        self, api: RunningBotApi, folder: Path, command: tuple[str, ...] = FAKE, **settings: str
    ) -> None:
        self.api = api
        self.command = command
        self.log = folder / f"log-{time.monotonic_ns()}.txt"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAWI_")}
        self.environment = {
            **inherited,
            "RAWI_TELEGRAM_TOKEN": api.token,
            "RAWI_TELEGRAM_API_URL": api.url,
            "RAWI_ADMIN_IDS": str(ADMIN),
            "RAWI_DATA_DIR": str(folder / "data"),
            **settings,
        }

    def __enter__(self) -> Self:
        self.start()
        try:
            self.until_ready()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS + 5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise

    def start(self) -> None:
        """Start the process without waiting for it."""
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self.command, cwd=PROJECT, env=self.environment, stdout=log, stderr=log
            )

    def until_ready(self, timeout: float = 240.0) -> None:
        """Wait until it says that it answers."""
        self.until_logged("Rawi answers as", timeout)

    def until_logged(self, words: str, timeout: float = 10.0) -> None:
        """Wait for words in the log."""
        deadline = time.monotonic() + timeout
        while words not in self.logged:
            assert time.monotonic() < deadline, f"no {words!r} in: {self.logged}"
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.logged}"
            time.sleep(0.02)

    @property
    def logged(self) -> str:
        """Everything it has printed."""
        return self.log.read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the exit code and how many seconds it took."""
        started = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS + 5), time.monotonic() - started

    def wait(self, timeout: float = 30.0) -> int:
        """Wait for the end and return the exit code."""
        return self.process.wait(timeout)
