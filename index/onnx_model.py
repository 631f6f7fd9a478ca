"""The bundled model on ONNX Runtime: what answers questions, without PyTorch and in little memory.

folder = bundled_model.ensure(models_folder)
embedder = OnnxEmbedder(folder, threads=1)
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from index.bundled_model import MAX_TOKENS, PASSAGE_PREFIX, QUERY_PREFIX
from index.bundled_tokenizer import BundledTokenizer
from index.errors import ModelError
from index.model_folder import verify
from index.onnx_graph import INPUT, MODEL_FILE, OUTPUT
from index.protocols import EmbedderIdentity, Progress, Vectors


class OnnxEmbedder:
    """An `Embedder` on a folder that `bundled_model.ensure` returned; safe to share between threads."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Verify and load the model.

        `threads` work on one query, 0 meaning every core; 1 is best where other work may run beside it.
        Passages are embedded one to a core whatever `threads` is. Raises ModelError.
        """
        self._identity = verify(folder)
        self.tokenizer = BundledTokenizer(folder)
        """Shared with whoever else reads token ids of this vocabulary."""
        # Whoever cuts a text asks for a sentence's tokens twice in a row.
        self._count = lru_cache(maxsize=64)(self.tokenizer.count)
        self._session = open_session(folder / MODEL_FILE, threads)
        # Weights are mapped from the file, so a second session costs little.
        self._single = self._session if threads == 1 else open_session(folder / MODEL_FILE, 1)

    @property
    def identity(self) -> EmbedderIdentity:
        """The bundled model; its revision changes with the weights and with the way they are built."""
        return self._identity

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, markers and prefix included."""
        return MAX_TOKENS

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a passage, markers and prefix included, without truncation."""
        return self._count(PASSAGE_PREFIX + text)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension)."""
        vectors = self._empty(len(texts))
        for i, text in enumerate(texts):
            vectors[i] = self._vector(self._session, QUERY_PREFIX + text)
        return vectors

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension), in the order of `texts`; a text to a core."""
        vectors = self._empty(len(texts))
        # The longest first, so that no core is left with a long text at the end.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        with ThreadPoolExecutor(cores()) as pool:
            found = pool.map(lambda i: self._vector(self._single, PASSAGE_PREFIX + texts[i]), order)
            try:
                for done, (i, vector) in enumerate(zip(order, found, strict=True), start=1):
                    vectors[i] = vector
                    if progress is not None:
                        progress(done, len(texts))
            except BaseException:
                # Leaving would otherwise wait for every text there is.
                pool.shutdown(cancel_futures=True)
                raise
        return vectors

    def _empty(self, count: int) -> Vectors:
        return np.empty((count, self._identity.dimension), np.float32)

    def _vector(self, session: Any, text: str) -> Vectors:
        ids = np.array([self.tokenizer.ids(text, self.max_tokens)], np.int64)
        vector: Vectors = session.run([OUTPUT], {INPUT: ids})[0][0]
        return vector


def open_session(model: Path, threads: int) -> Any:
    """Return an ONNX Runtime session that holds as little memory as it can; raises ModelError."""
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or cores()
        options.inter_op_num_threads = 1
        # What a long text took is given back, and waiting threads do not burn the readers' cores.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        # The graph is written as it should run; fusing its norms would make them slower.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors share no base but Exception
        raise ModelError(
            f"ONNX Runtime cannot load {model}: {error}. "
            "Mend it with: pip install --force-reinstall onnxruntime"
        ) from error


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
