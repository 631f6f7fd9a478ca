"""Wires the Telegram side together and runs it until a signal: `serve`."""

import asyncio
import logging
import os
import signal
import sys
import threading
from dataclasses import dataclass
from typing import Final

from telegram import Update, User
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.journal import Journal
from bot.protocols import Answering, Reindexing
from bot.telegram import redaction
from bot.telegram.admin import Admin
from bot.telegram.answers import Answers
from bot.telegram.client import build
from bot.telegram.commands import Commands
from bot.telegram.courier import Courier, Refused, seconds
from bot.telegram.dispatcher import Dispatcher
from bot.telegram.errors import NetworkDownError, ServeError, TokenError
from bot.telegram.inbox import Inbox, Pending
from bot.telegram.inline import Inline
from bot.telegram.limits import Limits
from bot.telegram.menu import publish
from bot.telegram.options import TelegramOptions
from bot.telegram.pieces import pack
from bot.telegram.polling import Poller
from bot.telegram.questions import Questions
from bot.telegram.reindexing import Reindex
from bot.telegram.rendering import sentence
from bot.telegram.router import ALLOWED_UPDATES, Router
from bot.telegram.typing_indicator import TypingIndicator
from bot.telegram.views import Views
from bot.telegram.webhook import Webhook
from bot.telegram.work import Mail, Work, language_of
from bot.telegram.workers import SWITCH_INTERVAL, Workers

