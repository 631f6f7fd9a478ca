"""`rawi` as a process, with the real model and index: what people and scripts rely on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from bot.messages import text
from index import bundled_model
from tests.bundled import models_folder
from tests.integration.commands import ANSWER, QUESTION, TEXT, Home, command, long_text
from tests.integration.terminal import Terminal

HEAVY = {
    "torch",
    "transformers",
    "sentence_transformers",
    "faiss",
    "telegram",
    "onnxruntime",
    "pydantic",
    "numpy",
}


@pytest.fixture(scope="module")
def models(pytestconfig: pytest.Config) -> Path:
    """A folder with the built model."""
    bundled_model.ensure(models_folder(pytestconfig))
    return models_folder(pytestconfig)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Home:
    """A folder with an index, for tests that only read it."""
    made = Home.of(tmp_path_factory.mktemp("home"), models)
    done = made.run("reindex", "--json")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def own(models: Path, tmp_path: Path) -> Home:
    """A folder without an index, whose model is built already."""
    return Home.of(tmp_path, models)


def one_line(shown: str) -> str:
    """Return the only line of an error output."""
    assert shown.endswith("\n")
    assert "Traceback" not in shown
    assert shown.count("\n") == 1, shown
    return shown


def imported(shown: str) -> set[str]:
    """Return the packages that `-X importtime` lists."""
    return {name.split(".")[0] for name in re.findall(r"^import time:.*\|\s+(\S+)$", shown, re.MULTILINE)}


# What every start costs.


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["serve", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = imported(done.stderr)
    assert "argparse" in packages
    assert packages & HEAVY == set()


def test_help_takes_under_four_tenths_of_a_second_of_processor_time() -> None:
    spent = []
    for _ in range(3):
        process = subprocess.Popen(command("--help"), stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        spent.append(usage.ru_utime + usage.ru_stime)
    assert min(spent) < 0.4


def test_answering_needs_no_torch_and_no_telegram(home: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "ask", QUESTION],
        capture_output=True,
        text=True,
        check=True,
        env=home.environment(),
    )
    packages = imported(done.stderr)
    assert "onnxruntime" in packages
    assert packages & {"torch", "transformers", "sentence_transformers", "telegram"} == set()


def test_the_status_loads_no_model(home: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "status", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env=home.environment(),
    )
    assert imported(done.stderr) & {"torch", "onnxruntime", "telegram"} == set()
    found = json.loads(done.stdout)
    assert list(found) == ["generation", "documents", "passages", "sentences", "model", "built_at"]
    assert (found["documents"], found["sentences"]) == (1, 3)


# ask


def test_ask_prints_the_quotation_and_its_source(home: Home) -> None:
    done = home.run("ask", *QUESTION.split())
    assert done.returncode == 0
    assert done.stdout.startswith(f"«{ANSWER}»\nالمصدر: مقال، ")
    assert done.stderr == ""


def test_ask_json_is_the_contract(home: Home) -> None:
    done = home.run("ask", "--json", QUESTION)
    found = json.loads(done.stdout)
    assert list(found) == ["question", "answered", "confidence", "answer", "quotes", "passages", "elapsed_ms"]
    assert (found["question"], found["answered"], found["answer"]) == (QUESTION, True, ANSWER)
    assert found["quotes"][0]["document"] == "مقال.md"
    assert 0 <= found["confidence"] <= 1
    assert found["elapsed_ms"] > 0


def test_ask_answers_each_line_before_the_next_is_sent(home: Home) -> None:
    with home.start("ask", "--json") as process:
        assert process.stdin
        assert process.stdout
        for question in (QUESTION, "", "متى بدأ التعدين؟"):
            process.stdin.write(f"{question}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["question"] == question
        process.stdin.close()
        assert process.wait() == 0


BAD = ["", "   ", "🙂🙂", "س" * 10_000, "\x01\x02\x03", "Что такое биткоин?", "؟؟؟", "\u200f\u202e"]


def test_no_question_ends_a_stream_and_each_gets_one_object(home: Home) -> None:
    given = "\n".join([*BAD, QUESTION]).encode() + b"\n\xff\xfe\xfd\n" + b"\xd9"
    done = home.run("ask", "--json", given=given)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["question"] for one in found] == [*BAD, QUESTION, "\ufffd\ufffd\ufffd", "\ufffd"]
    assert found[len(BAD)]["answer"] == ANSWER
    # Nothing that can be read as Arabic words was asked in these.
    assert not any(found[number]["answered"] for number in (0, 1, 2, 4, 6, 7))


@pytest.mark.parametrize("question", ["", " ", "🙂", "\x01"])
def test_what_is_no_question_gets_one_clear_line(home: Home, question: str) -> None:
    done = home.run("ask", question)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert "«" not in done.stdout


def test_an_argument_that_is_not_utf_8_is_answered(home: Home) -> None:
    done = subprocess.run(
        [*command("ask", "--json"), b"\xff\xfe"], capture_output=True, env=home.environment(), check=True
    )
    assert json.loads(done.stdout)["question"] == "\ufffd\ufffd"


def test_arabic_comes_out_whatever_the_locale(home: Home) -> None:
    done = home.run("ask", QUESTION, LC_ALL="POSIX", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert ANSWER in done.stdout


def test_a_reader_who_leaves_early_is_no_failure(home: Home) -> None:
    with home.start("ask", "--json") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(f"{QUESTION}\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(f"{QUESTION}\n".encode() * 5)
        process.stdin.close()
        assert process.wait() == 0
        assert process.stderr.read() == b""


# Failures, one line each.


def test_a_missing_index_names_the_command_and_makes_nothing(tmp_path: Path) -> None:
    bare = Home.of(tmp_path)
    for arguments in (["ask", "متى؟"], ["status"]):
        done = bare.run(*arguments)
        assert done.returncode == 1
        assert "rawi reindex" in one_line(done.stderr)
    assert list(bare.data.iterdir()) == []


def test_an_unknown_setting_names_the_nearest(home: Home) -> None:
    done = home.run("status", RAWI_ARTICLE_DIR="x")
    assert done.returncode == 1
    assert "RAWI_ARTICLES_DIR" in one_line(done.stderr)


def test_an_output_that_cannot_be_written_is_one_line_and_kept(own: Home) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("reindex", "--json"),
            stdout=full,
            stderr=subprocess.PIPE,
            env=own.environment(),
            check=False,
        )
    assert done.returncode == 1
    line = one_line(done.stderr.decode())
    assert "No space left" in line
    assert "OSError" in (own.data / "crash.log").read_text(encoding="utf-8")
    assert str(own.data / "crash.log") in line


def test_debug_shows_where_an_unexpected_failure_happened(own: Home) -> None:
    (own.data / "CURRENT").mkdir()
    done = own.run("status", "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert not (own.data / "crash.log").exists()


def test_articles_that_are_missing_are_named(own: Home) -> None:
    done = own.run("reindex", RAWI_ARTICLES_DIR=str(own.folder / "nowhere"))
    assert done.returncode == 1
    assert "nowhere" in one_line(done.stderr)


# reindex


def test_reindex_reports_progresses_and_knows_when_nothing_changed(own: Home) -> None:
    first = own.run("reindex", "--json", "--progress")
    assert first.returncode == 0
    report = json.loads(first.stdout)
    assert (report["documents"], report["sentences"], report["changed"]) == (1, 3, True)
    assert (report["embedded"], report["unreadable"]) == (4, [])
    stages = [json.loads(line)["stage"] for line in first.stderr.splitlines()]
    assert stages[0] == "split"
    assert {"embed", "verify"} <= set(stages)
    again = own.run("reindex")
    assert text("reindex_unchanged") in again.stdout
    assert text("reindex_unchanged", "en") in again.stdout
    assert again.stderr == ""


def test_what_cannot_be_read_is_named_and_the_rest_is_indexed(own: Home) -> None:
    (own.articles / "صورة.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    done = own.run("reindex")
    assert done.returncode == 0
    assert "صورة.txt" in done.stdout
    assert own.run("ask", QUESTION).stdout.startswith(f"«{ANSWER}»")


def test_a_second_reindex_is_refused_at_once(own: Home) -> None:
    with FileLock(own.data / "reindex.lock"):
        done = own.run("reindex")
    assert done.returncode == 1
    assert "rawi status" in one_line(done.stderr)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.02)


def unfinished(home: Home) -> list[Path]:
    return list((home.data / "generations").glob("*.building"))


def has_started(home: Home) -> bool:
    return bool(unfinished(home))


def embeds(process: "subprocess.Popen[bytes]") -> bool:
    """Read progress until texts are being embedded."""
    assert process.stderr
    return any(b'"embed"' in line for line in process.stderr)


def test_ctrl_c_ends_a_reindex_with_one_line_and_nothing_lost(own: Home) -> None:
    assert own.run("reindex").returncode == 0
    before = json.loads(own.run("status", "--json").stdout)["generation"]
    (own.articles / "طويل.txt").write_text(long_text(1500), encoding="utf-8")
    with own.start("reindex", "--progress") as process:
        assert process.stderr
        assert embeds(process)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 10
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        rest = process.stderr.read().decode()
    assert "Traceback" not in rest
    assert rest.endswith("توقف العمل · stopped\n")
    assert unfinished(own) == []
    assert json.loads(own.run("status", "--json").stdout)["generation"] == before
    assert own.run("ask", QUESTION).stdout.startswith(f"«{ANSWER}»")


# evaluate


def test_evaluate_measures_a_file_of_questions(own: Home) -> None:
    assert own.run("reindex").returncode == 0
    line = {"id": "1", "question": QUESTION, "kind": "factual", "evidence": [ANSWER], "answerable": True}
    (own.folder / "q.jsonl").write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    done = own.run("evaluate", "q.jsonl", "--json", "out.json")
    assert done.returncode == 0, done.stderr
    assert "answer_hit" in done.stdout
    assert (own.folder / "out.json").is_file()
    missing = own.run("evaluate", "no.jsonl")
    assert missing.returncode == 1
    assert "no.jsonl" in one_line(missing.stderr)


# console


def test_a_piped_console_builds_what_is_missing_and_answers_line_by_line(own: Home) -> None:
    done = own.run("console", given=f"{QUESTION}\n\n/source\n".encode())
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == ANSWER
    assert lines[2] == "الملف: مقال.md"
    assert done.stderr == text("console_building") + "\n"


def test_a_console_on_a_fresh_machine_builds_the_model_and_the_index_with_bars(tmp_path: Path) -> None:
    fresh = Home.of(tmp_path, text=f"{TEXT} {long_text(100)}")
    with Terminal(["-P", "-m", "bot", "console"], fresh.environment()) as opened:
        opened.expect("building the model", 60)
        opened.expect("embedding", 120)
        opened.expect("> ", 120)
        opened.type(f"{QUESTION}\n")
        opened.expect(f"«{ANSWER}»")
        opened.expect("> ")
        opened.insist(lambda: opened.type("\x03"), text("farewell"))
        assert opened.end() == 0
