"""What a user would write without Rawi: sentence-transformers on PyTorch and a flat FAISS index."""

from collections.abc import Sequence

import numpy as np

from bot.settings import Settings
from index.bundled_model import ensure_sentence_transformers
from index.protocols import Vectors


class PlainModel:
    """The bundled model, unquantised, on PyTorch, with the library's defaults."""

    def __init__(self, settings: Settings) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        self._torch = torch
        self._cores = torch.get_num_threads()
        self.folder = ensure_sentence_transformers(settings.data_dir / "models")
        self._model = SentenceTransformer(str(self.folder), device="cpu")

    def use_threads(self, count: int) -> None:
        """Let PyTorch use so many threads, 0 meaning its default."""
        self._torch.set_num_threads(count or self._cores)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, (texts, dimension)."""
        return np.asarray(self._model.encode_document(list(texts), show_progress_bar=False))

    def query(self, text: str) -> Vectors:
        """Return the unit vector of a question."""
        return np.asarray(self._model.encode_query(text, show_progress_bar=False))


class PlainSearch:
    """The nearest of some texts, every one compared."""

    def __init__(self, model: PlainModel, texts: Sequence[str], vectors: Vectors) -> None:
        """Index `vectors`, those of the texts."""
        import faiss

        self._model, self._texts = model, texts
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def answer(self, question: str) -> str:
        """Return the nearest text."""
        return self._texts[self.nearest(question, 1)[0]]

    def nearest(self, question: str, count: int) -> list[int]:
        """Return the numbers of the nearest texts, best first."""
        _, rows = self._index.search(self._model.query(question)[None], count)
        found: list[int] = rows[0].tolist()
        return found
