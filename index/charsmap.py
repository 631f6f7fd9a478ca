"""A normalisation map as SentencePiece precompiles it: a double-array trie of UTF-8 bytes, then the outputs.

The layout is that of darts-clone, read by tokenizers' `Precompiled`: a unit of 32 bits holds its label (bits
0 to 7), whether a key ends there (8), and the distance to the base of its children (10 to 30). A child stands
at base XOR label, a key's value at the base itself, with bit 31 set.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

_ENDS, _VALUE = 1 << 8, 1 << 31
_OFFSET_BIT = 10


@dataclass(slots=True)
class _Node:
    children: dict[int, "_Node"] = field(default_factory=dict)
    value: int | None = None

    @property
    def labels(self) -> list[int]:
        return [*([0] if self.value is not None else []), *sorted(self.children)]


def precompile(mapping: Mapping[int, str]) -> bytes:
    """Return the map from code points to texts in SentencePiece's form."""
    root = _Node()
    outputs = bytearray()
    for code_point, text in mapping.items():
        node = root
        for byte in chr(code_point).encode():
            node = node.children.setdefault(byte, _Node())
        node.value = len(outputs)
        outputs += text.encode() + b"\0"
    units = _double_array(root)
    return struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + bytes(outputs)


def _double_array(root: _Node) -> list[int]:
    placed: dict[int, int] = {0: 0}
    waiting = [(0, root)]
    base = 0xFF
    while waiting:
        place, node = waiting.pop()
        # A unit names no parent, so two nodes with one base would have each other's children.
        base = next(b for b in count(base + 1) if all(b ^ label not in placed for label in node.labels))
        placed[place] |= (place ^ base) << _OFFSET_BIT | (_ENDS if node.value is not None else 0)
        if node.value is not None:
            placed[base] = _VALUE | node.value
        for label, child in node.children.items():
            placed[base ^ label] = label
            waiting.append((base ^ label, child))
    size = (max(placed) | 0xFF) + 1
    return [placed.get(place, 0) for place in range(size)]
