"""The server in a thread of its own, with what a test needs to talk to it."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from aiohttp import ClientSession, web

from tests.integration.bot_api.faults import Fault
from tests.integration.bot_api.server import application
from tests.integration.bot_api.state import TOKEN, Call, State


class RunningBotApi:
    """A Bot API server on a free port of loopback; use as a context manager."""

    def __init__(self, port: int = 0) -> None:
        self.token = TOKEN
        self._wanted_port = port
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bot-api", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self.state = State()
        runner = web.AppRunner(
            application(self.state), handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._wanted_port)
        await site.start()
        self.port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._ready.set()
        await self._stopping.wait()
        await runner.cleanup()

    def deliver(self, update: dict[str, Any]) -> dict[str, Any]:
        """Number an update and hand it to the poller or the webhook."""
        update = {"update_id": next(self.state.update_ids), **update}
        self.redeliver(update)
        return update

    def redeliver(self, update: dict[str, Any]) -> None:
        """Hand an update over as it is, as Telegram does with what was not acknowledged."""
        if self.state.webhook:
            asyncio.run_coroutine_threadsafe(self.post_update(update), self._loop).result(10)
        else:
            self._loop.call_soon_threadsafe(self.state.enqueue, update)

    def deliver_all(self, updates: list[dict[str, Any]]) -> None:
        """Queue many updates at one instant."""

        def enqueue() -> None:
            for update in updates:
                self.state.enqueue({"update_id": next(self.state.update_ids), **update})

        self._loop.call_soon_threadsafe(enqueue)

    async def post_update(self, update: dict[str, Any], secret: str | None = None) -> int:
        """POST an update to the webhook that was set; return the status."""
        hook = self.state.webhook
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret or hook.get("secret_token", "")}
        async with (
            ClientSession() as session,
            session.post(hook["url"], json=update, headers=headers) as reply,
        ):
            return reply.status

    def fail(self, method: str, fault: Fault) -> None:
        """Let a method fail from now on."""
        self.state.faults.add(method, fault)

    def heal(self) -> None:
        """Let everything succeed again."""
        self.state.faults.clear()

    def calls(self, *methods: str, chat_id: int | None = None) -> list[Call]:
        """Return the calls so far of these methods (all when none is named)."""
        with self.state.changed:
            return [
                call
                for call in self.state.calls
                if (not methods or call.method in methods) and chat_id in (None, call.params.get("chat_id"))
            ]

    def wait_for(
        self,
        method: str,
        where: Callable[[Call], bool] = lambda _: True,
        *,
        after: float = 0.0,
        timeout: float = 10.0,
        failed: bool = False,
    ) -> Call:
        """Return the first successful (or failed) call of `method` that satisfies `where`, waiting for it."""
        deadline = time.monotonic() + timeout

        def found() -> Call | None:
            for call in self.state.calls:
                if call.method == method and call.at >= after and bool(call.error) == failed and where(call):
                    return call
            return None

        with self.state.changed:
            while (call := found()) is None:
                left = deadline - time.monotonic()
                if left <= 0 or not self.state.changed.wait(left):
                    recent = [(c.method, c.error, c.text[:60]) for c in self.state.calls[-12:]]
                    raise AssertionError(f"no {method} within {timeout} s; the last calls: {recent}")
            return call

    def reply_to(self, message: dict[str, Any], timeout: float = 10.0) -> Call:
        """Wait for the message that replies to `message`."""
        chat = message["chat"]["id"]
        return self.wait_for(
            "sendMessage",
            lambda call: call.chat_id == chat and call.reply_to == message["message_id"],
            timeout=timeout,
        )

    def settle(self, seconds: float = 0.5) -> None:
        """Let the bot do what it should not do."""
        time.sleep(seconds)
