"""What admins get, and nobody else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.bot_api import Call, Group, Person, RunningBotApi
from tests.integration.bot_api.people import button
from tests.integration.serving import ADMIN, Serving

QUESTION = "متى بدأت قصة تعدين البيتكوين؟"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that decides how a reindex of the fake ends."""
    return tmp_path_factory.mktemp("outcome") / "outcome"


@pytest.fixture(scope="module")
def bot(api: RunningBotApi, tmp_path_factory: pytest.TempPathFactory, outcome: Path) -> Iterator[Serving]:
    with Serving(api, tmp_path_factory.mktemp("bot"), FAKE_REINDEX=str(outcome)) as serving:
        yield serving


pytestmark = pytest.mark.usefixtures("bot")


def next_message(api: RunningBotApi, person: Person, text: str) -> Call:
    before = len(api.calls("sendMessage", chat_id=person.id))
    person.says(text)
    api.wait_for("sendMessage", lambda _: len(api.calls("sendMessage", chat_id=person.id)) > before)
    return api.calls("sendMessage", chat_id=person.id)[-1]


def wait_for_text(api: RunningBotApi, person: Person, words: str, timeout: float = 15) -> Call:
    """Wait until a message of the bot is sent or edited to contain the words."""
    seen = {id(call) for call in api.calls("sendMessage", "editMessageText")}
    for method in ("editMessageText", "sendMessage"):
        for call in api.calls(method, chat_id=person.id):
            if words in call.text and id(call) not in seen:
                return call
    return api.wait_for(
        "editMessageText",
        lambda c: c.chat_id == person.id and words in c.text and id(c) not in seen,
        timeout=timeout,
    )


def test_menus_are_set_per_language_and_admins_see_more(api: RunningBotApi) -> None:
    api.wait_for("setMyCommands", lambda c: c.params.get("language_code") == "en" and "chat" in str(c.params))
    by_menu = {
        (call.params.get("language_code"), (call.params.get("scope") or {}).get("chat_id")): [
            command["command"] for command in call.params["commands"]
        ]
        for call in api.calls("setMyCommands")
    }
    assert set(by_menu) == {(code, chat) for code in (None, "ar", "en") for chat in (None, ADMIN)}
    assert "reindex" in by_menu["ar", ADMIN]
    assert "reindex" not in by_menu["ar", None]


def test_status(api: RunningBotApi, admin: Person) -> None:
    call = next_message(api, admin, "/status")
    assert "fake/model" in call.text
    assert "الجمل: 8" in call.text


@pytest.mark.parametrize("command", ["/reindex", "/status", "/unanswered", "/feedback"])
def test_others_get_the_reply_of_an_unknown_command(api: RunningBotApi, reader: Person, command: str) -> None:
    unknown = next_message(api, reader, "/nonsense")
    assert next_message(api, reader, command).text == unknown.text


def test_in_a_group_even_an_admin_gets_nothing(api: RunningBotApi, admin: Person) -> None:
    group = Group(api, -2001)
    admin.says("/status", group.id)
    api.settle()
    assert not api.calls("sendMessage", chat_id=group.id)


def test_reindex_shows_progress_in_one_message_and_reports(
    api: RunningBotApi, admin: Person, reader: Person, outcome: Path
) -> None:
    outcome.write_text("")
    started = next_message(api, admin, "/reindex")
    assert "بدأت إعادة الفهرسة" in started.text
    progress = wait_for_text(api, admin, "من 50")
    assert progress.result["message_id"] == started.result["message_id"]
    # Meanwhile a second one is told so, the admin's other commands work, and questions are answered.
    assert "هناك إعادة فهرسة جارية" in next_message(api, admin, "/reindex").text
    assert "fake/model" in next_message(api, admin, "/status").text
    assert "2021" in api.reply_to(reader.says(QUESTION)).text
    outcome.write_text("done")
    report = wait_for_text(api, admin, "انتهت إعادة الفهرسة")
    assert report.result["message_id"] == started.result["message_id"]
    for line in ("المقالات: 12", "المقاطع: 5", "المعاد استعمالها: 3", "المضمنة من جديد: 7", "الثواني: 1.3"):
        assert line in report.text
    assert "(25)" in report.text
    assert "file0.bin: not a text" in report.text


