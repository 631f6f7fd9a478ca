"""The reader on ONNX Runtime: a question and a sentence → how surely it answers, and which words do."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.bundled_tokenizer import BundledTokenizer
from index.model_folder import verify
from index.onnx_graph import MODEL_FILE
from index.onnx_model import cores, open_session
from index.protocols import ReadSentence
from index.reader_graph import SCORE, SPANS, feed_of
from index.reader_input import Pair, pair_of

LONGEST_SPAN = 24
"""Tokens; a longer answer is the sentence itself."""


class OnnxReader:
    """A `Reader` on a folder that `reader_model.ensure` returned; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Verify and load the model. Raises ModelError."""
        verify(folder)
        self._tokenizer = BundledTokenizer(folder)
        # A pair to a core is faster than all cores on one pair, and however many ask, no more run at once.
        self._session = open_session(folder / MODEL_FILE, 1)
        self._pool = ThreadPoolExecutor(cores(), thread_name_prefix="reader")

    def read(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[ReadSentence]:
        """Return what the reader makes of each (sentence before, sentence), in their order."""
        return list(self._pool.map(partial(self._read, question), sentences))

    def _read(self, question: str, placed: tuple[str, str]) -> ReadSentence:
        before, sentence = placed
        pair = pair_of(self._tokenizer, question, before, sentence)
        score, ends = self._session.run([SCORE, SPANS], dict(feed_of(pair)))
        if not pair.places:
            return ReadSentence(float(score[0]))
        first, last, certainty = _best_span(ends[0, pair.first : pair.first + len(pair.places)])
        start, end = _words(sentence, pair, first, last)
        return ReadSentence(float(score[0]), start, end, certainty)


def _best_span(ends: NDArray[np.float32]) -> tuple[int, int, float]:
    """Return the likeliest first and last token, and their joint probability, of logits (tokens, 2)."""
    likely = np.exp(ends - ends.max(axis=0))
    likely /= likely.sum(axis=0)
    both = np.triu(np.outer(likely[:, 0], likely[:, 1]))
    both = np.tril(both, LONGEST_SPAN - 1)
    first, last = divmod(int(both.argmax()), len(both))
    return first, last, float(both[first, last])


def _words(sentence: str, pair: Pair, first: int, last: int) -> tuple[int, int]:
    """Return the code points of the whole words that the tokens belong to, without what surrounds them."""
    start, end = pair.places[first][0], pair.places[last][1]
    # A first token includes the space before its word.
    while start < end and sentence[start].isspace():
        start += 1
    while start > 0 and sentence[start - 1].isalnum() and sentence[start].isalnum():
        start -= 1
    while 0 < end < len(sentence) and sentence[end].isalnum() and sentence[end - 1].isalnum():
        end += 1
    while end > start and not sentence[end - 1].isalnum() and sentence[end - 1] not in '%»)"’”':
        end -= 1
    return start, end