logger = logging.getLogger(__name__)
START_PAUSES: Final = (1.0, 2.0)
FINISH_SECONDS: Final = 7.0
"""What answers in flight get after a signal; with the last word to Telegram it stays under ten seconds."""
GIVE_UP_SECONDS: Final = 9.5
PURGE_INTERVAL: Final = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the bot answers with."""

    options: TelegramOptions
    answering: Answering
    reindexing: Reindexing
    journal: Journal


def serve(options: TelegramOptions, answering: Answering, reindexing: Reindexing, journal: Journal) -> int:
    """Serve until SIGTERM or SIGINT and return the exit code; what stops it is one line on stderr."""
    redaction.install(options.token)
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        if not options.token:
            raise TokenError.missing()
        asyncio.run(Service(Parts(options, answering, reindexing, journal)).run())
    except ServeError as error:
        sys.stderr.write(f"{redaction.redacted(str(error), options.token)}\n")
        return 1
    finally:
        journal.close()
    return 0


class Service:
    """One run of the bot."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.inbox = Inbox(parts.journal)
        self.bot, self.updates = build(parts.options)
        self.mail = Mail(self.bot, Courier(), self.inbox)
        self.dispatcher = Dispatcher(self.inbox, self.handle)
        self.router: Router | None = None

    async def run(self) -> None:
        """Serve until a signal. Raises ServeError."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.on_signal, number, stop)
        starting = asyncio.create_task(self.start())
        try:
            await until(stop, starting)
            if not stop.is_set():
                await self.serve_until(stop)
        finally:
            await self.bot.shutdown()

    def on_signal(self, number: signal.Signals, stop: asyncio.Event) -> None:
        """Begin to stop at the first signal; later ones change nothing."""
        if stop.is_set():
            logger.warning("%s again: already stopping", number.name)
            return
        logger.info("%s: finishing what is in hand", number.name)
        stop.set()
        # Whatever hangs then (a name lookup, a disk) must not hold up the stop; the inbox is safe.
        watchdog = threading.Timer(GIVE_UP_SECONDS, os._exit, (0,))
        watchdog.daemon = True
        watchdog.start()

    async def start(self) -> None:
        """Meet Telegram. Raises TokenError or NetworkDownError."""
        for pause in (*START_PAUSES, None):
            try:
                await self.bot.initialize()
                break
            except InvalidToken:
                raise TokenError.refused() from None
            except RetryAfter as error:
                await asyncio.sleep(seconds(error))
            except TelegramError as error:
                if pause is None:
                    raise NetworkDownError(
                        f"Telegram cannot be reached at {self.parts.options.base_url} ({error}), expected "
                        "an answer; check the network and RAWI_TELEGRAM_API_URL, then run: rawi serve"
                    ) from None
                await asyncio.sleep(pause)
        self.router = self.build_router(self.bot.bot)

    def build_router(self, bot: User) -> Router:
        """Return the router with all handlers."""
        parts, mail = self.parts, self.mail
        workers = Workers(max(2, min(8, os.cpu_count() or 2)), "answering")
        answers = Answers(parts.answering, workers)
        questions = Questions(
            parts.answering,
            parts.journal,
            mail,
            Limits(parts.options.questions_per_minute),
            answers,
            TypingIndicator(self.bot, mail.courier),
        )
        return Router(
            bot,
            questions,
            Views(parts.answering, parts.journal, mail, questions),
            Commands(bot, parts.answering, parts.journal, mail, parts.options.retention_days),
            Admin(parts.options.admin_ids, parts.answering, parts.journal, mail, workers),
            Reindex(parts.reindexing, mail, Workers(1, "reindexing")),
            Inline(self.bot, answers, mail.courier),
        )

    async def serve_until(self, stop: asyncio.Event) -> None:
        """Take updates until the event, then finish. Raises ServeError when Telegram ends it."""
        background = [
            asyncio.create_task(publish(self.bot, self.parts.options.admin_ids)),
            asyncio.create_task(self.purge()),
        ]
        self.dispatcher.accept(self.inbox.left_over())
        try:
            if self.parts.options.webhook_url:
                await self.listen(stop)
            else:
                await self.poll(stop)
        finally:
            for task in background:
                task.cancel()

    async def poll(self, stop: asyncio.Event) -> None:
        """Serve by long polling."""
        await self.mail.courier.deliver(
            0, lambda _: self.bot.delete_webhook(drop_pending_updates=False), repeatable=True, paced=False
        )
        poller = Poller(self.bot, self.updates, self.inbox, self.dispatcher.accept)
        polling = asyncio.create_task(poller.run())
        logger.info("Rawi answers as @%s (long polling)", self.bot.username)
        try:
            await until(stop, polling)
        finally:
            polling.cancel()
            await asyncio.wait([polling])
            await self.finish()
            await poller.say_goodbye()

    async def listen(self, stop: asyncio.Event) -> None:
        """Serve by webhook; it stays set, so that Telegram keeps what comes while the bot is away."""
        options = self.parts.options
        webhook = Webhook(options, self.inbox, self.dispatcher.accept)
        webhook.listen()
        try:
            await self.set_webhook()
            logger.info("Rawi answers as @%s (webhook, port %s)", self.bot.username, options.webhook_port)
            await stop.wait()
        finally:
            await webhook.close()
            await self.finish()

    async def set_webhook(self) -> None:
        """Tell Telegram where to send updates. Raises ServeError when it refuses the address."""
        options = self.parts.options
        try:
            await self.mail.courier.deliver(
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

    async def finish(self) -> None:
        """Let the answers in flight go out."""
        cut_off = await self.dispatcher.finish(FINISH_SECONDS)
        if cut_off:
            self.inbox.cut_off()
            logger.warning("%s chats still wait for answers; they get them after the restart", cut_off)

    async def purge(self) -> None:
        """Delete what is older than it may be kept, now and every few hours."""
        while True:
            self.parts.journal.purge(self.parts.options.retention_days)
            await asyncio.sleep(PURGE_INTERVAL)

    async def handle(self, pending: Pending) -> None:
        """Answer one update; an error is logged with its cause, and the reader is told in one sentence."""
        if pending.left_over:
            self.inbox.begun(pending.update_id)
        work: Work | None = None
        try:
            update = Update.de_json(pending.payload, self.bot)
            work = Work(pending, update, language_of(self.parts.journal, update))
            if self.router is not None:
                await self.router.route(work)
        except Refused as error:
            # What Telegram does not take for this chat, it does not take an apology for.
            logger.warning("Telegram does not take the answer to update %s: %s", pending.update_id, error)
        except Exception:
            logger.exception("Update %s could not be answered", pending.update_id)
            if work is not None:
                await self.apologise(work)

    async def apologise(self, work: Work) -> None:
        """Say that something went wrong, where somebody waits for an answer."""
        message = work.update.effective_message
        if message is None:
            return
        try:
            await self.mail.acknowledge(work)
            reply_to = None if work.update.callback_query else message.message_id
            await self.mail.send(work, pack([sentence("error", work.language)]), reply_to=reply_to)
        except Exception:
            logger.exception("Nor could the reader of update %s be told", work.pending.update_id)


async def until(stop: asyncio.Event, task: "asyncio.Task[None]") -> None:
    """Wait for the event or the end of the task, whichever is first; raises what the task raised."""
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
