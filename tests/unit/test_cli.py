"""The command line's parts, without a process: arguments, questions in, JSON out, failures as one line."""

import io
import json
import logging
from pathlib import Path

import pytest

from bot import cli, logging_setup
from bot.answer import Answer, FoundPassage, Quote, Span, Verdict
from bot.answer_json import answer_json
from bot.cli import build_parser
from bot.commands import answer_all, lines_of, questions_of, report_text, status_text
from index.reports import IndexStatus, ReindexReport
from knowledge.errors import RawiError
from knowledge.types import Passage, Sentence
from tests.fakes import ARTICLES
from tests.word_answering import WordAnswering

TOKEN = "123456:AAbbCCddEEffGGhh"


@pytest.mark.parametrize(
    ("words", "questions"),
    [
        ([], []),
        ([""], [""]),
        (["متى", "بدأ", "التعدين؟"], ["متى بدأ التعدين؟"]),
        (["متى بدأ التعدين؟"], ["متى بدأ التعدين؟"]),
        (["متى بدأ التعدين؟", "ما هو الخبز؟"], ["متى بدأ التعدين؟", "ما هو الخبز؟"]),
        (["متى بدأ التعدين؟", ""], ["متى بدأ التعدين؟", ""]),
        (["\udcff\udcfe"], ["\ufffd\ufffd"]),
    ],
)
def test_quoted_arguments_are_questions_and_bare_words_are_one(
    words: list[str], questions: list[str]
) -> None:
    assert questions_of(words) == questions


def test_lines_come_as_they_are_blank_ones_and_broken_ones_too() -> None:
    given = "\ufeffسؤال\r\n\n  \nآخر".encode() + b"\n\xff\xfe\n" + b"x" * 1_500_000
    lines = list(lines_of(io.BytesIO(given)))
    assert lines[:5] == ["سؤال", "", "  ", "آخر", "\ufffd\ufffd"]
    assert sum(map(len, lines[5:])) == 1_500_000


class _Watched(io.StringIO):
    """Counts how often it was flushed."""

    flushes = 0

    def flush(self) -> None:
        self.flushes += 1


def test_each_answer_is_written_out_before_the_next_question_is_read() -> None:
    out = _Watched()
    flushed = []

    def questions():
        for question in ("متى بدأ تعدين البيتكوين؟", "كم قلبا يملك الأخطبوط؟"):
            flushed.append((out.flushes, out.getvalue().count("\n")))
            yield question

    answer_all(questions(), WordAnswering(ARTICLES), answer_json, out)
    assert flushed == [(0, 0), (1, 1)]
    assert [json.loads(line)["question"] for line in out.getvalue().splitlines()] == [
        "متى بدأ تعدين البيتكوين؟",
        "كم قلبا يملك الأخطبوط؟",
    ]


def test_always_reaches_the_answering() -> None:
    answering = WordAnswering(ARTICLES, least=2.0)
    out = io.StringIO()
    answer_all(["كم قلبا يملك الأخطبوط؟"], answering, answer_json, out, always=True)
    found = json.loads(out.getvalue())
    assert not found["answered"]
    assert found["answer"] == found["quotes"][0]["text"] == "يملك الأخطبوط ثلاثة قلوب وثماني أذرع."


def test_the_json_object_is_the_contract() -> None:
    sentence = "في عام 2021\u2028\x85."
    passage = Passage("a.md#0", "a.md", "عنوان", 0, sentence, 5, 18, (Sentence(sentence, 5, 18),))
    line = answer_json(
        Answer(
            "متى؟",
            Verdict.ANSWERED,
            (Quote("a.md", "عنوان", 5, 18, sentence, 0, 1, (Span(12, 16),)),),
            0.75,
            tuple(FoundPassage(passage, 1.5) for _ in range(12)),
            elapsed_ms=3.5,
        )
    )
    assert line.splitlines() == [line]
    found = json.loads(line)
    assert len(found.pop("passages")) == 10
    assert found == {
        "question": "متى؟",
        "answered": True,
        "confidence": 0.75,
        "answer": sentence,
        "quotes": [
            {
                "document": "a.md",
                "title": "عنوان",
                "start": 5,
                "end": 18,
                "text": sentence,
                "spans": [{"start": 12, "end": 16}],
            }
        ],
        "elapsed_ms": 3.5,
    }
    assert json.loads(line)["passages"][0] == {
        "document": "a.md",
        "ordinal": 0,
        "text": sentence,
        "score": 1.5,
    }


@pytest.mark.parametrize("command", ["serve", "console", "ask", "reindex", "status", "evaluate"])
def test_every_command_explains_itself_in_both_languages(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        build_parser().parse_args([command, "--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: rawi {command}")
    assert any("\u0600" <= sign <= "\u06ff" for sign in shown)
    assert "--child" not in shown


@pytest.mark.parametrize(
    "wrong",
    [[], ["aks"], ["ask", "--jsn"], ["evaluate"], ["evaluate", "x", "--worst", "-1"], ["status", "x"]],
)
def test_a_wrong_command_line_ends_with_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(wrong)
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_report_says_what_was_done_in_both_languages() -> None:
    report = ReindexReport("g", 2, 8, 32, 5, 35, 1.5, ("صورة.txt: binary\x1b[2J",))
    shown = report_text(report)
    assert "المقالات: 2" in shown
    assert "Documents: 2" in shown
    assert shown.count("صورة.txt: binary") == 2
    assert "\x1b" not in shown


def test_a_report_of_nothing_new_says_only_that() -> None:
    shown = report_text(ReindexReport("g", 2, 8, 32, 40, 0, 0.1, changed=False))
    assert shown == "لم يتغير شيء، وبقي الفهرس كما هو.\n\nNothing had changed; the index was kept."


def test_the_status_is_told_in_both_languages() -> None:
    shown = status_text(IndexStatus("g-1", 1, 8, 32, "e5", "2026-01-01"))
    assert "الجمل: 32" in shown
    assert "Sentences: 32" in shown


@pytest.fixture
def _own_logging():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging_setup.configure(logging.WARNING)
    root.handlers[:] = handlers


@pytest.mark.usefixtures("_own_logging")
def test_no_log_line_holds_the_token_and_httpx_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logging_setup.configure(logging.INFO, token=TOKEN)
    logger = logging.getLogger("rawi.test")
    error = RawiError(f"https://api.example/bot{TOKEN}/getMe")
    logger.error("calling %s failed", f"/bot{TOKEN}/getMe", exc_info=error)
    logging.getLogger("httpx").info("HTTP Request: POST /bot/getMe")
    shown = capsys.readouterr().err
    assert "calling /bot[token]/getMe failed" in shown
    assert "AAbbCC" not in shown
    assert "HTTP Request" not in shown


@pytest.mark.usefixtures("_own_logging")
def test_an_unexpected_failure_is_kept_in_a_file_without_the_token(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    logging_setup.configure(logging.WARNING, token=TOKEN, folder=folder)
    where = logging_setup.keep_traceback(ValueError(TOKEN), show=False)
    assert where == f"the traceback is in {folder / 'crash.log'}"
    assert "ValueError: [token]" in (folder / "crash.log").read_text(encoding="utf-8")


@pytest.mark.usefixtures("_own_logging")
def test_a_failure_that_cannot_be_kept_names_the_way_to_see_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    logging_setup.configure(logging.WARNING, folder=tmp_path / "file" / "folder")
    assert "--debug" in logging_setup.keep_traceback(ValueError("x"), show=False)
