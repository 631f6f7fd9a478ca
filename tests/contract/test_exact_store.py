"""Vectors that are all compared: their scores are those of the half-precision numbers that were given."""

from pathlib import Path

import numpy as np
import pytest

from index import faiss_store
from index.faiss_store import widened


def test_every_finite_half_is_widened_to_the_same_number() -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    np.testing.assert_array_equal(widened(halves), halves.astype(np.float32))


@pytest.mark.parametrize("dimension", [1, 7, 384])
def test_search_and_scores_are_those_of_the_vectors(tmp_path: Path, dimension: int) -> None:
    draw = np.random.default_rng(5)
    vectors = draw.normal(size=(300, dimension)).astype(np.float16)
    query = draw.normal(size=dimension).astype(np.float32)
    assert faiss_store.write(tmp_path, "rows", vectors) == "SQfp16"
    store = faiss_store.open_store(tmp_path, "rows")
    exact = vectors.astype(np.float32) @ query
    np.testing.assert_allclose(store.scores(query, np.arange(300)), exact, atol=1e-4)
    np.testing.assert_array_equal(store.vectors([7, 0, 7]), vectors[[7, 0, 7]].astype(np.float32))
    hits = store.search(query, 10)
    scores = [hit.score for hit in hits]
    np.testing.assert_allclose(scores, np.sort(exact)[::-1][:10], atol=1e-4)
    np.testing.assert_allclose(scores, exact[[hit.id for hit in hits]], atol=1e-4)


def test_no_rows_are_searched_and_scored(tmp_path: Path) -> None:
    faiss_store.write(tmp_path, "rows", np.zeros((0, 8), dtype=np.float16))
    store = faiss_store.open_store(tmp_path, "rows")
    assert store.size == 0
    assert store.search(np.ones(8, dtype=np.float32), 5) == []
    assert len(store.scores(np.ones(8, dtype=np.float32), [])) == 0
    assert store.vectors([]).shape == (0, 8)
