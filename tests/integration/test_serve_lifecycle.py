"""Starting, stopping, dying and coming back: nothing that was acknowledged stays without an answer."""

import signal
import socket
import sqlite3
import time
from pathlib import Path

from tests.integration.bot_api import Fault, Person, RunningBotApi
from tests.integration.serving import STOP_SECONDS, Serving

QUESTION = "متى بدأت قصة تعدين البيتكوين؟"
QUOTE = "في عام 2021."


def answered(api: RunningBotApi) -> set[int]:
    """Return the messages that have an answer."""
    return {call.reply_to for call in api.calls("sendMessage") if call.result and QUOTE in call.text}


def wait_until_answered(api: RunningBotApi, messages: list[int], timeout: float = 30) -> None:
    deadline = time.monotonic() + timeout
    while missing := set(messages) - answered(api):
        assert time.monotonic() < deadline, f"{len(missing)} of {len(messages)} unanswered"
        time.sleep(0.05)


def test_idle_it_stops_at_once(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with Serving(fresh_api, tmp_path) as bot:
            code, seconds = bot.stop(number)
        assert code == 0
        assert seconds < 3
        assert "Traceback" not in bot.logged


def test_what_was_answered_is_acknowledged_on_leaving(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    with Serving(fresh_api, tmp_path) as bot:
        fresh_api.reply_to(Person(fresh_api, 1).says(QUESTION))
        bot.stop()
    assert fresh_api.state.updates == []


def test_sigterm_finishes_what_is_in_flight(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    with Serving(fresh_api, tmp_path, FAKE_SLOW="1.5") as bot:
        message = Person(fresh_api, 1).says(f"{QUESTION} بطيء")
        fresh_api.wait_for("sendChatAction")
        code, seconds = bot.stop()
    assert code == 0
    assert seconds < STOP_SECONDS
    assert message["message_id"] in answered(fresh_api)


def test_a_second_signal_loses_nothing(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    with Serving(fresh_api, tmp_path, FAKE_SLOW="2") as bot:
        messages = [Person(fresh_api, n).says(f"{QUESTION} بطيء {n}")["message_id"] for n in range(1, 4)]
        fresh_api.wait_for("sendChatAction")
        bot.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
        bot.process.send_signal(signal.SIGTERM)
        bot.process.send_signal(signal.SIGINT)
        assert bot.wait(STOP_SECONDS + 1) == 0
        assert "already stopping" in bot.logged
    with Serving(fresh_api, tmp_path):
        wait_until_answered(fresh_api, messages)


def test_a_pending_retry_after_does_not_hold_up_the_stop_and_is_made_good(
    fresh_api: RunningBotApi, tmp_path: Path
) -> None:
    fresh_api.fail("sendMessage", Fault(429, retry_after=600, times=1))
    with Serving(fresh_api, tmp_path) as bot:
        message = Person(fresh_api, 1).says(QUESTION)
        bot.until_logged("asks to wait 600")
        code, seconds = bot.stop()
    assert code == 0
    assert seconds < STOP_SECONDS
    assert "get them after the restart" in bot.logged
    with Serving(fresh_api, tmp_path):
        wait_until_answered(fresh_api, [message["message_id"]])


def test_a_handler_that_hangs_does_not_hold_up_the_stop_and_is_made_good(
    fresh_api: RunningBotApi, tmp_path: Path
) -> None:
    with Serving(fresh_api, tmp_path, FAKE_SLOW="60") as bot:
        message = Person(fresh_api, 1).says(f"{QUESTION} بطيء")
        fresh_api.wait_for("sendChatAction")
        code, seconds = bot.stop()
    assert code == 0
    assert seconds < STOP_SECONDS
    with Serving(fresh_api, tmp_path, FAKE_SLOW="0"):
        wait_until_answered(fresh_api, [message["message_id"]])


def test_sigterm_under_load_loses_no_acknowledged_update(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    with Serving(fresh_api, tmp_path, FAKE_SLOW="0.1") as bot:
        messages = [Person(fresh_api, n).says(f"{QUESTION} بطيء {n}")["message_id"] for n in range(1, 201)]
        fresh_api.wait_for("sendMessage")
        code, seconds = bot.stop()
    assert code == 0
    assert seconds < STOP_SECONDS
    assert len(answered(fresh_api)) < 200
    with Serving(fresh_api, tmp_path, FAKE_SLOW="0"):
        wait_until_answered(fresh_api, messages)
    replies = [call.reply_to for call in fresh_api.calls("sendMessage") if call.result]
    assert sorted(replies) == sorted(set(replies))


def test_killed_it_answers_after_the_restart_what_it_had_fetched(
    fresh_api: RunningBotApi, tmp_path: Path
) -> None:
    with Serving(fresh_api, tmp_path, FAKE_SLOW="60") as bot:
        messages = [Person(fresh_api, n).says(f"{QUESTION} بطيء {n}")["message_id"] for n in range(1, 6)]
        # The long poll that follows has acknowledged them.
        fresh_api.wait_for("sendChatAction")
        fresh_api.settle(0.5)
        bot.process.kill()
        bot.process.wait()
    assert fresh_api.state.acknowledged
    with Serving(fresh_api, tmp_path, FAKE_SLOW="0"):
        wait_until_answered(fresh_api, messages)


def test_an_update_that_kills_the_process_is_given_up(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    bot = Serving(fresh_api, tmp_path, FAKE_SLOW="60")
    Person(fresh_api, 1).says(f"{QUESTION} بطيء")
    for attempt in range(4):
        bot.start()
        bot.until_ready()
        fresh_api.wait_for("sendChatAction", lambda _, n=attempt: len(fresh_api.calls("sendChatAction")) > n)
        bot.process.kill()
        bot.process.wait()
    with bot:
        other = Person(fresh_api, 2).says(QUESTION)
        wait_until_answered(fresh_api, [other["message_id"]])
        fresh_api.settle(0.3)
        assert len(fresh_api.calls("sendChatAction")) <= 5


def test_a_duplicate_is_answered_once_across_a_restart_too(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    reader = Person(fresh_api, 1)
    message = fresh_api.state.new_message(1, reader.user, QUESTION)
    update = fresh_api.deliver({"message": message})
    with Serving(fresh_api, tmp_path):
        fresh_api.reply_to(message)
        fresh_api.redeliver(update)
        fresh_api.settle(0.7)
    fresh_api.redeliver(update)
    with Serving(fresh_api, tmp_path):
        fresh_api.settle(0.7)
    assert len(fresh_api.calls("sendMessage")) == 1


def test_buttons_votes_and_context_outlive_a_restart(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    reader = Person(fresh_api, 1)
    with Serving(fresh_api, tmp_path):
        answer = fresh_api.reply_to(reader.says(QUESTION))
    with Serving(fresh_api, tmp_path):
        reader.presses(answer.result, answer.buttons[0]["callback_data"])
        assert QUOTE in fresh_api.wait_for("editMessageText").text
        assert QUOTE in fresh_api.reply_to(reader.says("وماذا عن السؤال سابق الذكر؟")).text


def test_a_split_answer_interrupted_halfway_goes_on_where_it_was(
    fresh_api: RunningBotApi, tmp_path: Path
) -> None:
    reader = Person(fresh_api, 1)
    fresh_api.fail("sendMessage", Fault(429, retry_after=600, times=1, text="المصدر"))
    with Serving(fresh_api, tmp_path) as bot:
        reader.says("سؤال عن نص طويل جدا؟")
        bot.until_logged("asks to wait 600", 20)
        bot.stop()
    sent = [call for call in fresh_api.calls("sendMessage") if call.result]
    with Serving(fresh_api, tmp_path):
        end = fresh_api.wait_for("sendMessage", lambda c: "المصدر" in c.text)
    texts = [call.text for call in fresh_api.calls("sendMessage") if call.result]
    assert len(texts) == len(sent) + 1
    assert " ".join(texts).count("هذه جملة طويلة") == 120
    assert end.buttons


class TestWhatStopsIt:
    """One clear line and exit code 1."""

    @staticmethod
    def refused(bot: Serving, timeout: float = 30) -> str:
        bot.start()
        assert bot.wait(timeout) == 1
        assert "Traceback" not in bot.logged
        token = bot.environment["RAWI_TELEGRAM_TOKEN"]
        assert not token or token not in bot.logged
        lines = [line for line in bot.logged.splitlines() if not line.startswith(("INFO", "WARNING"))]
        assert len(lines) == 1, bot.logged
        return lines[0]

    def test_a_wrong_token(self, fresh_api: RunningBotApi, tmp_path: Path) -> None:
        bot = Serving(fresh_api, tmp_path, RAWI_TELEGRAM_TOKEN="123:wrong-but-long-enough-to-be-one")
        assert "refuses the token" in self.refused(bot)

    def test_no_token(self, fresh_api: RunningBotApi, tmp_path: Path) -> None:
        assert "no Telegram token is set" in self.refused(
            Serving(fresh_api, tmp_path, RAWI_TELEGRAM_TOKEN="")
        )

    def test_no_network(self, fresh_api: RunningBotApi, tmp_path: Path) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            line = self.refused(Serving(fresh_api, tmp_path, RAWI_TELEGRAM_API_URL=url))
        assert "cannot be reached" in line
        assert url in line

    def test_another_poller(self, fresh_api: RunningBotApi, tmp_path: Path) -> None:
        fresh_api.fail("getUpdates", Fault(409))
        assert "409 Conflict" in self.refused(Serving(fresh_api, tmp_path))

    def test_a_token_revoked_later(self, fresh_api: RunningBotApi, tmp_path: Path) -> None:
        bot = Serving(fresh_api, tmp_path)
        with bot:
            fresh_api.state.token = "another"
            Person(fresh_api, 1).says(QUESTION)
            assert bot.wait(30) == 1
        assert "refuses the token" in bot.logged
        assert "Traceback" not in bot.logged

    def test_a_flood_wait_and_a_502_at_the_start_are_sat_out(
        self, fresh_api: RunningBotApi, tmp_path: Path
    ) -> None:
        fresh_api.fail("getMe", Fault(429, retry_after=1, times=1))
        fresh_api.fail("getMe", Fault(502, times=1))
        fresh_api.fail("getUpdates", Fault(409, times=1))
        fresh_api.fail("setMyCommands", Fault(400, "Bad Request: chat not found", text="chat_id"))
        with Serving(fresh_api, tmp_path) as bot:
            fresh_api.reply_to(Person(fresh_api, 1).says(QUESTION))
            assert bot.process.poll() is None

    def test_a_signal_while_starting(self, fresh_api: RunningBotApi, tmp_path: Path) -> None:
        fresh_api.fail("getMe", Fault(delay=30))
        bot = Serving(fresh_api, tmp_path)
        bot.start()
        deadline = time.monotonic() + 60
        while "getMe" not in fresh_api.state.begun:
            assert time.monotonic() < deadline, bot.logged
            time.sleep(0.05)
        code, seconds = bot.stop()
        assert code == 0
        assert seconds < STOP_SECONDS


def test_a_lost_network_is_said_once_and_waited_for(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    with Serving(fresh_api, tmp_path) as bot:
        fresh_api.fail("getUpdates", Fault(502))
        fresh_api.fail("getUpdates", Fault(cut=True))
        fresh_api.deliver({"message": {"message_id": 1}})
        bot.until_logged("cannot be reached")
        fresh_api.wait_for("getUpdates", lambda _: len(failures(fresh_api)) >= 3, failed=True)
        assert bot.logged.count("cannot be reached") == 1
        gaps = [b - a for a, b in zip(failures(fresh_api), failures(fresh_api)[1:], strict=False)]
        assert gaps[-1] > gaps[0] * 1.5
        fresh_api.heal()
        message = Person(fresh_api, 1).says(QUESTION)
        assert QUOTE in fresh_api.reply_to(message, timeout=20).text
        bot.until_logged("Updates arrive again")


def failures(api: RunningBotApi) -> list[float]:
    return [call.at for call in api.calls("getUpdates") if call.error]


def test_a_flood_wait_while_polling_is_sat_out(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    fresh_api.fail("getUpdates", Fault(429, retry_after=1, times=1))
    with Serving(fresh_api, tmp_path):
        fresh_api.reply_to(Person(fresh_api, 1).says(QUESTION))


def test_a_journal_that_cannot_be_written_for_a_while_loses_nothing(
    fresh_api: RunningBotApi, tmp_path: Path
) -> None:
    with Serving(fresh_api, tmp_path) as bot:
        other = sqlite3.connect(tmp_path / "data" / "journal.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        message = Person(fresh_api, 1).says(QUESTION)
        bot.until_logged("updates cannot be stored", 20)
        assert fresh_api.state.acknowledged == set()
        other.execute("ROLLBACK")
        other.close()
        assert QUOTE in fresh_api.reply_to(message, timeout=20).text
