"""Keeps the token out of everything that is logged, tracebacks included."""

import logging
import traceback
from typing import Any, Final
from urllib.parse import quote

HIDDEN: Final = "[token]"


def redacted(text: str, token: str) -> str:
    """Return the text without the token, its percent-encoded form or its secret half."""
    secret = token.partition(":")[2]
    for form in (token, quote(token, safe=""), secret):
        if len(form) > 5:
            text = text.replace(form, HIDDEN)
    return text


def install(token: str) -> None:
    """Redact every log record at its birth, so that no handler of any library can print the token."""
    make_record = logging.getLogRecordFactory()

    def make_redacted_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        message = record.getMessage()
        if (clean := redacted(message, token)) != message:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redacted("".join(traceback.format_exception(*record.exc_info)).rstrip(), token)
        return record

    logging.setLogRecordFactory(make_redacted_record)
    # At INFO these print the URL of every request.
    for name in ("httpx", "httpcore", "aiohttp", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)
