"""The composition root: settings → objects. The only file that names concrete classes."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.answering import AnswerService
from bot.protocols import Answering, Reindexing
from bot.settings import Settings
from index.background import background_vectors
from index.builder import Builder
from index.errors import ModelError
from index.faiss_library import FaissLibrary
from index.handle import IndexHandle
from index.library import Library
from index.protocols import Embedder, Matcher, Progress, Reader
from index.reports import IndexStatus
from knowledge.documents import Reading, read_folder
from knowledge.passages import DEFAULT_CHUNKING
from knowledge.types import Document

_logger = logging.getLogger(__name__)


def embedder(settings: Settings, *, threads: int, progress: Progress | None = None) -> Embedder:
    """Return the embedding model that the settings name; builds the bundled one when it is missing."""
    if settings.embedding_model:
        from index.sentence_model import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder(settings.embedding_model)
    from index.default_model import open_bundled

    return open_bundled(settings.data_dir / "models", threads, progress)


def reader(settings: Settings, progress: Progress | None = None) -> Reader | None:
    """Return the reader of our own, or None, with a warning, where it cannot be had."""
    from index import reader_model

    try:
        from index.onnx_reader import OnnxReader

        return OnnxReader(reader_model.ensure(settings.data_dir / "models", progress))
    except (ModelError, ImportError) as error:
        _logger.warning("no reader, so answers are weaker and no words are marked: %s", error)
        return None


def matcher(settings: Settings) -> Matcher | None:
    """Return the matcher of our own, or None: with another embedding model, or, warned, where it fails."""
    if settings.embedding_model:
        return None
    try:
        from index.matcher import TrainedMatcher

        return TrainedMatcher()
    except (ModelError, ImportError) as error:
        _logger.warning("no matcher, so fewer paraphrases are found: %s", error)
        return None


def library(settings: Settings) -> Library:
    """Return where the settings keep the index: the data folder, or Milvus when a URL of it is set."""
    if settings.store_url:
        from index.milvus_library import MilvusLibrary

        return MilvusLibrary(settings.store_url, settings.data_dir)
    return FaissLibrary(settings.data_dir)


def builder(settings: Settings, progress: Progress | None = None) -> Builder:
    """Return what brings the index of the settings up to date; `progress` shows the models being built."""
    # The first question should not have to wait for it.
    reader(settings, progress)
    return Builder(
        data_dir=settings.data_dir,
        read=partial(read_folder, settings.articles_dir, max_bytes=settings.max_article_bytes),
        embedder=embedder(settings, threads=0, progress=progress),
        library=library(settings),
        chunking=DEFAULT_CHUNKING,
    )


def answering(settings: Settings, *, with_reader: bool = True) -> AnswerService:
    """Return what answers questions from the index of the settings."""
    found = reader(settings) if with_reader else None
    return answering_with(settings, embedder(settings, threads=settings.threads), library(settings), found)


def answering_with(
    settings: Settings, model: Embedder, kept: Library, found_reader: Reader | None
) -> AnswerService:
    """Return what answers from an index of `kept` with these models."""
    from threadpoolctl import threadpool_limits

    # After a matrix product on all cores, threads spin for milliseconds on cores that the reader needs.
    threadpool_limits(limits=1, user_api="blas")
    handle = IndexHandle(kept, model.identity, str(DEFAULT_CHUNKING))
    handle.current()
    return AnswerService(
        current=handle.current,
        embedder=model,
        background=background_vectors(model, settings.data_dir),
        caution=settings.caution,
        reader=found_reader,
        matcher=matcher(settings) if found_reader else None,
    )


def reindexing(settings: Settings) -> Reindexing:
    """Return what brings the index of the settings up to date in a process of its own."""
    from bot.child_reindex import ChildReindexing

    return ChildReindexing(settings)


def serve(settings: Settings) -> int:
    """Answer on Telegram until told to stop and return the exit code; builds the index when there is none."""
    from bot.journal import Journal
    from bot.telegram.application import serve as serve_telegram
    from bot.telegram.options import TelegramOptions

    options = TelegramOptions(
        token=settings.telegram_token.get_secret_value(),
        api_url=str(settings.telegram_api_url),
        admin_ids=settings.admin_ids,
        webhook_url=settings.webhook_url,
        webhook_secret=settings.webhook_secret.get_secret_value(),
        webhook_listen=settings.webhook_listen,
        webhook_port=settings.webhook_port,
        retention_days=settings.retention_days,
        questions_per_minute=settings.questions_per_minute,
    )
    journal = Journal.open(settings.data_dir)
    if library(settings).current_name() is None:
        _logger.info("no index in %s yet: building it", settings.data_dir)
        reindexing(settings).run()
    return serve_telegram(options, answering(settings), reindexing(settings), journal)


def status(settings: Settings) -> IndexStatus:
    """Return what the current index holds, without loading a model."""
    return library(settings).manifest().status()


@contextmanager
def temporary(settings: Settings, documents: Sequence[Document]) -> Iterator[Answering]:
    """Yield what answers from an index of `documents` alone, removed afterwards."""
    model = embedder(settings, threads=0)
    with TemporaryDirectory(prefix="rawi-") as folder:
        data_dir = Path(folder)
        reading = Reading(documents=tuple(documents), problems=(), notes=())
        kept = FaissLibrary(data_dir)
        Builder(data_dir, lambda: reading, model, kept, DEFAULT_CHUNKING).run()
        yield answering_with(settings, model, kept, reader(settings))
