"""Any model of sentence-transformers as an `Embedder`; loading one imports PyTorch, which takes seconds."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from index.bundled_model import PASSAGE_PREFIX, QUERY_PREFIX
from index.errors import ModelError
from index.model_folder import sha256
from index.protocols import EmbedderIdentity, Progress, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_HUB_SECONDS = 10
_TEXTS_A_REPORT = 256
_UNLIMITED_TOKENS = 8192
"""What a model is taken to read when it names no limit (static embeddings read everything)."""


class SentenceTransformerEmbedder:
    """Embeds with any sentence-transformers model, on the processor, with the prompts of its configuration.

    Models of the E5 family, whose configuration often lacks them, get `query: ` and `passage: `.
    """

    def __init__(self, model: str, identity: EmbedderIdentity | None = None, threads: int = 0) -> None:
        """Load a folder or a name of the Hugging Face hub, from the local cache where it is there.

        `identity` is computed when not given; `threads` 0 leaves PyTorch's choice. Raises ModelError.
        """
        self._model, revision = _load(model)
        if threads:
            import torch

            torch.set_num_threads(threads)
        # Tokenizers in Rust refuse to be used by two threads at once ("Already borrowed").
        self._lock = Lock()
        name = Path(model).name if Path(model).is_dir() else model
        dimension = self._model.get_embedding_dimension() or len(self.embed_queries(["?"])[0])
        self._identity = identity or EmbedderIdentity(name, revision, dimension)

    @property
    def identity(self) -> EmbedderIdentity:
        """The model's name and the hash of its folder, or its commit on the hub."""
        return self._identity

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads."""
        limit = self._model.get_max_seq_length()
        return limit if isinstance(limit, int) and limit < _UNLIMITED_TOKENS else _UNLIMITED_TOKENS

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a passage, prompt and markers included, without truncation."""
        prompts = self._model.prompts
        tokenizer = self._model.tokenizer
        prompted = (prompts.get("document") or prompts.get("passage") or "") + text
        with self._lock:
            if hasattr(tokenizer, "encode_batch"):
                return len(tokenizer.encode(prompted).ids)
            return len(tokenizer(prompted, truncation=False, verbose=False)["input_ids"])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension)."""
        return self._embed(self._model.encode_query, texts)

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension), in the order of `texts`."""
        # Texts of like length share a batch, with little padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        vectors = np.empty((len(texts), self._identity.dimension), np.float32)
        for start in range(0, len(order), _TEXTS_A_REPORT):
            rows = order[start : start + _TEXTS_A_REPORT]
            vectors[rows] = self._embed(self._model.encode_document, [texts[i] for i in rows])
            if progress is not None:
                progress(start + len(rows), len(texts))
        return vectors

    def _embed(self, encode: Any, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self._identity.dimension), np.float32)
        with self._lock:
            vectors = encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def bundled_sentence_transformer(folder: Path, threads: int = 0) -> "SentenceTransformer":
    """Return the bundled model, on ONNX Runtime, behind sentence-transformers' own interface.

    `folder` is what `bundled_model.ensure` returned. Raises ModelError.
    """
    from sentence_transformers import SentenceTransformer

    from index.onnx_module import OnnxModule

    prompts = {"query": QUERY_PREFIX, "document": PASSAGE_PREFIX, "passage": PASSAGE_PREFIX}
    return SentenceTransformer(modules=[OnnxModule(folder, threads)], prompts=prompts, device="cpu")


def _load(model: str) -> tuple["SentenceTransformer", str]:
    """Return the model and its revision."""
    try:
        if Path(model).is_dir():
            return _open(model, None), _folder_hash(Path(model))
        cached = _cached_commit(model)
        commit = cached or _hub_commit(model)
        return _open(model, commit, local_files_only=cached is not None), commit
    # The hub's client, transformers and the models' own files raise whatever they like.
    except Exception as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ModelError(
            f"The embedding model {model} cannot be loaded: {reason.rstrip('.')}. "
            "Expected in RAWI_EMBEDDING_MODEL a folder or a name that sentence-transformers knows; leave it "
            "empty for the bundled model, which needs no network."
        ) from error


def _open(model: str, revision: str | None, *, local_files_only: bool = False) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    lacks_prompts = "e5" in Path(model).name.lower() and "instruct" not in model.lower()
    loaded = SentenceTransformer(model, device="cpu", revision=revision, local_files_only=local_files_only)
    if lacks_prompts and not any(loaded.prompts.values()):
        loaded.prompts.update(query=QUERY_PREFIX, document=PASSAGE_PREFIX)
    return loaded


def _folder_hash(folder: Path) -> str:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_hidden(path, folder)]
    hashes = "\n".join(f"{path.relative_to(folder).as_posix()} {sha256(path)}" for path in files)
    return hashlib.sha256(hashes.encode()).hexdigest()[:12]


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _cached_commit(model: str) -> str | None:
    """Return the commit of a model that the hub's cache on this machine holds."""
    from huggingface_hub import try_to_load_from_cache

    if Path(model).is_absolute() or model.startswith((".", "~")):
        raise FileNotFoundError("there is no such folder")
    for name in _hub_names(model):
        found = try_to_load_from_cache(name, "modules.json")
        if isinstance(found, str):
            return Path(found).parent.name
    return None


def _hub_commit(model: str) -> str:
    """Ask the hub once, so that an unreachable one fails in seconds and not after retries of every file."""
    from huggingface_hub import model_info

    errors: list[Exception] = []
    for name in _hub_names(model):
        try:
            return model_info(name, timeout=_HUB_SECONDS).sha or ""
        except Exception as error:
            errors.append(error)
    raise errors[0]


def _hub_names(model: str) -> list[str]:
    return [model] if "/" in model else [f"sentence-transformers/{model}", model]
