"""Writes the bundled model, a plain BERT encoder, as an ONNX graph from token ids to unit vectors.

The graph takes sequences of one length (`ids`, int64, shape (texts, tokens)) and knows no padding. Operators
of the domain com.microsoft are those that ONNX Runtime fuses to (docs/ContribOperators.md of its repository).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.q4_weights import BLOCK, Q4File, Q4Matrix, stack
from index.quantisation import Int8Linear

INPUT, OUTPUT = "ids", "vectors"
MODEL_FILE = "model.onnx"
DATA_FILE = "model.onnx.data"
_MICROSOFT = "com.microsoft"
_OPSET = 21
_IR_VERSION = 10
_Floats = NDArray[np.float32]


@dataclass(slots=True)
class Graph:
    """Nodes and initialisers under construction."""

    weights: Q4File
    plan: "Plan"
    nodes: list[Any] = field(default_factory=list)
    initialisers: list[Any] = field(default_factory=list)
    layer_inputs: dict[str, str] = field(default_factory=dict)

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def vector(self, name: str) -> str:
        return self.constant(name, self.weights.vectors[name])

    def uint4(self, name: str, packed: NDArray[np.uint8], shape: Sequence[int]) -> str:
        from onnx import TensorProto, helper

        tensor = helper.make_tensor(name, TensorProto.UINT4, shape, packed.tobytes(), raw=True)
        self.initialisers.append(tensor)
        return name

    def add(self, operator: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    def layer(self, name: str, *parts: str) -> "_LinearLayer":
        """Return these linear layers side by side, by default the one of this name, held as the plan says."""
        parts = parts or (name,)
        matrix = stack([self.weights.matrices[f"{part}.w"] for part in parts])
        bias = np.concatenate([self.weights.vectors[f"{part}.b"] for part in parts])
        return _LinearLayer(name, self.plan(name, matrix), bias)

    def linear(self, inputs: str, layer: "_LinearLayer") -> str:
        """Add the outputs of `layer` and return their name, which is the layer's."""
        name = layer.name
        self.layer_inputs[name] = inputs
        bias = self.constant(f"{name}.b", layer.bias)
        if isinstance(layer.weights, Int8Linear):
            return self._int8(inputs, name, layer.weights, bias)
        weights = self.constant(f"{name}.w", layer.weights.T)
        return self.add("Add", [self.add("MatMul", [inputs, weights], f"{name}.product"), bias], name)

    def _int8(self, inputs: str, name: str, weights: Int8Linear, bias: str) -> str:
        small = inputs
        if (weights.shrink != 1).any():
            small = self.add(
                "Mul", [inputs, self.constant(f"{name}.shrink", weights.shrink)], f"{name}.shrunk"
            )
        operands = [
            small,
            self.constant(f"{name}.w", weights.weights),
            self.constant(f"{name}.scales", weights.scales),
            self.constant(f"{name}.zeros", np.zeros(len(weights.scales), np.int8)),
            bias,
        ]
        if not len(weights.outliers):
            return self.add("DynamicQuantizeMatMul", operands, name, domain=_MICROSOFT)
        self.add("DynamicQuantizeMatMul", operands, f"{name}.inliers", domain=_MICROSOFT)
        self.add(
            "Gather", [inputs, self.constant(f"{name}.where", weights.outliers)], f"{name}.loud", axis=-1
        )
        apart = [f"{name}.loud", self.constant(f"{name}.loud.w", weights.outlier_weights)]
        return self.add("Add", [f"{name}.inliers", self.add("MatMul", apart, f"{name}.outliers")], name)


Linear = Int8Linear | NDArray[np.float32]
"""A layer's weights in eight bits, or as numbers of shape (outputs, inputs)."""
Plan = Callable[[str, Q4Matrix], Linear]
"""Given a layer's name (`l3.qkv`, `l3.ao`, `l3.fi` or `l3.fo`) and its weights, how to hold them."""


@dataclass(frozen=True, slots=True)
class _LinearLayer:
    name: str
    weights: Linear
    bias: _Floats


def write(weights: Q4File, words: Q4Matrix, plan: Plan, folder: Path) -> None:
    """Write the graph, and its weights beside it so that they are mapped into memory and not copied."""
    save(_encoder(weights, words, plan), [INPUT], [OUTPUT], folder)


def save(graph: Graph, inputs: Sequence[str], outputs: Sequence[str], folder: Path) -> None:
    """Write a graph with these inputs (int64, shape (texts, tokens)) and outputs, its weights beside it."""
    import onnx

    onnx.save_model(
        _model(graph, inputs, outputs),
        folder / MODEL_FILE,
        save_as_external_data=True,
        location=DATA_FILE,
        size_threshold=4096,
    )


def with_layer_inputs(weights: Q4File, words: Q4Matrix) -> tuple[bytes, Mapping[str, str]]:
    """Return the graph with weights as numbers, serialised, and by layer name the output with its input."""
    graph = _encoder(weights, words, lambda _, matrix: matrix.dense())
    return serialised(graph, [INPUT]), graph.layer_inputs


