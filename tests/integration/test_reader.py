"""The shipped reader on ONNX Runtime, against PyTorch and against damage."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from index import bundled_model, reader_model
from index.bundled_tokenizer import BundledTokenizer
from index.errors import ModelError
from index.onnx_reader import OnnxReader
from index.protocols import Reader
from index.reader_input import BEFORE_TOKENS, QUESTION_TOKENS, SENTENCE_TOKENS, pair_of
from index.reader_weights import load, save
from index.sentence_folder import KINDS, LAYER_NAMES
from index.training.network import ReaderNetwork, batch_of
from tests.bundled import models_folder

SENTENCE = "تأسست منظمة الأمم المتحدة عام 1945 في مدينة سان فرانسيسكو."
OTHER = "يبلغ عدد سكان القاهرة نحو عشرة ملايين نسمة، وتقع على ضفاف النيل."


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    return reader_model.ensure(models_folder(pytestconfig))


@pytest.fixture(scope="module")
def reader(folder: Path) -> OnnxReader:
    return OnnxReader(folder)


def test_a_sentence_that_answers_scores_above_one_that_does_not(reader: Reader) -> None:
    for question, right, wrong in (
        ("متى تأسست الأمم المتحدة؟", SENTENCE, OTHER),
        ("كم يبلغ عدد سكان القاهرة؟", OTHER, SENTENCE),
    ):
        first, second = reader.read(question, [("", right), ("", wrong)])
        assert first.score > second.score


def test_the_marked_words_stand_in_the_sentence_and_are_whole(reader: Reader) -> None:
    (read,) = reader.read("متى تأسست الأمم المتحدة؟", [("", SENTENCE)])
    assert "1945" in SENTENCE[read.start : read.end]
    assert 0 < read.certainty <= 1
    for edge in (read.start, read.end):
        assert not SENTENCE[edge - 1 : edge + 1].isalnum()


@pytest.mark.parametrize("sentence", ["", " ", "؟", "\n", "أ", "كلمة " * 500, "\ud800"])
@pytest.mark.parametrize("question", ["", "؟", "سؤال " * 500])
def test_it_reads_anything(reader: Reader, question: str, sentence: str) -> None:
    (read,) = reader.read(question, [(sentence, sentence)])
    assert np.isfinite(read.score)
    assert 0 <= read.start <= read.end <= len(sentence)


def test_a_pair_is_cut_where_the_reader_stops_reading(folder: Path) -> None:
    pair = pair_of(BundledTokenizer(folder), "سؤال " * 99, "قبل " * 99, "جملة " * 99)
    assert len(pair.ids) == 4 + QUESTION_TOKENS + BEFORE_TOKENS + SENTENCE_TOKENS
    assert sum(pair.types) == len(pair.places) == SENTENCE_TOKENS
    assert pair.types[pair.first] == 1
    assert pair.types[pair.first - 1] == 0


def test_it_agrees_with_the_same_weights_on_pytorch(
    reader: Reader, folder: Path, pytestconfig: pytest.Config
) -> None:
    network = ReaderNetwork(
        bundled_model.ensure_sentence_transformers(models_folder(pytestconfig)), _layers()
    ).eval()
    network.load_state_dict(_state(), strict=False)
    tokenizer = BundledTokenizer(folder)
    questions = ["متى تأسست الأمم المتحدة؟", "أين تقع القاهرة؟", "من هو الرئيس؟"]
    for question in questions:
        pairs = [pair_of(tokenizer, question, "", sentence) for sentence in (SENTENCE, OTHER)]
        with torch.inference_mode():
            scores, _ = network(batch_of(pairs, [[False] * 2], [(-1, -1)] * 2))
        read = reader.read(question, [("", SENTENCE), ("", OTHER)])
        assert [one.score for one in read] == pytest.approx(scores.tolist(), abs=0.4)


def test_damaged_weights_are_refused_by_name(tmp_path: Path) -> None:
    shipped = tmp_path / "weights.safetensors"
    shutil.copy(reader_model.SHIPPED, shipped)
    shutil.copy(reader_model.SHIPPED.with_suffix(".sha256"), shipped.with_suffix(".sha256"))
    data = bytearray(shipped.read_bytes())
    data[len(data) // 2] ^= 1
    shipped.write_bytes(data)
    with pytest.raises(ModelError, match=r"damaged: its SHA-256 is .*expected .*Mend it with: git"):
        reader_model.ensure(tmp_path, shipped=shipped)


def test_missing_weights_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.safetensors"):
        reader_model.ensure(tmp_path, shipped=tmp_path / "none.safetensors")


def test_weights_come_back_as_they_were_stored(tmp_path: Path) -> None:
    draw = np.random.default_rng(7)
    matrix, vector = draw.normal(size=(8, 32)).astype(np.float32), np.arange(4, dtype=np.float32)
    save({"l2.q.w": matrix, "l2.q.b": vector}, tmp_path / "weights.safetensors")
    found = load(tmp_path / "weights.safetensors")
    assert set(found) == {"l2.q.w", "l2.q.b"}
    assert np.array_equal(found["l2.q.b"], vector)
    assert np.abs(found["l2.q.w"] - matrix).max() <= np.abs(matrix).max() / 127


def _layers() -> int:
    return 1 + max(int(name.split(".")[0][1:]) for name in load(reader_model.SHIPPED) if name[0] == "l")


def _state() -> dict[str, torch.Tensor]:
    own = load(reader_model.SHIPPED)
    state = {
        f"encoder.encoder.layer.{layer}.{name}.{kind}": own[f"l{layer}.{part}.{letter}"]
        for layer in range(_layers())
        for part, name in LAYER_NAMES.items()
        for letter, kind in KINDS.items()
        if f"l{layer}.{part}.{letter}" in own
    }
    state |= {
        f"{head}.{kind}": own[f"{head}.{letter}"]
        for head in ("score", "span")
        for letter, kind in KINDS.items()
    }
    return {name: torch.from_numpy(np.array(values)) for name, values in state.items()}
