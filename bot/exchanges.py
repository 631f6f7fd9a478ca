"""What the journal keeps of a question and its answer, and how a row of it reads."""

import json
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bot.answer import FoundPassage, Quote, Span, Verdict


@dataclass(frozen=True, slots=True)
class PassageReference:
    """A passage as it was when an answer was given; `checksum` tells whether it still is."""

    document_id: str
    ordinal: int
    checksum: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question of a chat with its answer, as the journal keeps it."""

    id: int
    chat_id: int
    conversation: str
    user_id: int
    message_id: int
    """The message that asked; 0 when a button did."""
    reply_ids: tuple[int, ...]
    """The messages that answered; empty until they were sent."""
    question: str
    verdict: Verdict
    quotes: tuple[Quote, ...]
    passages: tuple[PassageReference, ...]


@dataclass(frozen=True, slots=True)
class AskedInVain:
    """An unanswered question in one of its wordings, and how often it was asked."""

    question: str
    count: int


@dataclass(frozen=True, slots=True)
class Rated:
    """A question whose answers were rated, with the votes."""

    question: str
    helpful: int
    not_helpful: int


def checksum(text: str) -> int:
    """Return a small fingerprint of a passage's text (CRC-32)."""
    return zlib.crc32(text.encode())


def reference_to(found: FoundPassage) -> PassageReference:
    """Return a reference that can tell later whether the passage is still the same."""
    passage = found.passage
    return PassageReference(passage.document_id, passage.ordinal, checksum(passage.text))


def packed(values: Sequence[Quote] | Sequence[PassageReference]) -> str:
    """Return values as the JSON that a row holds."""
    return json.dumps([asdict(value) for value in values], ensure_ascii=False)


def unpacked(row: sqlite3.Row) -> Exchange:
    """Return the exchange that a row holds."""
    quotes = tuple(
        Quote(**{**quote, "spans": tuple(Span(**span) for span in quote["spans"])})
        for quote in json.loads(row["quotes"])
    )
    passages = tuple(PassageReference(**passage) for passage in json.loads(row["passages"]))
    return Exchange(
        row["id"], row["chat_id"], row["conversation"], row["user_id"], row["message_id"],
        tuple(json.loads(row["replies"])), row["question"], Verdict(row["verdict"]), quotes, passages,
    )  # fmt: skip
