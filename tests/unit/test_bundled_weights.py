"""The 4-bit blocks, the eight-bit layers and the precompiled map, each against its definition."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import normalizers

from index import q4_weights
from index.charsmap import precompile
from index.quantisation import Int8Linear, quantise
from tests.tiny_model import FEED_FORWARD, HIDDEN, NORMALISER, PIECES, write_tiny_weights


def _block(scale: float, nibbles: list[int]) -> np.ndarray:
    packed = [low | high << 4 for low, high in zip(nibbles[:16], nibbles[16:], strict=True)]
    return np.concatenate([np.array([scale], "<f2").view(np.uint8), np.array(packed, np.uint8)])


def test_a_block_holds_low_nibbles_then_high_ones() -> None:
    nibbles = [i % 16 for i in range(0, 64, 2)]
    matrix = q4_weights.Q4Matrix(_block(0.5, nibbles).reshape(1, 1, 18))
    assert matrix.shape == (1, 32)
    assert matrix.dense().tolist() == [[(nibble - 8) * 0.5 for nibble in nibbles]]
    packed = matrix.packed[0, 0]
    assert [part for byte in packed for part in (byte & 15, byte >> 4)] == nibbles


def test_rows_are_taken_and_stacked(tmp_path: Path) -> None:
    weights = q4_weights.read(write_tiny_weights(tmp_path / "weights.bin"))
    words = weights.matrices["emb.word"]
    two = q4_weights.stack([words.take([5]), words.take([2])])
    assert np.array_equal(two.dense(), words.dense()[[5, 2]])


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    weights = q4_weights.read(write_tiny_weights(tmp_path / "weights.bin"))
    assert weights.pieces == PIECES
    assert weights.normaliser == NORMALISER
    assert weights.matrices["l1.fo.w"].shape == (HIDDEN, FEED_FORWARD)
    assert weights.vectors["l1.fi.b"].shape == (FEED_FORWARD,)


def test_a_quantised_layer_computes_the_layer() -> None:
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(48, 64)).astype(np.float32)
    inputs = rng.normal(size=(100, 64)).astype(np.float32)
    inputs[:, 7] *= 100
    layer = quantise(dense, np.abs(inputs).max(axis=0), balance=0.5)
    assert 7 in layer.outliers
    assert layer.shrink[7] == 0
    small = inputs * layer.shrink
    step = (small.max() - small.min()) / 255
    product = np.rint(small / step) * step @ (layer.weights * layer.scales)
    result = product + inputs[:, layer.outliers] @ layer.outlier_weights
    exact = inputs @ dense.T
    assert np.linalg.norm(result - exact) < 0.005 * np.linalg.norm(exact)
    # Seven bits, so that two products fit into 16 bits on processors without VNNI.
    assert np.abs(layer.weights).max() == 63


@pytest.mark.parametrize(("loudest", "apart"), [(1, 0), (15, 0), (17, 8)])
def test_inputs_are_multiplied_apart_where_steps_would_be_four_times_as_coarse(
    loudest: int, apart: int
) -> None:
    dense = np.eye(32, dtype=np.float32)
    peaks = np.ones(32, np.float32)
    peaks[3] = loudest
    # Balanced, the step is as coarse as the root of that.
    layer = quantise(dense, peaks, balance=0.5)
    assert len(layer.outliers) == apart
    product = layer.shrink[:, None] * layer.weights * layer.scales
    product[layer.outliers] += layer.outlier_weights
    assert np.allclose(product, dense, atol=1e-6)


def test_outputs_are_made_larger_and_smaller() -> None:
    rng = np.random.default_rng(1)
    peaks = np.ones(32, np.float32)
    peaks[3] = 100
    layer = quantise(rng.normal(size=(4, 32)).astype(np.float32), peaks, balance=0.5)
    assert len(layer.outliers)

    def outputs(layer: Int8Linear) -> np.ndarray:
        inputs = np.ones(32, np.float32)
        product = (inputs * layer.shrink) @ layer.weights * layer.scales
        return product + inputs[layer.outliers] @ layer.outlier_weights

    factors = np.array([1, 0.5, 3, 1], np.float32)
    assert np.allclose(outputs(layer.outputs_times(factors)), outputs(layer) * factors, rtol=1e-5)


_LETTERS = st.characters(min_codepoint=1, max_codepoint=0x1FFFF, exclude_categories=("Cs", "M"))


@given(st.dictionaries(_LETTERS.map(ord), st.text(alphabet=_LETTERS, max_size=3), min_size=1, max_size=60))
def test_a_precompiled_map_maps_each_code_point(mapping: dict[int, str]) -> None:
    normaliser = normalizers.Precompiled(precompile(mapping))
    for code_point, expected in mapping.items():
        assert normaliser.normalize_str(chr(code_point)) == expected
    others = [chr(c) for c in (0x61, 0x645, 0x4E00, 0x1F600) if c not in mapping]
    assert [normaliser.normalize_str(letter) for letter in others] == others
