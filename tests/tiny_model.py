"""A file of 4-bit weights of the bundled model's format, small enough to build a model from in a moment."""

import struct
from pathlib import Path

import numpy as np

HIDDEN, LAYERS, HEADS, FEED_FORWARD, POSITIONS = 32, 2, 4, 64, 512
LETTERS = (
    "abcdefghijklmnopqrstuvwxyz:?. 0123456789ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآءئؤّ" + "\u064e\u064f\u0650"
)
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", "▁query", "▁passage", *LETTERS.replace(" ", ""), "漢", "字漢")
NORMALISER = {0x200C: "", 0xFEFB: "لا", 0x00A0: " "}
_MATRICES = {
    **dict.fromkeys(("q", "k", "v", "ao"), (HIDDEN, HIDDEN)),
    "fi": (FEED_FORWARD, HIDDEN),
    "fo": (HIDDEN, FEED_FORWARD),
}


def write_tiny_weights(path: Path, seed: int = 0) -> Path:
    """Write such a file with random weights and return its path."""
    rng = np.random.default_rng(seed)
    tensors: list[tuple[str, int, int, bytes]] = []

    def vector(name: str, values: np.ndarray) -> None:
        tensors.append((name, 0, values.size, values.astype("<f4").tobytes()))

    def matrix(name: str, rows: int, columns: int) -> None:
        blocks = rows * columns // 32
        scales = rng.uniform(0.01, 0.05, blocks).astype("<f2").view(np.uint8).reshape(blocks, 2)
        nibbles = rng.integers(0, 256, (blocks, 16), dtype=np.uint8)
        tensors.append((name, 1, rows * columns, np.hstack([scales, nibbles]).tobytes()))

    matrix("emb.word", len(PIECES), HIDDEN)
    vector("emb.pos", rng.normal(size=POSITIONS * HIDDEN) * 0.1)
    vector("emb.type", rng.normal(size=2 * HIDDEN) * 0.1)
    norms = ["emb.ln"] + [f"l{layer}.{norm}" for layer in range(LAYERS) for norm in ("aln", "oln")]
    for norm in norms:
        vector(f"{norm}.w", np.ones(HIDDEN))
        vector(f"{norm}.b", np.zeros(HIDDEN))
    for layer in range(LAYERS):
        for name, (rows, columns) in _MATRICES.items():
            matrix(f"l{layer}.{name}.w", rows, columns)
            vector(f"l{layer}.{name}.b", rng.normal(size=rows) * 0.1)
    path.write_bytes(_assemble(tensors))
    return path


def _assemble(tensors: list[tuple[str, int, int, bytes]]) -> bytes:
    pieces = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, pieces)])
    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, HIDDEN, LAYERS, HEADS, FEED_FORWARD, len(PIECES), POSITIONS, 2, 1e-12, 32
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, pieces)))
    head += offsets.astype("<u4").tobytes() + np.linspace(-3, -9, len(PIECES)).astype("<f4").tobytes()
    head += b"".join(pieces)
    entries = [
        struct.pack(f"<IB{len(text)}I", code_point, len(text), *map(ord, text))
        for code_point, text in NORMALISER.items()
    ]
    head += struct.pack("<iI", len(entries), sum(map(len, entries))) + b"".join(entries)
    directory_size = 4 + sum(2 + len(name) + 21 for name, *_ in tensors)
    at = len(head) + directory_size
    directory = struct.pack("<i", len(tensors))
    for name, kind, elements, data in tensors:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, elements, at, len(data))
        at += len(data)
    return head + directory + b"".join(data for *_, data in tensors)
