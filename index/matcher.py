"""A small network on two embeddings of the question and of a sentence: does the one answer the other?

Cosines say how like two texts are; what was learnt here is how a question and its answer differ. Trained by
`python -m index.training.train_matcher`; the weights stand beside the reader's.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.protocols import Vectors
from index.reader_weights import checked, load
from index.second_encoder import SecondEncoder

SHIPPED = Path(__file__).parent / "reader" / "matcher.safetensors"
_MIDDLE = 55.0
"""The network's logit of the best sentence, in the mean of the held-out questions.

Taken off, so that 0, which the judge sees without a matcher, speaks neither for an answer nor against it.
"""


class TrainedMatcher:
    """Scores sentences for a question; safe to share between threads.

    Only for vectors of the bundled embedding model, which it was trained on.
    """

    def __init__(self, path: Path = SHIPPED) -> None:
        """Verify and load the weights. Raises ModelError, and ImportError where the encoder is missing."""
        checked(path)
        self._weights = load(path)
        self._encoder = SecondEncoder()

    def match(
        self,
        wordings: Sequence[str],
        vector: Vectors,
        sentences: Sequence[str],
        sentence_vectors: Vectors,
        keyword: Vectors,
    ) -> Vectors:
        """Return a logit for each sentence, as the protocol says."""
        question = self._encoder.encode_question(wordings)
        rows = self._encoder.encode(sentences)
        logits = match(
            self._weights,
            np.concatenate([vector, question]),
            np.concatenate([sentence_vectors, rows], axis=1),
            np.stack([sentence_vectors @ vector, rows @ question, keyword], axis=1),
        )
        return logits - np.float32(_MIDDLE)


def match(weights: dict[str, Vectors], question: Vectors, sentences: Vectors, plain: Vectors) -> Vectors:
    """Return the network's logit of each sentence; `plain` holds both cosines and BM25's share."""
    asked = weights["question.w"] @ question + weights["question.b"]
    told = sentences @ weights["sentence.w"].T + weights["sentence.b"]
    both = np.concatenate([np.broadcast_to(asked, told.shape), told, asked * told, plain], axis=1)
    hidden = _gelu(both @ weights["hidden.w"].T + weights["hidden.b"])
    logits: Vectors = plain @ weights["plain.w"][0] + told @ asked + hidden @ weights["out.w"][0]
    return logits


def _gelu(values: Vectors) -> Vectors:
    """Hendrycks and Gimpel, arXiv 1606.08415, by the hyperbolic tangent."""
    bent: Vectors = 0.5 * values * (1 + np.tanh(0.7978845608 * (values + 0.044715 * values**3)))
    return bent
