"""`rawi reindex`, `evaluate` and a first `console` as processes, with the real model."""

import json
import os
import signal
import subprocess
from pathlib import Path

from filelock import FileLock

from bot.messages import text
from tests.integration.commands import ANSWER, QUESTION, TEXT, Home, long_text, one_line
from tests.integration.terminal import Terminal

# reindex


def test_reindex_reports_progresses_and_knows_when_nothing_changed(home: Home) -> None:
    first = home.run("reindex", "--json", "--progress")
    assert first.returncode == 0
    report = json.loads(first.stdout)
    assert (report["documents"], report["sentences"], report["changed"]) == (1, 3, True)
    assert (report["embedded"], report["unreadable"]) == (4, [])
    stages = [json.loads(line)["stage"] for line in first.stderr.splitlines()]
    assert stages[0] == "split"
    assert {"embed", "verify"} <= set(stages)
    again = home.run("reindex")
    assert text("reindex_unchanged") in again.stdout
    assert text("reindex_unchanged", "en") in again.stdout
    assert again.stderr == ""


def test_what_cannot_be_read_is_named_and_the_rest_is_indexed(home: Home) -> None:
    (home.articles / "صورة.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    done = home.run("reindex")
    assert done.returncode == 0
    assert "صورة.txt" in done.stdout
    assert home.run("ask", QUESTION).stdout.startswith(f"«{ANSWER}»")


def test_a_second_reindex_is_refused_at_once(home: Home) -> None:
    with FileLock(home.data / "reindex.lock"):
        done = home.run("reindex")
    assert done.returncode == 1
    assert "rawi status" in one_line(done.stderr)


def unfinished(home: Home) -> list[Path]:
    return list((home.data / "generations").glob("*.building"))


def embeds(process: "subprocess.Popen[bytes]") -> bool:
    """Read progress until texts are being embedded."""
    assert process.stderr
    return any(b'"embed"' in line for line in process.stderr)


def test_ctrl_c_ends_a_reindex_with_one_line_and_nothing_lost(home: Home) -> None:
    assert home.run("reindex").returncode == 0
    before = json.loads(home.run("status", "--json").stdout)["generation"]
    (home.articles / "طويل.txt").write_text(long_text(1500), encoding="utf-8")
    with home.start("reindex", "--progress") as process:
        assert process.stderr
        assert embeds(process)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 10
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        rest = process.stderr.read().decode()
    assert "Traceback" not in rest
    assert rest.endswith("توقف العمل · stopped\n")
    assert unfinished(home) == []
    assert json.loads(home.run("status", "--json").stdout)["generation"] == before
    assert home.run("ask", QUESTION).stdout.startswith(f"«{ANSWER}»")


# evaluate


def test_evaluate_measures_a_file_of_questions(home: Home) -> None:
    assert home.run("reindex").returncode == 0
    line = {"id": "1", "question": QUESTION, "kind": "factual", "evidence": [ANSWER], "answerable": True}
    (home.folder / "q.jsonl").write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    done = home.run("evaluate", "q.jsonl", "--json", "out.json")
    assert done.returncode == 0, done.stderr
    assert "answer_hit" in done.stdout
    assert (home.folder / "out.json").is_file()
    missing = home.run("evaluate", "no.jsonl")
    assert missing.returncode == 1
    assert "no.jsonl" in one_line(missing.stderr)


# console


def test_a_piped_console_builds_what_is_missing_and_answers_line_by_line(home: Home) -> None:
    done = home.run("console", given=f"{QUESTION}\n\n/source\n".encode())
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == ANSWER
    assert lines[2] == "الملف: مقال.md"
    assert done.stderr == text("console_building") + "\n"


def test_a_console_on_a_fresh_machine_builds_the_model_and_the_index_with_bars(tmp_path: Path) -> None:
    fresh = Home.of(tmp_path, text=f"{TEXT} {long_text(100)}")
    with Terminal(["-P", "-m", "bot", "console"], {**fresh.environment(), "NO_COLOR": "1"}) as opened:
        opened.expect("building the model", 60)
        opened.expect("embedding", 120)
        opened.expect("> ", 120)
        opened.type(f"{QUESTION}\n")
        opened.expect(f"«{ANSWER}»")
        opened.expect("> ")
        opened.insist(lambda: opened.type("\x03"), text("farewell"))
        assert opened.end() == 0
