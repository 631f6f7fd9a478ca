"""`rawi serve` itself, on the article it comes with, from an empty data folder."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.bot_api import Person, RunningBotApi
from tests.integration.bot_api.people import button
from tests.integration.serving import ADMIN, PROJECT, RAWI, STOP_SECONDS, Serving

pytestmark = pytest.mark.slow

SUGGESTED = "متى بدأت قصة تعدين البيتكوين في كازاخستان؟"


@pytest.fixture(scope="module")
def bot(api: RunningBotApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with Serving(api, tmp_path_factory.mktemp("rawi"), RAWI) as serving:
        yield serving
        code, seconds = serving.stop()
        assert code == 0
        assert seconds < STOP_SECONDS
        assert api.token.split(":")[1] not in serving.logged
        assert "Traceback" not in serving.logged


@pytest.fixture(scope="module")
def article() -> str:
    """The text of the one article, white space levelled."""
    (path,) = (p for p in (PROJECT / "knowledge" / "articles").glob("*.md") if p.name != "SOURCES.md")
    return " ".join(path.read_text(encoding="utf-8").split())


@pytest.fixture(autouse=True)
def _running(bot: Serving) -> None:
    assert bot.process.poll() is None


def test_start_and_a_suggested_question(api: RunningBotApi, reader: Person, article: str) -> None:
    reader.says("/start")
    start = api.wait_for("sendMessage", lambda c: c.chat_id == reader.id)
    assert "كازاخستان" in start.text
    reader.presses(start.result, start.buttons[0]["callback_data"])
    answer = api.wait_for("sendMessage", lambda c: c.chat_id == reader.id and "المصدر" in c.text)
    assert quoted(answer.result) in article
    api.wait_for("sendChatAction", lambda c: c.chat_id == reader.id)


def quoted(message: dict[str, object]) -> str:
    """Return what a message quotes."""
    units = str(message["text"]).encode("utf-16-le")
    (entity,) = (e for e in message["entities"] if e["type"] == "blockquote")  # type: ignore[attr-defined]
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


def test_a_question_its_context_and_other_passages(api: RunningBotApi, reader: Person, article: str) -> None:
    answer = api.reply_to(reader.says(SUGGESTED))
    assert "2021" in quoted(answer.result)
    assert quoted(answer.result) in article
    for label in ("السياق", "مقاطع أخرى"):
        before = len(api.calls("editMessageText", chat_id=reader.id))
        reader.presses(answer.result, button(answer, label))
        api.wait_for(
            "editMessageText",
            lambda _, n=before: len(api.calls("editMessageText", chat_id=reader.id)) > n,
        )
        assert quoted(api.calls("editMessageText", chat_id=reader.id)[-1].result) in article


@pytest.mark.parametrize("said", ["السلام عليكم", "شكرا جزيلا", "🙂🙂", "كلمة " * 1000, "<b>&amp;</b> متى؟"])
def test_whatever_is_said_gets_one_reply(api: RunningBotApi, reader: Person, said: str) -> None:
    message = reader.says(said)
    assert api.reply_to(message).text
    api.settle(0.3)
    assert len(api.calls("sendMessage", chat_id=reader.id)) == 1


def test_inline(api: RunningBotApi, reader: Person, article: str) -> None:
    query = reader.types_inline(SUGGESTED)
    call = api.wait_for("answerInlineQuery", lambda c: c.params["inline_query_id"] == query)
    assert call.params["results"][0]["id"] == "answer"


def test_reindex_while_questions_are_answered(api: RunningBotApi, admin: Person, reader: Person) -> None:
    admin.says("/reindex")
    assert "2021" in api.reply_to(reader.says(SUGGESTED)).text
    report = api.wait_for(
        "editMessageText", lambda c: c.chat_id == ADMIN and "انتهت إعادة الفهرسة" in c.text, timeout=120
    )
    assert "المقالات: 1" in report.text
    admin.says("/status")
    api.wait_for("sendMessage", lambda c: c.chat_id == ADMIN and "الجمل:" in c.text)


def test_forty_people_at_once(api: RunningBotApi) -> None:
    messages = [Person(api, 80_000 + number).says(f"{SUGGESTED} {number}") for number in range(40)]
    for message in messages:
        assert api.reply_to(message, timeout=60).text


def test_without_a_token_it_says_so(api: RunningBotApi, tmp_path: Path) -> None:
    bot = Serving(api, tmp_path, RAWI, RAWI_TELEGRAM_TOKEN="")
    bot.start()
    assert bot.wait(120) == 1
    assert "RAWI_TELEGRAM_TOKEN" in bot.logged.splitlines()[-1]
    assert "Traceback" not in bot.logged


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_first_index_is_built(
    api: RunningBotApi, tmp_path: Path, number: signal.Signals
) -> None:
    bot = Serving(api, tmp_path, RAWI)
    bot.start()
    bot.until_logged("no index in", 120)
    code, seconds = bot.stop(number)
    assert code == 0
    assert seconds < STOP_SECONDS
    assert "Traceback" not in bot.logged
