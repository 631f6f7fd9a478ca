"""Weights of our own, shipped in eight bits: matrices by row, everything else as numbers.

A file of safetensors; a matrix `l2.q.w` is int8 of shape (outputs, inputs), `l2.q.w.scales` one float32 a
row. Beside it stands its checksum.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.model_folder import sha256

_SCALES = ".scales"
_LARGEST = 127
_MEND = "Mend it with: git checkout index/reader (or reinstall rawi)"
_Floats = NDArray[np.float32]


def save(weights: Mapping[str, _Floats], path: Path) -> None:
    """Write `weights`, matrices of more than two rows in eight bits, and their checksum."""
    from safetensors.numpy import save_file

    tensors: dict[str, NDArray[np.generic]] = {}
    for name, values in weights.items():
        if values.ndim < 2 or len(values) <= 2:
            tensors[name] = np.ascontiguousarray(values, np.float32)
            continue
        scales = np.maximum(np.abs(values).max(axis=1), 1e-12) / _LARGEST
        tensors[name] = np.rint(values / scales[:, None]).astype(np.int8)
        tensors[name + _SCALES] = scales.astype(np.float32)
    save_file(tensors, path)
    path.with_suffix(".sha256").write_text(f"{sha256(path)}  {path.name}\n", encoding="ascii")


def checked(path: Path) -> str:
    """Return the SHA-256 of the weights in `path`; raises ModelError where it is not the one beside them."""
    try:
        found = sha256(path)
        expected = path.with_suffix(".sha256").read_text(encoding="ascii").split()[0]
    except (OSError, ValueError, IndexError) as error:
        raise ModelError(f"The weights in {path} cannot be read: {error}. {_MEND}") from error
    if found != expected:
        raise ModelError(f"{path} is damaged: its SHA-256 is {found}, expected {expected}. {_MEND}")
    return found


def load(path: Path) -> dict[str, _Floats]:
    """Return the weights as numbers; raises OSError or ValueError for a file that is not theirs."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    return {
        name: values.astype(np.float32) * tensors[name + _SCALES][:, None]
        if name + _SCALES in tensors
        else values
        for name, values in tensors.items()
        if not name.endswith(_SCALES)
    }
