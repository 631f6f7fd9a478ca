"""Wires the Telegram side together and runs it until a signal: `serve`."""

import asyncio
import logging
import os
import signal
import sqlite3
import sys
import threading
from typing import Final, Protocol, TypeVar

from bot.journal import Journal
from bot.protocols import Answering, Reindexing
from bot.telegram import redaction
from bot.telegram.answers import Answers
from bot.telegram.client import build
from bot.telegram.courier import Courier
from bot.telegram.dispatcher import Dispatcher
from bot.telegram.errors import ServeError, TokenError
from bot.telegram.handling import Handler
from bot.telegram.inbox import Inbox
from bot.telegram.meeting import meet
from bot.telegram.menu import publish
from bot.telegram.options import TelegramOptions
from bot.telegram.polling import Poller
from bot.telegram.presence import Presence
from bot.telegram.signals import hand_to_loop
from bot.telegram.webhook import Webhook
from bot.telegram.wiring import Parts, build_router
from bot.telegram.work import Mail
from bot.telegram.workers import ANSWERING_THREADS, SWITCH_INTERVAL, Workers

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
FINISH_SECONDS: Final = 6.0
"""What answers in flight get after a signal; all that follows stays under ten seconds."""
LAST_CALLS_SECONDS: Final = 1.5
GIVE_UP_SECONDS: Final = 9.5
PURGE_INTERVAL: Final = 6 * 3600.0
TAKE_OVER_INTERVAL: Final = 5.0


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


class Intake(Protocol):
    """Where updates come from: the long poll or the webhook."""

    async def run(self) -> None:
        """Take updates until cancelled. Raises ServeError."""
        ...

    async def say_goodbye(self) -> None:
        """Leave Telegram in order."""
        ...


class Service:
    """One run of the bot."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.presence = Presence(parts.journal.folder)
        self.inbox = Inbox(parts.journal, self.presence.name, self.presence.is_gone)
        self.bot, self.updates = build(parts.options)
        self.mail = Mail(self.bot, Courier(), self.inbox)
        self.answers = Answers(parts.answering, Workers(ANSWERING_THREADS, "answering"))

    async def run(self) -> None:
        """Serve until a signal. Raises ServeError."""
        stop = asyncio.Event()
        hand_to_loop(lambda number: self.on_signal(number, stop))
        starting = asyncio.create_task(self.start())
        try:
            await until(stop, starting)
            if not stop.is_set():
                await self.serve_until(stop, starting.result())
        finally:
            starting.cancel()
            await self.bot.shutdown()
            self.presence.leave()

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

    async def start(self) -> Dispatcher:
        """Meet Telegram and return what answers. Raises TokenError or NetworkDownError."""
        await meet(self.bot, self.parts.options.base_url)
        router = build_router(self.parts, self.bot, self.mail, self.answers)
        handler = Handler(self.bot, self.parts.journal, self.inbox, self.mail, router)
        return Dispatcher(self.inbox, handler.handle)

    async def serve_until(self, stop: asyncio.Event, dispatcher: Dispatcher) -> None:
        """Take updates until the event, then finish. Raises ServeError when Telegram ends it."""
        options = self.parts.options
        background = [
            asyncio.create_task(publish(self.bot, options.admin_ids)),
            asyncio.create_task(self.purge()),
            asyncio.create_task(self.answers.keep_suggested()),
            asyncio.create_task(self.take_over(dispatcher)),
        ]
        intake: Intake
        if options.webhook_url:
            intake = Webhook(options, self.bot, self.mail.courier, self.inbox, dispatcher.accept)
        else:
            intake = Poller(self.bot, self.updates, self.mail.courier, self.inbox, dispatcher.accept)
        taking = asyncio.create_task(intake.run())
        try:
            await until(stop, taking)
        finally:
            for task in (taking, *background):
                task.cancel()
            await asyncio.wait([taking, *background])
            await self.finish(dispatcher)
            await intake.say_goodbye()

    async def finish(self, dispatcher: Dispatcher) -> None:
        """Let the answers in flight go out."""
        await dispatcher.finish(FINISH_SECONDS)
        await self.mail.courier.close(LAST_CALLS_SECONDS)
        if cut_off := await dispatcher.cut_off():
            self.inbox.cut_off()
            logger.warning("%s chats still wait for answers; they get them after the restart", cut_off)

    async def take_over(self, dispatcher: Dispatcher) -> None:
        """Answer what other processes on this data folder left when they ended, now and every few seconds."""
        while True:
            try:
                dispatcher.accept(self.inbox.left_over())
            except (sqlite3.Error, OSError) as error:
                logger.warning("The inbox cannot be read, trying again: %s", error)
            await asyncio.sleep(TAKE_OVER_INTERVAL)

    async def purge(self) -> None:
        """Delete what is older than it may be kept, now and every few hours."""
        while True:
            try:
                self.parts.journal.purge(self.parts.options.retention_days)
            except sqlite3.Error as error:
                logger.warning("What is old cannot be deleted yet, trying again later: %s", error)
            await asyncio.sleep(PURGE_INTERVAL)


async def until(stop: asyncio.Event, task: "asyncio.Task[Result]") -> None:
    """Wait for the event or the end of the task, whichever is first; raises what the task raised."""
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
