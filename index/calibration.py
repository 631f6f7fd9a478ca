"""How large the inputs of a model's layers become, measured on sentences of many kinds."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from index.bundled_model import MAX_TOKENS, PASSAGE_PREFIX, QUERY_PREFIX
from index.bundled_tokenizer import BundledTokenizer
from index.onnx_graph import INPUT, with_layer_inputs
from index.q4_weights import Q4File, Q4Matrix

Feed = Mapping[str, NDArray[np.int64]]


def layer_peaks(
    weights: Q4File, words: Q4Matrix, tokenizer: BundledTokenizer
) -> Mapping[str, NDArray[np.float32]]:
    """Return by layer name the largest absolute value of each of its inputs, of shape (inputs,)."""
    texts = (prefix + line for line in sentences() for prefix in (QUERY_PREFIX, PASSAGE_PREFIX))
    feeds = ({INPUT: np.array([tokenizer.ids(text, MAX_TOKENS)], np.int64)} for text in texts)
    return peaks_of(*with_layer_inputs(weights, words), feeds)


def peaks_of(
    serialised: bytes, inputs: Mapping[str, str], feeds: Iterable[Feed]
) -> Mapping[str, NDArray[np.float32]]:
    """Return what `layer_peaks` does, of the graph whose outputs are named by `inputs`, on these feeds."""
    import onnxruntime

    session = onnxruntime.InferenceSession(serialised, providers=["CPUExecutionProvider"])
    names = sorted(set(inputs.values()))
    peaks: dict[str, NDArray[np.float32]] = {}
    for feed in feeds:
        for name, values in zip(names, session.run(names, dict(feed)), strict=True):
            largest = np.abs(values).max(axis=(0, 1))
            peaks[name] = np.maximum(peaks.get(name, largest), largest)
    return {layer: peaks[name] for layer, name in inputs.items()}


def sentences() -> Iterator[str]:
    """Yield sentences of many kinds."""
    yield from files("index").joinpath("calibration.txt").read_text(encoding="utf-8").splitlines()
