"""The console's conversation, line by line."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.answer import Answer, Verdict
from bot.console import COMMANDS, TURNS_KEPT, Console
from bot.messages import text
from bot.terminal import Layout
from index.errors import IndexBusyError, IndexDamagedError
from index.reports import ReindexReport
from knowledge.errors import RawiError
from tests.fakes import ARTICLES
from tests.integration.fake_console import FragileAnswering

QUESTION = "كم قلبا يملك الأخطبوط؟"
ANSWER = "يملك الأخطبوط ثلاثة قلوب وثماني أذرع."
OTHER = "متى بدأ تعدين البيتكوين في كازاخستان؟"


class Reindexing:
    """Ends as it is told to."""

    def __init__(self, outcome: ReindexReport | BaseException) -> None:
        self.outcome = outcome

    def run(self, progress: Callable[[str, int, int], None] | None = None) -> ReindexReport:
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


REPORT = ReindexReport("g-2", 3, 3, 9, 5, 7, 1.5, ("صورة.txt: binary",))


def conversation(
    *lines: str,
    bare: bool = False,
    outcome: ReindexReport | BaseException = REPORT,
    answering: FragileAnswering | None = None,
) -> str:
    """Return all that the console writes to some lines."""
    documents = [
        replace(own, source=f"https://example.org/{own.id}", questions=(QUESTION,)) for own in ARTICLES
    ]
    out = io.StringIO()
    console = Console(
        answering or FragileAnswering(documents),
        Reindexing(outcome),
        Layout(),
        out,
        bare=bare,
        on_failure=None if bare else lambda error: f"kept: {error}",
    )
    console.converse(lines)
    return out.getvalue()


def test_a_question_is_answered_with_its_source() -> None:
    shown = conversation(QUESTION).split("\n")
    assert shown[0] == f"«{ANSWER}»"
    assert shown[1].startswith("المصدر: octopus.md، المقطع 1، الجملة 2 · ")


def test_piped_questions_get_one_plain_line_each() -> None:
    shown = conversation(QUESTION, OTHER, "من فاز بكأس العالم", bare=True)
    assert shown.split("\n") == [
        ANSWER,
        "بدأ تعدين البيتكوين في كازاخستان عام 2018 حين كانت الكهرباء رخيصة.",
        text("not_stated"),
        "",
    ]


def test_source_names_file_title_origin_and_offsets() -> None:
    shown = conversation(QUESTION, "/source").split("\n")
    start = ARTICLES[1].text.index(ANSWER)
    assert shown[3:] == [
        "الملف: octopus.md",
        "العنوان: octopus.md",
        "الأصل: https://example.org/octopus.md",
        f"الموضع: من الحرف {start} إلى الحرف {start + len(ANSWER)}",
        "",
    ]


def test_source_of_a_refusal_is_the_nearest_passage() -> None:
    assert "الملف: " in conversation("من فاز بكأس العالم", "/source").split(text("console_more_hint"))[1]


def test_more_shows_the_context_then_the_others_then_that_there_are_none() -> None:
    shown = conversation(QUESTION, "/more", "/more", "/more", "/more")
    context, others = ARTICLES[1].text, [ARTICLES[0].text, ARTICLES[2].text]
    assert shown.index(f"«{context}»") < min(shown.index(f"«{other}»") for other in others)
    assert shown.count(f"«{context}»") == 1
    assert "(1 من 2)" in shown
    assert "(2 من 2)" in shown
    assert shown.rstrip().endswith(text("console_no_more"))


@pytest.mark.parametrize("command", ["/source", "/more"])
def test_nothing_to_show_before_a_question(command: str) -> None:
    assert conversation(command).strip() == text("console_ask_first")


@pytest.mark.parametrize(
    "leave", ["/quit", "/خروج", "/الخروج", " /QUIT now", "/exit", "\u200f/خروج", "/خروج\u200f"]
)
def test_leaving_leaves_the_rest_unanswered(leave: str) -> None:
    assert conversation(leave, QUESTION) == ""


@pytest.mark.parametrize(("english", "arabic"), COMMANDS.items())
def test_both_names_of_a_command_do_the_same(english: str, arabic: str) -> None:
    assert conversation(QUESTION, f"/{english}") == conversation(QUESTION, f"/{arabic}")


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [("/sorce", "/source"), ("/المصر", "/المصدر"), ("/xyzzy", "/help"), ("/", "/help")],
)
def test_an_unknown_command_names_the_nearest(typed: str, suggested: str) -> None:
    shown = conversation(typed)
    assert "لا أعرف الأمر" in shown
    assert shown.strip().endswith(suggested)


def test_help_names_every_command_in_both_languages() -> None:
    shown = conversation("/help")
    assert all(f"/{name}" in shown for pair in COMMANDS.items() for name in pair)


def test_the_language_of_the_fixed_sentences_changes() -> None:
    shown = conversation("/language", "/status", "/اللغة", "/status")
    assert "Sentences: 9" in shown
    assert shown.index("Sentences: 9") < shown.index("الجمل: 9")


def test_a_reindex_reports_and_names_what_could_not_be_read() -> None:
    shown = conversation("/reindex")
    assert "المضمنة من جديد: 7" in shown
    assert "صورة.txt: binary" in shown


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (IndexBusyError("x"), text("reindex_busy")),
        (RawiError("disk full; run: rawi reindex"), "disk full; run: rawi reindex"),
        (KeyboardInterrupt(), text("console_stopped")),
    ],
)
def test_a_reindex_that_fails_leaves_the_conversation_going(outcome: BaseException, said: str) -> None:
    shown = conversation("/reindex", QUESTION, outcome=outcome)
    assert said in shown
    assert ANSWER in shown


def test_a_failed_answer_leaves_the_conversation_going() -> None:
    shown = conversation("انفجر", QUESTION)
    assert text("error") in shown
    assert "kept: boom" in shown
    assert ANSWER in shown


class Damaged(FragileAnswering):
    """Has lost its index."""

    def answer(self, question: str, *_: object, **__: object) -> Answer:
        raise IndexDamagedError("passages.jsonl is damaged; run: rawi reindex")


def test_a_damaged_index_is_one_line_typed_and_an_error_piped() -> None:
    shown = conversation(QUESTION, answering=Damaged(ARTICLES))
    assert shown == "passages.jsonl is damaged; run: rawi reindex\n"
    with pytest.raises(IndexDamagedError):
        conversation(QUESTION, bare=True, answering=Damaged(ARTICLES))


def test_earlier_turns_are_the_context_of_the_next_question() -> None:
    answering = FragileAnswering(ARTICLES)
    conversation(*[QUESTION] * (TURNS_KEPT + 2), "من فاز بكأس العالم", "وأين؟", answering=answering)
    assert answering.contexts[0] == ()
    assert [turn.answer for turn in answering.contexts[1]] == [ANSWER]
    assert len(answering.contexts[TURNS_KEPT + 1]) == TURNS_KEPT
    # A refusal is no turn: nothing was answered.
    assert [turn.question for turn in answering.contexts[-1]] == [QUESTION] * TURNS_KEPT


class Unreadable(FragileAnswering):
    """Reads nothing."""

    def answer(self, question: str, *_: object, **__: object) -> Answer:
        return Answer(question, Verdict.UNREADABLE, small_talk="empty")


@pytest.mark.parametrize("bare", [True, False])
def test_blank_lines_are_answered_too(bare: bool) -> None:
    shown = conversation("", " \t", bare=bare, answering=Unreadable(ARTICLES))
    assert shown.split() == (text("empty") + " ").split() * 2


def test_a_slip_of_the_keyboard_does_not_make_the_last_answer_be_forgotten() -> None:
    class Forgetful(FragileAnswering):
        def answer(self, question: str, *rest: Any, **options: Any) -> Answer:
            if not question:
                return Answer(question, Verdict.UNREADABLE, small_talk="empty")
            return super().answer(question, *rest, **options)

    shown = conversation(QUESTION, "", "/source", answering=Forgetful(ARTICLES))
    assert "الملف: octopus.md" in shown


def test_an_arabic_command_is_understood_however_it_is_spelt() -> None:
    assert conversation("/المساعده") == conversation("/المُساعدة") == conversation("/help")
