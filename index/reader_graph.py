"""Writes the reader as an ONNX graph: the ids and types of one pair → a score and the ends of a span."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import onnx_graph
from index.bundled_tokenizer import BundledTokenizer
from index.calibration import Feed, peaks_of, sentences
from index.onnx_graph import Graph
from index.q4_weights import Q4File, Q4Matrix
from index.quantisation import hold
from index.reader_input import Pair, pair_of

IDS, TYPES, SCORE, SPANS = onnx_graph.INPUT, "types", "score", "spans"
# The linear layers of the graph and the matrices that each is made of.
_LAYERS = {"qkv": ("q", "k", "v"), "ao": ("ao",), "fi": ("fi",), "fo": ("fo",)}
_Floats = NDArray[np.float32]
_Own = Mapping[str, _Floats]


def write(bundled: Q4File, words: Q4Matrix, own: _Own, tokenizer: BundledTokenizer, folder: Path) -> None:
    """Write the graph; `own` are the weights that training changed, and those of the two heads."""
    layers = 1 + max(int(name.split(".")[0][1:]) for name in own if name[0] == "l")
    vectors = {name: values for name, values in own.items() if values.ndim == 1}
    weights = replace(bundled, layers=layers, vectors={**bundled.vectors, **vectors})
    dense = partial(_dense, own)
    plain = Graph(weights, dense)
    onnx_graph.states(plain, words, TYPES)
    serialised = onnx_graph.serialised(plain, [IDS, TYPES])
    peaks = peaks_of(serialised, plain.layer_inputs, _feeds(tokenizer))
    del serialised
    graph = Graph(weights, lambda name, matrix: hold(peaks, name, dense(name, matrix)))
    state = onnx_graph.states(graph, words, TYPES)
    opening = graph.add("Gather", [state, graph.constant("beginning", np.array([0]))], "opening", axis=1)
    _head(graph, own, "score", opening, "scores")
    graph.add("Squeeze", ["scores", graph.constant("single", np.array([-2, -1]))], SCORE)
    _head(graph, own, "span", state, SPANS)
    onnx_graph.save(graph, [IDS, TYPES], [SCORE, SPANS], folder)


def feed_of(pair: Pair) -> Feed:
    """Return the inputs of the graph for one pair."""
    return {IDS: np.array([pair.ids], np.int64), TYPES: np.array([pair.types], np.int64)}


def _dense(own: _Own, name: str, matrix: Q4Matrix) -> _Floats:
    layer, part = name.split(".")
    names = [f"{layer}.{each}.w" for each in _LAYERS[part]]
    return np.concatenate([own[each] for each in names]) if names[0] in own else matrix.dense()


def _feeds(tokenizer: BundledTokenizer) -> Iterator[Feed]:
    for first, second in pairwise(sentences()):
        yield feed_of(pair_of(tokenizer, first, first, second))


def _head(graph: Graph, own: _Own, name: str, inputs: str, output: str) -> None:
    weights = graph.constant(f"{name}.w", np.ascontiguousarray(own[f"{name}.w"].T))
    product = graph.add("MatMul", [inputs, weights], f"{name}.product")
    graph.add("Add", [product, graph.constant(f"{name}.b", own[f"{name}.b"])], output)