def test_buttons_of_before_a_reindex_say_that_the_article_changed(
    api: RunningBotApi, admin: Person, outcome: Path, bot: Serving
) -> None:
    outcome.unlink(missing_ok=True)
    person = Person(api, 41_001)
    bot.stop()
    bot.start()
    bot.until_ready()
    answer = api.reply_to(person.says(QUESTION))
    next_message(api, admin, "/reindex")
    wait_for_text(api, admin, "انتهت إعادة الفهرسة")
    for label in ("السياق", "مقاطع أخرى"):
        query = person.presses(answer.result, button(answer, label))
        told = api.wait_for("answerCallbackQuery", lambda c, q=query: c.params["callback_query_id"] == q)
        assert "تغير نص المقال" in told.params["text"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("busy", "هناك إعادة فهرسة جارية"),
        ("damaged", "فشلت إعادة الفهرسة"),
        ("same", "لم يتغير شيء"),
    ],
)
def test_how_a_reindex_may_end(
    api: RunningBotApi, admin: Person, outcome: Path, said: str, words: str
) -> None:
    outcome.write_text(said)
    next_message(api, admin, "/reindex")
    assert words in wait_for_text(api, admin, words).text


def test_a_reindex_that_breaks_down_says_so_and_leaves_the_next_one_free(
    api: RunningBotApi, admin: Person, outcome: Path
) -> None:
    outcome.write_text("boom")
    before = len(api.calls("sendMessage", chat_id=ADMIN))
    admin.says("/reindex")
    api.wait_for(
        "sendMessage", lambda c: c.chat_id == ADMIN and "حدث خلل" in c.text and
        len(api.calls("sendMessage", chat_id=ADMIN)) > before,
    )  # fmt: skip
    outcome.write_text("done")
    next_message(api, admin, "/reindex")
    wait_for_text(api, admin, "انتهت إعادة الفهرسة")


def test_unanswered_questions_most_asked_first_and_paged(api: RunningBotApi, admin: Person) -> None:
    for number in range(12):
        for person in range(3 if number == 7 else 1):
            asker = Person(api, 50_000 + number * 10 + person)
            api.reply_to(asker.says(f"كم سعر البرتقال في المدينة {1000 + number}؟"))
    first = next_message(api, admin, "/unanswered")
    lines = first.text.splitlines()
    assert "(صفحة 1 من 2)" in lines[0]
    assert lines[1].startswith("عدد المرات 3")
    assert len(lines) == 11
    admin.presses(first.result, button(first, "التالي"))
    second = api.wait_for("editMessageText", lambda c: c.chat_id == ADMIN and "(صفحة 2 من 2)" in c.text)
    assert len(second.text.splitlines()) >= 3


def test_forged_admin_pages_do_nothing(api: RunningBotApi, reader: Person) -> None:
    own = next_message(api, reader, "/help")
    for data in ("u:0", "u:1", "f:0"):
        query = reader.presses(own.result, data)
        told = api.wait_for("answerCallbackQuery", lambda c, q=query: c.params["callback_query_id"] == q)
        assert "text" not in told.params
    assert not api.calls("editMessageText", chat_id=reader.id)


def test_feedback_names_the_least_helpful_answers(api: RunningBotApi, admin: Person) -> None:
    assert "لم يقيم أحد" in next_message(api, admin, "/feedback").text
    for number in range(3):
        person = Person(api, 60_000 + number)
        answer = api.reply_to(person.says(QUESTION))
        label = "غير مفيد" if number else "مفيد 👍"
        query = person.presses(answer.result, button(answer, label))
        api.wait_for("answerCallbackQuery", lambda c, q=query: c.params["callback_query_id"] == q)
    listed = next_message(api, admin, "/feedback")
    assert f"غير مفيد 2، مفيد 1: \u2068{QUESTION}\u2069" in listed.text
