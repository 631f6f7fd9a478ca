"""From a stored update to an answered one, whatever goes wrong on the way."""

import logging
from dataclasses import dataclass

from telegram import Bot, Update

from bot.journal import Journal
from bot.telegram.courier import Refused
from bot.telegram.inbox import Inbox, Pending
from bot.telegram.pieces import pack
from bot.telegram.rendering import sentence
from bot.telegram.router import Router
from bot.telegram.work import Mail, Work, language_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Handler:
    """Hands updates to the router."""

    bot: Bot
    journal: Journal
    inbox: Inbox
    mail: Mail
    router: Router

    async def handle(self, pending: Pending) -> None:
        """Answer one update; an error is logged with its cause, and the reader is told in one sentence."""
        if pending.left_over:
            self.inbox.begun(pending.update_id)
        work: Work | None = None
        try:
            update = Update.de_json(pending.payload, self.bot)
            work = Work(pending, update, language_of(self.journal, update))
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
