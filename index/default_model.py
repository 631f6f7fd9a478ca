"""The embedder that is used when the settings name no model."""

import logging
from pathlib import Path

from index import bundled_model
from index.model_folder import verify
from index.protocols import Embedder, Progress

_logger = logging.getLogger(__name__)


def open_bundled(models_folder: Path, threads: int = 1, progress: Progress | None = None) -> Embedder:
    """Return the bundled model on ONNX Runtime, or on PyTorch where ONNX Runtime does not load.

    Both have one identity: their vectors agree at a cosine over .999, so an index of one serves the other.
    Builds the model when it is missing. Raises ModelError.
    """
    try:
        import onnxruntime  # noqa: F401
    # A library for another processor or C library fails with whatever its loader raises.
    except Exception as error:
        _logger.warning("ONNX Runtime does not load (%s): PyTorch, slower and larger, takes its place", error)
        return _on_pytorch(models_folder, threads)
    from index.onnx_model import OnnxEmbedder

    return OnnxEmbedder(bundled_model.ensure(models_folder, progress), threads)


def _on_pytorch(models_folder: Path, threads: int) -> Embedder:
    from index.sentence_model import SentenceTransformerEmbedder

    folder = bundled_model.ensure_sentence_transformers(models_folder)
    return SentenceTransformerEmbedder(str(folder), verify(folder), threads)
