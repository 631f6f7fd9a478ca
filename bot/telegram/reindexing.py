"""The admins' /reindex: one at a time, progress in one message, a report at the end."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from bot.messages import Language, text
from bot.protocols import Reindexing
from bot.telegram.direction import isolate
from bot.telegram.pieces import Part, Piece, pack, part_of
from bot.telegram.rendering import sentence
from bot.telegram.work import Mail, Work
from bot.telegram.workers import Workers
from index.errors import IndexBusyError
from index.reports import ReindexReport
from knowledge.errors import RawiError

logger = logging.getLogger(__name__)
PROGRESS_INTERVAL: Final = 3.0
UNREADABLE_SHOWN: Final = 20
Progress = tuple[str, int, int]


@dataclass(slots=True)
class Reindex:
    """Answers /reindex; questions are answered from the old index meanwhile."""

    reindexing: Reindexing
    mail: Mail
    workers: Workers
    running: bool = False
    progress: Progress | None = field(default=None)

    async def on_reindex(self, work: Work) -> None:
        """Reindex and report, or say that a reindex is under way."""
        if self.running:
            await self._send(work, sentence("reindex_busy", work.language))
            return
        self.running = True
        try:
            await self._run(work)
        finally:
            self.running = False

    async def _run(self, work: Work) -> None:
        sent = await self._send(work, sentence("reindex_started", work.language))
        self.mail.inbox.delivered(work.pending.update_id, work.sent)
        self.progress = None
        shown = asyncio.create_task(self._show_progress(work, sent))
        try:
            report = await self.workers.run(lambda: self.reindexing.run(self._on_progress))
            pieces = report_pieces(report, work.language)
        except IndexBusyError:
            pieces = [sentence("reindex_busy", work.language)]
        except RawiError as error:
            logger.warning("The reindex failed: %s", error)
            pieces = [sentence("reindex_failed", work.language, reason=isolate(error))]
        finally:
            shown.cancel()
        await self._finish(work, sent, pack(pieces))

    def _on_progress(self, stage: str, done: int, total: int) -> None:
        self.progress = (stage, done, total)

    async def _show_progress(self, work: Work, sent: int | None) -> None:
        told: Progress | None = None
        while sent is not None:
            await asyncio.sleep(PROGRESS_INTERVAL if told else PROGRESS_INTERVAL / 3)
            if self.progress is not None and self.progress != told:
                told = self.progress
                await self.mail.edit(work.chat.id, sent, progress_part(told, work.language), None)

    async def _finish(self, work: Work, sent: int | None, parts: list[Part]) -> None:
        if sent is not None and await self.mail.edit(work.chat.id, sent, parts[0], None):
            parts = parts[1:]
        await self.mail.send(work, parts)

    async def _send(self, work: Work, piece: Piece) -> int | None:
        numbers = await self.mail.send(work, pack([piece]))
        return numbers[0] if numbers else None


def progress_part(progress: Progress, language: Language) -> Part:
    """Return the message that shows how far a reindex is."""
    stage, done, total = progress
    return part_of([sentence("reindex_stage", language, stage=isolate(stage), done=done, total=total)])


def report_pieces(report: ReindexReport, language: Language) -> list[Piece]:
    """Return the paragraphs of the report at the end."""
    pieces = [
        sentence(
            "reindex_done",
            language,
            documents=report.documents,
            passages=report.passages,
            reused=report.reused,
            embedded=report.embedded,
            seconds=round(report.seconds, 1),
        )
    ]
    if not report.changed:
        pieces.append(sentence("reindex_unchanged", language))
    if report.unreadable:
        pieces.append(Piece(text("reindex_unreadable", language, count=len(report.unreadable))))
        pieces.extend(Piece(f"• {line}") for line in report.unreadable[:UNREADABLE_SHOWN])
    if len(report.unreadable) > UNREADABLE_SHOWN:
        pieces.append(Piece("…", rtl=language == "ar"))
    return pieces
