"""Sentences on many unrelated subjects: what a question is compared with to see whether a similarity is high.

The bundled model's cosines lie between .72 and .92 whatever the texts, and some questions are near to
everything.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from index.protocols import Embedder, Vectors
from index.vector_cache import VectorCache


@cache
def background_sentences() -> tuple[str, ...]:
    """Return the sentences, each from another of the texts that the reader is trained on."""
    text = files("index").joinpath("background.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def background_vectors(embedder: Embedder, data_dir: Path) -> Vectors:
    """Return the sentences' unit vectors, (sentences, dimension), embedded once for a data folder."""
    sentences = background_sentences()
    vectors = np.zeros((len(sentences), embedder.identity.dimension), dtype=np.float32)
    VectorCache(data_dir / "background", embedder.identity).embed(sentences, embedder, vectors)
    return vectors
