"""The webhook's server: 200 is said only after the update is stored, else Telegram sends it again."""

import hmac
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from bot.telegram.errors import ServeError
from bot.telegram.inbox import Inbox, Pending
from bot.telegram.options import TelegramOptions

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
    inbox: Inbox
    accept: Callable[[list[Pending]], None]
    server: HTTPServer | None = None

    def listen(self) -> None:
        """Start to listen. Raises ServeError when the address cannot be used."""
        route = (self.options.webhook_path, UpdateHandler, {"webhook": self})
        application = Application([route], log_function=lambda _: None)
        self.server = HTTPServer(application, max_body_size=LARGEST_BODY)
        listen, port = self.options.webhook_listen, self.options.webhook_port
        try:
            self.server.listen(port, listen)
        except OSError as error:
            raise ServeError(
                f"cannot listen on {listen}:{port} for the webhook ({error.strerror}), expected a free port; "
                "set RAWI_WEBHOOK_LISTEN and RAWI_WEBHOOK_PORT, then run: rawi serve"
            ) from None

    async def close(self) -> None:
        """Stop listening; what is being stored is stored."""
        if self.server is not None:
            self.server.stop()
            await self.server.close_all_connections()
