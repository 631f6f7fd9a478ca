"""Indexes for the benchmarks, below the data folder; their vectors are kept: a second run is short."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.common.corpus import Article
from bot import assembly
from bot.settings import Settings
from index.builder import Builder
from index.protocols import Vectors
from index.vector_cache import VectorCache
from knowledge.documents import Reading
from knowledge.passages import DEFAULT_CHUNKING, split_passages


def folder(settings: Settings, name: str) -> Path:
    """Return a data folder of its own for one benchmark, with the models of the settings' data folder."""
    own = settings.data_dir / "benchmarks" / name
    own.mkdir(parents=True, exist_ok=True)
    models = settings.data_dir / "models"
    models.mkdir(exist_ok=True)
    if not (own / "models").is_symlink():
        (own / "models").symlink_to(models)
    return own


def index_of(settings: Settings, name: str, articles: Sequence[Article], store_url: str = "") -> Settings:
    """Index `articles` and return the settings to answer from them; quick where nothing has changed."""
    documents = tuple(article.document(number) for number, article in enumerate(articles))
    own = _own(settings, name, store_url)
    embedder = assembly.embedder(own, threads=0)
    reading = Reading(documents=documents, problems=(), notes=())
    Builder(own.data_dir, lambda: reading, embedder, assembly.library(own), DEFAULT_CHUNKING).run()
    return own


def index_of_owner(settings: Settings, name: str) -> Settings:
    """Index the articles of the settings and return the settings to answer from them."""
    own = _own(settings, name)
    assembly.builder(own).run()
    return own


def _own(settings: Settings, name: str, store_url: str = "") -> Settings:
    # Never in the store of the settings: readers may be asking there.
    return settings.model_copy(update={"data_dir": folder(settings, name), "store_url": store_url})


def articles_of_passages(settings: Settings, articles: Sequence[Article], count: int) -> list[Article]:
    """Return the first articles that together have at least `count` passages."""
    tokens = assembly.embedder(settings, threads=1).count_tokens
    found: list[Article] = []
    passages = 0
    for number, article in enumerate(articles):
        if passages >= count:
            break
        passages += len(
            split_passages(article.document(number), chunking=DEFAULT_CHUNKING, count_tokens=tokens)
        )
        found.append(article)
    return found


def real_vectors(settings: Settings, sentences: Sequence[str]) -> Vectors:
    """Return the unit vectors of real sentences, (sentences, dimension), embedded once."""
    return known_vectors(settings.model_copy(update={"data_dir": folder(settings, "real")}), sentences)


def known_vectors(settings: Settings, texts: Sequence[str]) -> Vectors:
    """Return the unit vectors of texts, (texts, dimension), those kept in the data folder from there."""
    embedder = assembly.embedder(settings, threads=0)
    vectors: Vectors = np.zeros((len(texts), embedder.identity.dimension), dtype=np.float32)
    VectorCache(settings.data_dir, embedder.identity).embed(texts, embedder, vectors)
    return vectors
