"""NumPy files, read by one thread at a time.

NumPy reads a file's header with `ast`, which in Python 3.11 fails now and then when two threads use it at
once: "AST constructor recursion depth mismatch" (github.com/python/cpython/issues/106905).
"""

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

_reading = Lock()


def opened(path: Path) -> NDArray[Any]:
    """Return the array in `path`, memory-mapped; raises OSError, ValueError or EOFError.

    A plain array on the same pages: slicing a memmap costs ten times as much.
    """
    with _reading:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False)).view(np.ndarray)


def read_together(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays that `numpy.savez` wrote to `path`, in memory."""
    with _reading, np.load(path, allow_pickle=False) as file:
        return dict(file)
