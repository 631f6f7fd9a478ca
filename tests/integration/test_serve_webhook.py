"""The webhook: only Telegram is listened to, and 200 means stored."""

import asyncio
import json
import sqlite3
from pathlib import Path

import aiohttp
import pytest

from tests.integration.bot_api import Fault, Person, RunningBotApi
from tests.integration.bot_api.ports import free_port
from tests.integration.serving import Serving

QUESTION = "متى بدأت قصة تعدين البيتكوين؟"
QUOTE = "في عام 2021."


def serving(api: RunningBotApi, folder: Path, **settings: str) -> Serving:
    port = free_port()
    return Serving(
        api,
        folder,
        RAWI_WEBHOOK_URL=f"http://127.0.0.1:{port}/secret/path",
        RAWI_WEBHOOK_PORT=str(port),
        **settings,
    )


def post(url: str, body: bytes, **headers: str) -> int:
    async def call() -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=named) as reply:
            return reply.status

    return asyncio.run(call())


def test_updates_are_answered_and_duplicates_once(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    with serving(fresh_api, tmp_path):
        hook = fresh_api.wait_for("setWebhook").params
        assert "callback_query" in hook["allowed_updates"]
        assert len(hook["secret_token"]) == 64
        reader = Person(fresh_api, 1)
        message = fresh_api.state.new_message(1, reader.user, QUESTION)
        update = fresh_api.deliver({"message": message})
        fresh_api.redeliver(update)
        assert QUOTE in fresh_api.reply_to(message).text
        fresh_api.settle(0.5)
        assert len(fresh_api.calls("sendMessage")) == 1
    assert not fresh_api.calls("getUpdates", "deleteWebhook")


def test_only_who_knows_the_secret_is_listened_to(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    with serving(fresh_api, tmp_path, RAWI_WEBHOOK_SECRET="a-secret-of-mine") as bot:
        hook = fresh_api.wait_for("setWebhook").params
        assert hook["secret_token"] == "a-secret-of-mine"
        url, body = hook["url"], json.dumps({"update_id": 1}).encode()
        right = {"X_Telegram_Bot_Api_Secret_Token": "a-secret-of-mine"}
        assert post(url, body) == 403
        assert post(url, body, X_Telegram_Bot_Api_Secret_Token="wrong") == 403
        assert post(url, body, **right, Content_Type="application/json; charset=utf-8") == 200
        assert post(url.replace("/secret/path", "/"), body, **right) == 404
        assert post(url, b"not json", **right) == 400
        assert post(url, b'{"update_id": "x"}', **right) == 400
        assert "wrong" not in bot.logged


def test_what_cannot_be_stored_is_not_acknowledged(fresh_api: RunningBotApi, tmp_path: Path) -> None:
    with serving(fresh_api, tmp_path, RAWI_WEBHOOK_SECRET="s3cret") as bot:
        hook = fresh_api.wait_for("setWebhook").params
        other = sqlite3.connect(tmp_path / "data" / "journal.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        body = json.dumps({"update_id": 9}).encode()
        assert post(hook["url"], body, X_Telegram_Bot_Api_Secret_Token="s3cret") == 500
        other.execute("ROLLBACK")
        other.close()
        bot.until_logged("An update could not be taken")
        assert post(hook["url"], body, X_Telegram_Bot_Api_Secret_Token="s3cret") == 200


def test_killed_it_answers_after_the_restart_what_it_had_taken(
    fresh_api: RunningBotApi, tmp_path: Path
) -> None:
    with serving(fresh_api, tmp_path, FAKE_SLOW="60") as bot:
        fresh_api.wait_for("setWebhook")
        message = Person(fresh_api, 1).says(f"{QUESTION} بطيء")
        bot.process.kill()
        bot.process.wait()
    with serving(fresh_api, tmp_path, FAKE_SLOW="0"):
        assert QUOTE in fresh_api.reply_to(message, timeout=20).text


def test_a_second_process_on_the_folder_leaves_the_first_its_updates_and_takes_them_over_when_it_is_killed(
    fresh_api: RunningBotApi, tmp_path: Path
) -> None:
    with serving(fresh_api, tmp_path, FAKE_SLOW="60") as first:
        fresh_api.wait_for("setWebhook")
        message = Person(fresh_api, 1).says(f"{QUESTION} بطيء")
        with serving(fresh_api, tmp_path, FAKE_SLOW="0"):
            fresh_api.settle(1)
            assert not fresh_api.calls("sendMessage")
            first.process.kill()
            first.process.wait()
            assert QUOTE in fresh_api.reply_to(message, timeout=20).text
    assert len(fresh_api.calls("sendMessage")) == 1
    assert not list((tmp_path / "data").glob("serving-*.lock"))


@pytest.mark.parametrize("why", ["refused", "port"])
def test_what_stops_it(fresh_api: RunningBotApi, tmp_path: Path, why: str) -> None:
    bot = serving(fresh_api, tmp_path)
    if why == "refused":
        fresh_api.fail("setWebhook", Fault(400, "Bad Request: bad webhook: HTTPS url must be provided"))
    else:
        bot.environment["RAWI_WEBHOOK_PORT"] = str(fresh_api.port)
    bot.start()
    assert bot.wait(30) == 1
    expected = "refuses the webhook" if why == "refused" else "cannot listen on"
    assert expected in bot.logged
    assert "Traceback" not in bot.logged
