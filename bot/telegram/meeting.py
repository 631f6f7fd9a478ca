"""The first words with Telegram."""

import asyncio
from typing import Final

from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.telegram.courier import seconds
from bot.telegram.errors import NetworkDownError, TokenError

PAUSES: Final = (1.0, 2.0)


async def meet(bot: Bot, address: str) -> None:
    """Learn who the bot is. Raises TokenError, or NetworkDownError after a few tries."""
    failures = 0
    while True:
        try:
            await bot.initialize()
        except InvalidToken:
            raise TokenError.refused() from None
        except RetryAfter as error:
            await asyncio.sleep(seconds(error))
        except TelegramError as error:
            if failures == len(PAUSES):
                raise NetworkDownError(
                    f"Telegram cannot be reached at {address} ({error}), expected an answer; "
                    "check the network and RAWI_TELEGRAM_API_URL, then run: rawi serve"
                ) from None
            await asyncio.sleep(PAUSES[failures])
            failures += 1
        else:
            return
