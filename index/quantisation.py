"""Eight-bit linear layers for a model whose activations have a few very large channels.

Channels are brought to like sizes before quantisation (Xiao et al., SmoothQuant, arXiv 2211.10438,
equation 4) and the largest are multiplied apart as numbers (Dettmers et al., LLM.int8(), arXiv 2208.07339).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.q4_weights import Q4Matrix

_Floats = NDArray[np.float32]
# Seven bits: processors without VNNI add two products in 16 bits, which overflow with eight.
_LARGEST = 63


# By the last part of a layer's name: how many inputs stay numbers, and how much of an input's size moves into
# the weights. Chosen on sentences that the calibration has not seen: 1 - cosine with the unquantised model is
# .0004 on average; .0150 without the outliers of `fo`, the second matrix of the feed-forward.
_CHOICES = {"qkv": (8, 0.7), "ao": (0, 0.5), "fi": (8, 0.55), "fo": (8, 0.4)}


@dataclass(frozen=True, slots=True)
class Int8Linear:
    """output = quantised(input * shrink) @ weights * scales + input[outliers] @ outlier_weights."""

    weights: NDArray[np.int8]
    """Shape (inputs, outputs)."""
    scales: _Floats
    """One an output."""
    shrink: _Floats
    """One an input; 0 for outliers."""
    outliers: NDArray[np.int64]
    outlier_weights: _Floats
    """Shape (outliers, outputs)."""


def quantise(dense: _Floats, peaks: _Floats, outliers: int, balance: float) -> Int8Linear:
    """Return the layer with weights `dense` (outputs, inputs) for inputs as large as `peaks` (one an input).

    `balance` (SmoothQuant's alpha, 0 to 1) says how much of an input's size moves into the weights;
    `outliers` inputs stay numbers.
    """
    peaks = np.maximum(peaks, 1e-6)
    largest = np.maximum(np.abs(dense).max(axis=0), 1e-6)
    grow = peaks**balance / largest ** (1 - balance)
    shrink = 1 / grow
    loudest = np.sort(np.argsort(peaks * np.linalg.norm(dense, axis=0))[dense.shape[1] - outliers :])
    grow[loudest] = shrink[loudest] = 0
    grown = dense * grow
    scales = np.maximum(np.abs(grown).max(axis=1), 1e-12) / _LARGEST
    return Int8Linear(
        weights=np.rint(grown / scales[:, None]).T.astype(np.int8),
        scales=scales.astype(np.float32),
        shrink=shrink.astype(np.float32),
        outliers=loudest.astype(np.int64),
        outlier_weights=np.ascontiguousarray(dense[:, loudest].T),
    )


def hold(peaks: Mapping[str, _Floats], layer: str, matrix: Q4Matrix) -> Int8Linear:
    """Return the layer of this name quantised, given the peaks of all layers' inputs."""
    return hold_dense(peaks, layer, matrix.dense())


def hold_dense(peaks: Mapping[str, _Floats], layer: str, dense: _Floats) -> Int8Linear:
    """Return what `hold` does, of weights as numbers."""
    outliers, balance = _CHOICES[layer.rpartition(".")[2]]
    return quantise(dense, peaks[layer], outliers, balance)