def serialised(graph: Graph, inputs: Sequence[str]) -> bytes:
    """Return a graph whose outputs are the inputs of its layers."""
    found: bytes = _model(graph, inputs, sorted(set(graph.layer_inputs.values()))).SerializeToString()
    return found


def _model(graph: Graph, inputs: Sequence[str], outputs: Sequence[str]) -> Any:
    from onnx import TensorProto, helper

    shape = ["texts", "tokens"]
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "encoder",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in inputs],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            graph.initialisers,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)],
        ir_version=_IR_VERSION,
    )


def _encoder(weights: Q4File, words: Q4Matrix, plan: Plan) -> Graph:
    graph = Graph(weights, plan)
    state = states(graph, words)
    graph.add("ReduceMean", [state, graph.constant("token_axis", np.array([1]))], "mean", keepdims=0)
    graph.add("LpNormalization", ["mean"], OUTPUT, axis=-1, p=2)
    return graph


def states(graph: Graph, words: Q4Matrix, types: str = "") -> str:
    """Add the whole encoder and return the name of its states, of shape (texts, tokens, hidden).

    `types` names the input with the type of each token; without one every token has type 0.
    """
    graph.constant("thirds", np.full(3, graph.weights.hidden, np.int64))
    state = _embeddings(graph, words, types)
    for layer in range(graph.weights.layers):
        state = _layer(graph, f"l{layer}", state)
    return state


def _embeddings(graph: Graph, words: Q4Matrix, types: str) -> str:
    weights = graph.weights
    rows, columns = words.shape
    blocks = columns // BLOCK
    table = graph.uint4("words", words.packed, (rows, columns))
    scales = graph.constant("words.scales", words.scales)
    zeros = graph.uint4("words.zeros", np.full(rows * blocks // 2, 0x88, np.uint8), (rows, blocks))
    lookup = {"gather_axis": 0, "quantize_axis": 1, "block_size": BLOCK, "domain": _MICROSOFT}
    graph.add("GatherBlockQuantized", [table, INPUT, scales, zeros], "word_vectors", **lookup)
    # Type 0 is added to the positions once and for all; to a token of type 1, what tells it from type 0.
    places = weights.vectors["emb.pos"].reshape(weights.positions, columns)
    kinds = weights.vectors["emb.type"].reshape(-1, columns)
    graph.constant("positions", places + kinds[0])
    graph.add("Shape", [INPUT], "length", start=1, end=2)
    graph.add("Slice", ["positions", graph.constant("first", np.array([0])), "length"], "position_vectors")
    graph.add("Add", ["word_vectors", "position_vectors"], "placed")
    if not types:
        return _norm(graph, "placed", "emb.ln")
    graph.add("Gather", [graph.constant("kinds", kinds - kinds[0]), types], "kind_vectors", axis=0)
    return _norm(graph, graph.add("Add", ["placed", "kind_vectors"], "embedded"), "emb.ln")


def _layer(graph: Graph, layer: str, state: str) -> str:
    projections = [f"{layer}.{part}" for part in "qkv"]
    qkv, out = _handed_over(graph.layer(f"{layer}.qkv", *projections), graph.layer(f"{layer}.ao"))
    graph.add("Split", [graph.linear(state, qkv), "thirds"], *projections, axis=-1)
    heads = graph.weights.heads
    graph.add("MultiHeadAttention", projections, f"{layer}.context", num_heads=heads, domain=_MICROSOFT)
    # Fused with its norm, the addition takes four times as long.
    graph.add("Add", [graph.linear(f"{layer}.context", out), state], f"{layer}.attended")
    attended = _norm(graph, f"{layer}.attended", f"{layer}.aln")
    inner = graph.linear(attended, graph.layer(f"{layer}.fi"))
    graph.add("Gelu", [inner], f"{layer}.gelu", domain=_MICROSOFT)
    outer = graph.linear(f"{layer}.gelu", graph.layer(f"{layer}.fo"))
    graph.add("Add", [outer, attended], f"{layer}.fed")
    return _norm(graph, f"{layer}.fed", f"{layer}.oln")


def _handed_over(qkv: _LinearLayer, out: _LinearLayer) -> tuple[_LinearLayer, _LinearLayer]:
    """Return both layers, the values of the first as small as the second has its inputs shrunk.

    What stands between them only averages the values, so that it makes no difference which of them does it.
    """
    before, after = qkv.weights, out.weights
    if not isinstance(before, Int8Linear) or not isinstance(after, Int8Linear) or len(after.outliers):
        return qkv, out
    factors = np.concatenate([np.ones(2 * len(after.shrink), np.float32), after.shrink])
    return (
        replace(qkv, weights=before.outputs_times(factors), bias=qkv.bias * factors),
        replace(out, weights=replace(after, shrink=np.ones_like(after.shrink))),
    )


def _norm(graph: Graph, inputs: str, name: str) -> str:
    operands = [inputs, graph.vector(f"{name}.w"), graph.vector(f"{name}.b")]
    return graph.add("LayerNormalization", operands, name, axis=-1, epsilon=graph.weights.epsilon)
