"""`rawi ask` and `status` as processes, with the real model and index: what people and scripts rely on."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.commands import ANSWER, QUESTION, Home, command, one_line

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
def indexed(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Home:
    """A folder with an index, for tests that only read it."""
    made = Home.of(tmp_path_factory.mktemp("home"), models)
    done = made.run("reindex", "--json")
    assert done.returncode == 0, done.stderr
    return made


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


def test_answering_needs_no_torch_and_no_telegram(indexed: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "ask", QUESTION],
        capture_output=True,
        text=True,
        check=True,
        env=indexed.environment(),
    )
    packages = imported(done.stderr)
    assert "onnxruntime" in packages
    assert packages & {"torch", "transformers", "sentence_transformers", "telegram"} == set()


def test_the_status_loads_no_model(indexed: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "status", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env=indexed.environment(),
    )
    assert imported(done.stderr) & {"torch", "onnxruntime", "telegram"} == set()
    found = json.loads(done.stdout)
    assert list(found) == ["generation", "documents", "passages", "sentences", "model", "built_at"]
    assert (found["documents"], found["sentences"]) == (1, 3)


# ask


def test_ask_prints_the_quotation_and_its_source(indexed: Home) -> None:
    done = indexed.run("ask", *QUESTION.split())
    assert done.returncode == 0
    assert done.stdout.startswith(f"«{ANSWER}»\nالمصدر: مقال، ")
    assert done.stderr == ""


def test_ask_json_is_the_contract(indexed: Home) -> None:
    done = indexed.run("ask", "--json", QUESTION)
    found = json.loads(done.stdout)
    assert list(found) == ["question", "answered", "confidence", "answer", "quotes", "passages", "elapsed_ms"]
    assert (found["question"], found["answered"], found["answer"]) == (QUESTION, True, ANSWER)
    assert found["quotes"][0]["document"] == "مقال.md"
    assert 0 <= found["confidence"] <= 1
    assert found["elapsed_ms"] > 0


def test_ask_answers_each_line_before_the_next_is_sent(indexed: Home) -> None:
    with indexed.start("ask", "--json") as process:
        assert process.stdin
        assert process.stdout
        for question in (QUESTION, "", "متى بدأ التعدين؟"):
            process.stdin.write(f"{question}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["question"] == question
        process.stdin.close()
        assert process.wait() == 0


BAD = ["", "   ", "🙂🙂", "س" * 10_000, "\x01\x02\x03", "Что такое биткоин?", "؟؟؟", "\u200f\u202e"]


def test_no_question_ends_a_stream_and_each_gets_one_object(indexed: Home) -> None:
    given = "\n".join([*BAD, QUESTION]).encode() + b"\n\xff\xfe\xfd\n" + b"\xd9"
    done = indexed.run("ask", "--json", given=given)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["question"] for one in found] == [*BAD, QUESTION, "\ufffd\ufffd\ufffd", "\ufffd"]
    assert found[len(BAD)]["answer"] == ANSWER
    # Nothing that can be read as Arabic words was asked in these.
    assert not any(found[number]["answered"] for number in (0, 1, 2, 4, 6, 7))


@pytest.mark.parametrize("question", ["", " ", "🙂", "\x01"])
def test_what_is_no_question_gets_one_clear_line(indexed: Home, question: str) -> None:
    done = indexed.run("ask", question)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert "«" not in done.stdout


def test_an_argument_that_is_not_utf_8_is_answered(indexed: Home) -> None:
    done = subprocess.run(
        [*command("ask", "--json"), b"\xff\xfe"], capture_output=True, env=indexed.environment(), check=True
    )
    assert json.loads(done.stdout)["question"] == "\ufffd\ufffd"


def test_arabic_comes_out_whatever_the_locale(indexed: Home) -> None:
    done = indexed.run("ask", QUESTION, LC_ALL="POSIX", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert ANSWER in done.stdout


def test_a_reader_who_leaves_early_is_no_failure(indexed: Home) -> None:
    with indexed.start("ask", "--json") as process:
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


def test_an_unknown_setting_names_the_nearest(indexed: Home) -> None:
    done = indexed.run("status", RAWI_ARTICLE_DIR="x")
    assert done.returncode == 1
    assert "RAWI_ARTICLES_DIR" in one_line(done.stderr)


def into_a_full_device(home: Home, *arguments: str) -> str:
    """Run a command whose output cannot be written and return what it says of that."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command(*arguments), stdout=full, stderr=subprocess.PIPE, env=home.environment(), check=False
        )
    assert done.returncode == 1
    return done.stderr.decode()


def test_an_output_that_cannot_be_written_is_one_line_and_kept(home: Home) -> None:
    line = one_line(into_a_full_device(home, "reindex", "--json"))
    assert "No space left" in line
    assert "OSError" in (home.data / "crash.log").read_text(encoding="utf-8")
    assert str(home.data / "crash.log") in line


def test_debug_shows_where_an_unexpected_failure_happened(home: Home) -> None:
    assert "Traceback" in into_a_full_device(home, "reindex", "--json", "--debug")
    assert not (home.data / "crash.log").exists()


def test_articles_that_are_missing_are_named(home: Home) -> None:
    done = home.run("reindex", RAWI_ARTICLES_DIR=str(home.folder / "nowhere"))
    assert done.returncode == 1
    assert "nowhere" in one_line(done.stderr)
