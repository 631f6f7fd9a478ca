"""How large the inputs of the bundled model's layers become, measured on sentences of many kinds."""

from collections.abc import Iterator, Mapping
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from index.bundled_model import MAX_TOKENS, PASSAGE_PREFIX, QUERY_PREFIX
from index.bundled_tokenizer import BundledTokenizer
from index.onnx_graph import INPUT, with_layer_inputs
from index.q4_weights import Q4File, Q4Matrix


def layer_peaks(
    weights: Q4File, words: Q4Matrix, tokenizer: BundledTokenizer
) -> Mapping[str, NDArray[np.float32]]:
    """Return by layer name the largest absolute value of each of its inputs, of shape (inputs,)."""
    import onnxruntime

    serialised, inputs = with_layer_inputs(weights, words)
    session = onnxruntime.InferenceSession(serialised, providers=["CPUExecutionProvider"])
    del serialised
    names = sorted(set(inputs.values()))
    peaks: dict[str, NDArray[np.float32]] = {}
    for text in _texts():
        ids = np.array([tokenizer.ids(text, MAX_TOKENS)], np.int64)
        for name, values in zip(names, session.run(names, {INPUT: ids}), strict=True):
            largest = np.abs(values).max(axis=(0, 1))
            peaks[name] = np.maximum(peaks.get(name, largest), largest)
    return {layer: peaks[name] for layer, name in inputs.items()}


def _texts() -> Iterator[str]:
    for line in files("index").joinpath("calibration.txt").read_text(encoding="utf-8").splitlines():
        yield QUERY_PREFIX + line
        yield PASSAGE_PREFIX + line
