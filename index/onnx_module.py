"""The bundled model on ONNX Runtime as a module of sentence-transformers; importing it imports PyTorch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers.base.modules.input_module import InputModule

from index.bundled_model import MAX_TOKENS
from index.bundled_tokenizer import PAD, BundledTokenizer
from index.model_folder import verify
from index.onnx_graph import INPUT, MODEL_FILE, OUTPUT
from index.onnx_model import open_session


class OnnxModule(InputModule):
    """Texts to unit vectors: the library adds prompts, batches and sorts; the graph pools and normalises."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Load a folder that `bundled_model.ensure` returned; `threads` 0: every core. Raises ModelError."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._folder = folder
        self._dimension = verify(folder).dimension
        self._tokenizer = BundledTokenizer(folder)
        self._session = open_session(folder / MODEL_FILE, threads)
        self.max_seq_length = MAX_TOKENS

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, Any]:
        """Return padded `input_ids` and their `attention_mask`."""
        rows = [self._tokenizer.ids((prompt or "") + text, self.max_seq_length) for text in inputs]
        longest = max(map(len, rows))
        ids = [row + [PAD] * (longest - len(row)) for row in rows]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
        return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add `sentence_embedding`, of shape (texts, dimension)."""
        lengths = features["attention_mask"].sum(dim=1).tolist()
        ids = features["input_ids"].numpy()
        # One text at a time: padding would cost time, and a batch's largest value would coarsen every text's.
        vectors = [
            self._session.run([OUTPUT], {INPUT: row[None, :length]})[0][0]
            for row, length in zip(ids, lengths, strict=True)
        ]
        features["sentence_embedding"] = torch.from_numpy(np.stack(vectors))
        return features

    def get_embedding_dimension(self) -> int:
        """Return the length of a vector."""
        return self._dimension

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Copy the model's files."""
        from shutil import copytree

        copytree(self._folder, output_path, dirs_exist_ok=True)
