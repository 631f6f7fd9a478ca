"""Reindexing in a child process: reports and errors come back, and neither end outlives the other by much."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from bot.child_reindex import ChildReindexing
from bot.settings import Settings
from index.errors import IndexBusyError
from knowledge.errors import KnowledgeError, RawiError
from tests.integration.commands import Home, long_text


@pytest.fixture
def long_home(models: Path, tmp_path: Path) -> Iterator[Home]:
    """A folder whose index takes a while; no reindex must go on there at the end."""
    home = Home.of(tmp_path, models, long_text(3000))
    yield home
    with FileLock(home.data / "reindex.lock", timeout=15):
        pass


def settings_of(home: Home) -> Settings:
    return Settings(articles_dir=home.articles, data_dir=home.data)


def test_the_report_and_the_progress_come_back(home: Home) -> None:
    told: list[tuple[str, int, int]] = []
    report = ChildReindexing(settings_of(home)).run(lambda *step: told.append(step))
    assert (report.documents, report.sentences, report.embedded, report.changed) == (1, 3, 4, True)
    assert report.unreadable == ()
    assert ("split", 1, 1) in told
    assert any(stage == "embed" and done == total > 0 for stage, done, total in told)
    assert not ChildReindexing(settings_of(home)).run().changed


def test_an_error_of_the_child_is_the_parents(home: Home) -> None:
    with FileLock(home.data / "reindex.lock"), pytest.raises(IndexBusyError, match="rawi status"):
        ChildReindexing(settings_of(home)).run()
    empty = Settings(articles_dir=home.folder / "nowhere", data_dir=home.data)
    with pytest.raises(KnowledgeError, match="nowhere"):
        ChildReindexing(empty).run()


def children() -> list[int]:
    """Return the processes started from this one."""
    found = []
    for thread in Path("/proc/self/task").iterdir():
        found += [int(pid) for pid in (thread / "children").read_text().split()]
    return found


def test_a_child_that_is_killed_is_an_error_and_leaves_the_index(long_home: Home) -> None:
    def kill(stage: str, done: int, total: int) -> None:
        if stage == "embed":
            os.kill(children()[-1], signal.SIGKILL)

    with pytest.raises(RawiError, match=r"signal 9.*rawi reindex"):
        ChildReindexing(settings_of(long_home)).run(kill)
    assert not (long_home.data / "CURRENT").exists()


class _StopError(Exception):
    """Raised while progress is shown."""


def test_an_interrupted_parent_stops_the_child_first(long_home: Home) -> None:
    running: list[int] = []

    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "embed":
            running.extend(children())
            raise _StopError

    with pytest.raises(_StopError):
        ChildReindexing(settings_of(long_home)).run(interrupt)
    assert len(running) == 1
    assert not Path(f"/proc/{running[0]}").exists()
    assert not list((long_home.data / "generations").glob("*.building"))


def test_it_runs_beside_other_threads(home: Home) -> None:
    reports = []
    thread = threading.Thread(target=lambda: reports.append(ChildReindexing(settings_of(home)).run()))
    thread.start()
    thread.join(60)
    assert [report.documents for report in reports] == [1]


def test_a_child_does_not_outlive_a_parent_that_is_killed(long_home: Home) -> None:
    program = textwrap.dedent(
        f"""
        import os, pathlib, signal
        from bot.child_reindex import ChildReindexing
        from bot.settings import Settings

        def die(stage, done, total):
            if stage == "embed":
                os.kill(os.getpid(), signal.SIGKILL)

        settings = Settings(articles_dir={str(long_home.articles)!r}, data_dir={str(long_home.data)!r})
        ChildReindexing(settings).run(die)
        """
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, env=long_home.environment())
    assert done.returncode == -signal.SIGKILL
    began = time.monotonic()
    with FileLock(long_home.data / "reindex.lock", timeout=15):
        assert time.monotonic() - began < 15
    assert not list((long_home.data / "generations").glob("*.building"))


def test_neither_the_token_nor_another_folder_called_bot_reaches_the_child(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "trap" / "bot"
    trap.mkdir(parents=True)
    (trap / "__init__.py").write_text("raise SystemExit('the wrong bot')")
    monkeypatch.chdir(trap.parent)
    seen: list[bytes] = []

    def look(stage: str, done: int, total: int) -> None:
        seen.extend(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children())

    settings = Settings(articles_dir=home.articles, data_dir=home.data, telegram_token="123456:secret-token")
    assert ChildReindexing(settings).run(look).documents == 1
    assert seen
    assert not any(b"secret" in line for line in seen)
