"""Coded vectors against the vectors themselves, whatever their dimension and however odd they are."""

from pathlib import Path

import numpy as np
import pytest

from index import coded_store, faiss_store
from index.errors import IndexDamagedError
from index.protocols import StoredVectors, VectorStore


def unit(vectors: np.ndarray) -> StoredVectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-9)).astype(np.float16)


def around_a_mean(rows: int, dimension: int) -> StoredVectors:
    """As sentences lie: all on one side, and along few directions."""
    draw = np.random.default_rng(3)
    mixing = draw.normal(size=(dimension, dimension)) * np.linspace(1, 0.1, dimension)[:, None]
    return unit(draw.normal(size=(rows, dimension)) @ mixing * 0.1 + draw.normal(size=dimension))


def written(folder: Path, vectors: StoredVectors) -> VectorStore:
    coded_store.write(folder, "rows", vectors)
    return faiss_store.open_store(folder, "rows")


@pytest.mark.parametrize("dimension", [2, 3, 5, 64, 100])
@pytest.mark.parametrize("rows", [20, 33, 500])
def test_scores_are_nearly_those_of_the_vectors(tmp_path: Path, rows: int, dimension: int) -> None:
    vectors, (query,) = np.split(around_a_mean(rows + 1, dimension), [rows])
    query = query.astype(np.float32)
    store = written(tmp_path, vectors)
    exact = vectors.astype(np.float32) @ query
    np.testing.assert_allclose(store.scores(query, np.arange(rows)), exact, atol=1e-2)
    np.testing.assert_allclose(
        store.vectors(np.arange(rows)) @ query, store.scores(query, np.arange(rows)), atol=1e-4
    )
    hits = store.search(query, 10)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    np.testing.assert_allclose(
        store.scores(query, [hit.id for hit in hits]), [hit.score for hit in hits], atol=1e-5
    )
    np.testing.assert_allclose([hit.score for hit in hits], np.sort(exact)[::-1][:10], atol=1e-2)


@pytest.mark.parametrize(
    "vectors",
    [
        unit(np.pad(np.random.default_rng(1).normal(size=(200, 44)) + 1, ((0, 0), (0, 20)))),
        unit(np.random.default_rng(1).normal(size=(200, 6)) @ np.random.default_rng(2).normal(size=(6, 64))),
        unit(np.tile(np.arange(1.0, 65.0), (40, 1))),
        unit(np.vstack([np.eye(64), -np.eye(64)])),
    ],
    ids=["dead columns", "of low rank", "all equal", "no mean"],
)
def test_odd_vectors_keep_their_scores(tmp_path: Path, vectors: StoredVectors) -> None:
    store = written(tmp_path, vectors)
    query = unit(np.random.default_rng(7).normal(size=(1, 64)))[0].astype(np.float32)
    found = store.scores(query, np.arange(len(vectors)))
    np.testing.assert_allclose(found, vectors.astype(np.float32) @ query, atol=2e-2)
    assert len(store.search(query, 5)) == 5


def test_the_nearest_are_found_among_many(tmp_path: Path) -> None:
    vectors, queries = np.split(around_a_mean(20_030, 64), [20_000])
    described = coded_store.write(tmp_path, "rows", vectors)
    assert float(described.split("recall@10 ")[1].split()[0]) > 0.95
    store = faiss_store.open_store(tmp_path, "rows")
    shares = []
    for query in queries.astype(np.float32):
        nearest = set(np.argsort(-(vectors.astype(np.float32) @ query))[:10].tolist())
        shares.append(len(nearest & {hit.id for hit in store.search(query, 10)}) / 10)
    assert np.mean(shares) > 0.95


def test_repeated_rows_count_as_found(tmp_path: Path) -> None:
    vectors = np.repeat(around_a_mean(40, 64), 15, axis=0)
    assert "recall@10 1.000" in coded_store.write(tmp_path, "rows", vectors)


@pytest.mark.parametrize("part", ["axes", "weights", "mean", "steps", "left", "along"])
def test_a_missing_or_truncated_part_is_refused(tmp_path: Path, part: str) -> None:
    coded_store.write(tmp_path, "rows", around_a_mean(40, 64))
    path = tmp_path / f"rows.{part}.npy"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(IndexDamagedError, match="rawi reindex"):
        faiss_store.open_store(tmp_path, "rows")
    path.unlink()
    with pytest.raises(IndexDamagedError, match="rawi reindex"):
        faiss_store.open_store(tmp_path, "rows")
