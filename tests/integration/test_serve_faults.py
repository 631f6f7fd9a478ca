"""Telegram refuses, stutters and falls silent: no answer is lost, and none is sent twice on suspicion."""

import time

import pytest

from tests.integration.bot_api import Fault, Group, Person, RunningBotApi
from tests.integration.serving import Serving

QUESTION = "متى بدأت قصة تعدين البيتكوين؟"
QUOTE = "في عام 2021."

pytestmark = pytest.mark.usefixtures("bot")


@pytest.fixture(autouse=True)
def _healed(api: RunningBotApi) -> None:
    api.heal()


def test_retry_after_is_waited_out_and_the_answer_sent(api: RunningBotApi, reader: Person) -> None:
    api.fail("sendMessage", Fault(429, retry_after=2, times=1, chat_id=reader.id))
    started = time.monotonic()
    call = api.reply_to(reader.says(QUESTION))
    assert QUOTE in call.text
    assert call.at - started >= 2


def test_one_chat_that_must_wait_does_not_hold_up_another(api: RunningBotApi, reader: Person) -> None:
    api.fail("sendMessage", Fault(429, retry_after=5, times=1, chat_id=reader.id))
    reader.says(QUESTION)
    other = Person(api, reader.id + 100_000)
    started = time.monotonic()
    api.reply_to(other.says(QUESTION))
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("fault", [Fault(502, times=2), Fault(cut=True, times=1)], ids=["502", "cut"])
def test_a_failing_gateway_loses_no_answer(api: RunningBotApi, reader: Person, fault: Fault) -> None:
    fault.chat_id = reader.id
    api.fail("sendMessage", fault)
    assert QUOTE in api.reply_to(reader.says(QUESTION)).text


def test_refusals_of_many_chats_pause_everything(api: RunningBotApi) -> None:
    people = [Person(api, 30_000 + number) for number in range(8)]
    api.fail("sendMessage", Fault(429, retry_after=1, times=8))
    messages = [person.says(QUESTION) for person in people]
    for message in messages:
        assert QUOTE in api.reply_to(message, timeout=30).text


def test_two_percent_of_failures_lose_no_answer(api: RunningBotApi) -> None:
    api.fail("sendMessage", Fault(429, retry_after=1, probability=0.02))
    api.fail("sendMessage", Fault(502, probability=0.02))
    people = [Person(api, 31_000 + number) for number in range(120)]
    messages = [person.says(f"{QUESTION} {person.id}") for person in people]
    for message in messages:
        assert QUOTE in api.reply_to(message, timeout=60).text
    assert len(api.calls("sendMessage", chat_id=people[0].id)) >= 1


def test_who_blocked_the_bot_holds_up_nothing(api: RunningBotApi, bot: Serving, reader: Person) -> None:
    api.state.blocked.add(reader.id)
    reader.says(QUESTION)
    bot.until_logged(f"Chat {reader.id} does not take messages")
    other = Person(api, reader.id + 100_000)
    assert QUOTE in api.reply_to(other.says(QUESTION)).text


def test_a_group_that_became_a_supergroup_gets_its_answer(api: RunningBotApi, reader: Person) -> None:
    old, new = Group(api, -77), Group(api, -10077)
    fault = Fault(400, "Bad Request: group chat was upgraded to a supergroup chat", chat_id=old.id)
    fault.migrate_to = new.id
    api.fail("sendMessage", fault)
    reader.says(f"/ask {QUESTION}", old.id)
    assert QUOTE in api.wait_for("sendMessage", lambda c: c.chat_id == new.id).text


def test_a_final_refusal_is_logged_and_holds_up_nothing(
    api: RunningBotApi, bot: Serving, reader: Person
) -> None:
    api.fail("sendMessage", Fault(400, "Bad Request: TOPIC_CLOSED", chat_id=reader.id, times=1))
    reader.says(QUESTION)
    bot.until_logged("Topic_closed")
    assert QUOTE in api.reply_to(reader.says(f"{QUESTION} حقا؟")).text


def test_a_method_the_server_does_not_know_holds_up_nothing(api: RunningBotApi, reader: Person) -> None:
    api.fail("answerInlineQuery", Fault(404, times=1))
    reader.types_inline(QUESTION)
    api.fail("answerCallbackQuery", Fault(400, "Bad Request: query is too old", times=1))
    answer = api.reply_to(reader.says(QUESTION))
    reader.presses(answer.result, answer.buttons[0]["callback_data"])
    edit = api.wait_for("editMessageText", lambda c: c.chat_id == reader.id)
    assert QUOTE in edit.text


def test_an_edit_is_repeated_after_silence_and_sent_plain_when_it_cannot_be_parsed(
    api: RunningBotApi, reader: Person
) -> None:
    answer = api.reply_to(reader.says(QUESTION))
    api.fail("editMessageText", Fault(502, chat_id=reader.id, times=1))
    api.fail(
        "editMessageText", Fault(400, "Bad Request: can't parse entities", text="HTML", chat_id=reader.id)
    )
    reader.presses(answer.result, answer.buttons[0]["callback_data"])
    edit = api.wait_for("editMessageText", lambda c: c.chat_id == reader.id)
    assert "parse_mode" not in edit.params


def test_typing_and_menus_may_fail(api: RunningBotApi, reader: Person) -> None:
    api.fail("sendChatAction", Fault(400, "Bad Request: whatever"))
    assert QUOTE in api.reply_to(reader.says(QUESTION)).text


@pytest.mark.slow
def test_silence_is_not_answered_by_sending_again(api: RunningBotApi, bot: Serving, reader: Person) -> None:
    # The message arrives, the response does not: after the read timeout it may not be sent again.
    api.fail("sendMessage", Fault(delay=25, after=True, times=1, chat_id=reader.id))
    reader.says(QUESTION)
    bot.until_logged(f"A message to chat {reader.id} may not have arrived", timeout=30)
    api.settle(2)
    shown = [m for (chat, _), m in api.state.messages.items() if chat == reader.id and m["from"]["is_bot"]]
    assert len(shown) == 1
    assert QUOTE in api.reply_to(reader.says(f"{QUESTION} مرة أخرى")).text
