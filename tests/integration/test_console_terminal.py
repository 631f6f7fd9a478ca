"""The console at a real terminal: keys, Ctrl-C, Ctrl-D, history."""

import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.messages import text
from bot.terminal import DETECT_DIRECTION, FORGET_DIRECTION, RIGHT_TO_LEFT_MARK
from tests.integration.terminal import CTRL_C, CTRL_D, UP, Terminal
from tests.integration.test_console import ANSWER, OTHER, QUESTION


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(["-m", "tests.integration.fake_console", str(tmp_path)]) as opened:
        opened.expect("> ")
        yield opened


def test_the_first_screen_greets_and_every_arabic_line_is_marked(tmp_path: Path) -> None:
    with Terminal(["-m", "tests.integration.fake_console", str(tmp_path)]) as opened:
        shown = opened.expect("> ")
    assert shown.startswith(DETECT_DIRECTION)
    assert f"{RIGHT_TO_LEFT_MARK}راوي يجيب" in shown


def test_an_answer_at_the_terminal_is_wrapped_to_it(terminal: Terminal) -> None:
    terminal.type(f"{OTHER}\n")
    terminal.expect(OTHER)
    shown = terminal.expect("الثقة")
    assert f"{RIGHT_TO_LEFT_MARK}«بدأ تعدين" in shown
    assert "\x1b[1m2018\x1b[22m" in shown


@pytest.mark.parametrize("keys", [CTRL_C, CTRL_D, "/quit\n", f"نصف سؤال{CTRL_C}"])
def test_leaving_is_polite(terminal: Terminal, keys: str) -> None:
    terminal.insist(lambda: terminal.type(keys), text("farewell"))
    assert terminal.end() == 0
    assert terminal.shown.rstrip().endswith(FORGET_DIRECTION)
    assert "Traceback" not in terminal.shown


def test_ctrl_c_during_an_answer_leaves_politely(terminal: Terminal) -> None:
    terminal.type("بطيء\n")
    terminal.expect("أفكر")
    terminal.type(CTRL_C)
    terminal.expect(text("farewell"))
    assert terminal.end() == 0
    assert "Traceback" not in terminal.shown


def test_ctrl_c_during_a_reindex_stops_only_that_and_its_bar_shows_after_a_second(terminal: Terminal) -> None:
    terminal.type("/reindex\n")
    terminal.expect("embedding")
    terminal.type(CTRL_C)
    terminal.expect(text("console_stopped"))
    terminal.expect("> ")
    terminal.type(f"{QUESTION}\n")
    terminal.expect(f"«{ANSWER}»")
    terminal.expect("> ")
    terminal.type(CTRL_D)
    assert terminal.end() == 0


def test_a_failure_in_an_answer_is_kept_in_a_file(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("انفجر\n")
    terminal.expect(text("error"))
    terminal.expect("> ")
    terminal.type(CTRL_D)
    assert terminal.end() == 0
    assert "RuntimeError: boom" in (tmp_path / "crash.log").read_text(encoding="utf-8")
    assert "Traceback" not in terminal.shown


def test_the_history_outlives_the_console_and_is_private(tmp_path: Path) -> None:
    arguments = ["-m", "tests.integration.fake_console", str(tmp_path)]
    with Terminal(arguments) as opened:
        opened.expect("> ")
        opened.type(f"{QUESTION}\n")
        opened.expect(f"«{ANSWER}»")
        opened.expect("> ")
        # Ctrl-V takes the escape character literally into the line.
        opened.type("سؤال\x16\x1b[2Jآخر\n")
        opened.expect(text("not_stated"))
        opened.expect("> ")
        opened.type(CTRL_D)
        assert opened.end() == 0
    history = tmp_path / "console_history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    kept = history.read_text(encoding="utf-8")
    assert kept.splitlines() == [QUESTION, "سؤال [2Jآخر"]
    with Terminal(arguments) as opened:
        opened.expect("> ")
        opened.type(f"{UP}{UP}\n")
        opened.expect(f"«{ANSWER}»")


def test_a_history_that_cannot_be_kept_keeps_nobody_from_asking(tmp_path: Path) -> None:
    (tmp_path / "console_history").mkdir()
    with Terminal(["-m", "tests.integration.fake_console", str(tmp_path)]) as opened:
        opened.expect("> ")
        opened.type(f"{QUESTION}\n")
        opened.expect(f"«{ANSWER}»")
        opened.expect("> ")
        opened.type(CTRL_D)
        opened.expect(text("farewell"))
        assert opened.end() == 0
    assert "Traceback" not in opened.shown


def test_being_told_to_end_restores_the_terminal(terminal: Terminal) -> None:
    terminal.insist(lambda: terminal.process.send_signal(signal.SIGTERM), FORGET_DIRECTION)
    assert terminal.end() == 143


def test_tab_completes_a_command(terminal: Terminal) -> None:
    terminal.type("/sta\t\n")
    terminal.expect("/status")
    terminal.expect("الجمل: 9")


def test_no_color_means_no_bold(tmp_path: Path) -> None:
    with Terminal(["-m", "tests.integration.fake_console", str(tmp_path)], {"NO_COLOR": "1"}) as opened:
        opened.expect("> ")
        opened.type(f"{OTHER}\n")
        opened.expect("2018")
        assert "\x1b[1m" not in opened.expect("الثقة")
