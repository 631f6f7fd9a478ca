"""A folder of built model files: written beside its place, sealed by a manifest, switched in at once."""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import ModelError
from index.protocols import EmbedderIdentity

MANIFEST_FILE = "manifest.json"
_logger = logging.getLogger(__name__)


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ensure(folder: Path, write: Callable[[Path], None]) -> Path:
    """Return `folder`, verified; when it is missing or damaged, `write` fills and seals a new one first.

    Several processes may call it at once: one writes, the others wait for it. Raises ModelError.
    """
    if not _is_whole(folder):
        with _locked(folder):
            if not _is_whole(folder):
                _publish(folder, write)
    return folder


def seal(folder: Path, identity: EmbedderIdentity, inputs: dict[str, str]) -> None:
    """Write the manifest: the model, the inputs' checksums, and the SHA-256 of every file in the folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    manifest = {
        "model": identity.model,
        "revision": identity.revision,
        "dimension": identity.dimension,
        "inputs": inputs,
        "outputs": {path.relative_to(folder).as_posix(): sha256(path) for path in files},
    }
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def verify(folder: Path) -> EmbedderIdentity:
    """Compare every file with the manifest's checksum and return what the model is; raises ModelError."""
    mend = f"Delete {folder} and run the same command again: the model is then built anew."
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        identity = EmbedderIdentity(manifest["model"], manifest["revision"], manifest["dimension"])
        outputs: dict[str, str] = manifest["outputs"]
        damaged = [name for name, expected in outputs.items() if sha256(folder / name) != expected]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder} holds no whole embedding model: {error}. {mend}") from error
    if damaged:
        raise ModelError(f"{', '.join(damaged)} in {folder} is not what {MANIFEST_FILE} says. {mend}")
    return identity


def _is_whole(folder: Path) -> bool:
    if not folder.exists():
        return False
    try:
        verify(folder)
    except ModelError as error:
        _logger.warning("the embedding model is built again: %s", error)
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
        raise unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _publish(folder: Path, write: Callable[[Path], None]) -> None:
    """Whoever has the old files open or mapped keeps them."""
    beside = folder.with_name(folder.name + ".building")
    old = folder.with_name(folder.name + ".damaged")
    try:
        # What a killed process left; the lock says that nobody is at work on it.
        _remove(beside, old)
        beside.mkdir()
        write(beside)
        _sync(beside)
        if folder.exists():
            folder.rename(old)
        beside.rename(folder)
        _sync_entry(folder.parent)
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        _remove(beside, old)


def unwritable(folder: Path, error: OSError) -> ModelError:
    """Return the error that says why a model cannot be written to `folder`."""
    return ModelError(
        f"The embedding model cannot be written to {folder}: {error}. It needs a folder that can be written "
        "to, with 60 MB (300 MB for PyTorch): free some space, or set RAWI_DATA_DIR to another folder."
    )


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
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
