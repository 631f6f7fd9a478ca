"""The webhook's server: 200 is said only after the update is stored, else Telegram sends it again."""

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from telegram import Bot
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from bot.telegram.courier import Courier, Refused
from bot.telegram.errors import ServeError
from bot.telegram.inbox import Inbox, Pending
from bot.telegram.options import TelegramOptions
from bot.telegram.router import ALLOWED_UPDATES

logger = logging.getLogger(__name__)
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
LARGEST_BODY: Final = 1_000_000
"""Bytes; an update is a few thousand."""


class UpdateHandler(RequestHandler):
    """Takes one update."""

    def initialize(self, webhook: "Webhook") -> None:
        """Take over what the route carries."""
        self.webhook = webhook

    def post(self) -> None:
        """Store the update and say so."""
        given = self.request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.webhook.options.secret.encode()):
            self.set_status(403)
            return
        update = read(self.request.body)
        if update is None:
            self.set_status(400)
            return
        self.webhook.accept(self.webhook.inbox.store([update]))

    def write_error(self, *_: Any, **__: Any) -> None:
        """Answer with the status alone."""
        self.finish()

    def log_exception(self, *error: Any) -> None:
        """Log what went wrong in here; Telegram tries again."""
        logger.error("An update could not be taken", exc_info=error)


def read(body: bytes) -> dict[str, Any] | None:
    """Return the update that a request carries, or None when it carries none."""
    try:
        update = json.loads(body)
    except ValueError:
        return None
    numbered = isinstance(update, dict) and isinstance(update.get("update_id"), int)
    return update if numbered else None


@dataclass(slots=True)
class Webhook:
    """Listens for updates."""

    options: TelegramOptions
    bot: Bot
    courier: Courier
    inbox: Inbox
    accept: Callable[[list[Pending]], None]

    async def run(self) -> None:
        """Listen until cancelled. Raises ServeError when the address or the webhook cannot be used."""
        server = self._listen()
        try:
            await self._set()
            logger.info(
                "Rawi answers as @%s (webhook, port %s)", self.bot.username, self.options.webhook_port
            )
            await asyncio.Event().wait()
        finally:
            server.stop()
            await server.close_all_connections()

    async def say_goodbye(self) -> None:
        """Leave the webhook set: Telegram keeps what comes while the bot is away."""

    def _listen(self) -> HTTPServer:
        route = (re.escape(self.options.webhook_path), UpdateHandler, {"webhook": self})
        application = Application([route], log_function=lambda _: None)
        server = HTTPServer(application, max_body_size=LARGEST_BODY)
        listen, port = self.options.webhook_listen, self.options.webhook_port
        try:
            server.listen(port, listen)
        except OSError as error:
            raise ServeError(
                f"cannot listen on {listen}:{port} for the webhook ({error.strerror}), expected a free port; "
                "set RAWI_WEBHOOK_LISTEN and RAWI_WEBHOOK_PORT, then run: rawi serve"
            ) from None
        return server

    async def _set(self) -> None:
        options = self.options
        try:
            await self.courier.deliver(
                0,
                lambda _: self.bot.set_webhook(
                    options.webhook_url, secret_token=options.secret, allowed_updates=ALLOWED_UPDATES
                ),
                repeatable=True,
                paced=False,
            )
        except Refused as error:
            raise ServeError(
                f"Telegram refuses the webhook ({error}), expected a public https address; "
                "set RAWI_WEBHOOK_URL, then run: rawi serve"
            ) from None
