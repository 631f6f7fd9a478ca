"""The shipped matcher against PyTorch and damage, and the second encoder whatever it is given."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from index import bundled_model, second_encoder
from index.errors import ModelError
from index.matcher import SHIPPED, TrainedMatcher, match
from index.onnx_model import OnnxEmbedder
from index.protocols import Matcher
from index.second_encoder import DIMENSION, SecondEncoder
from index.training.train_matcher import MatchingNetwork
from tests.bundled import models_folder

QUESTION = "لماذا ترك العمال القرية؟"
SENTENCES = [
    "أما البلدية فقد رصفت الشارع الرئيس في العام الماضي.",
    "هاجر الشغيلة إلى المدينة بسبب إغلاق المصنع.",
    "وتشتهر القرية بزراعة الزيتون منذ مئات السنين.",
]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return TrainedMatcher()


@pytest.fixture(scope="module")
def encoder() -> SecondEncoder:
    return SecondEncoder()


def test_a_paraphrase_without_a_shared_word_is_found(matcher: Matcher, pytestconfig: pytest.Config) -> None:
    embedder = OnnxEmbedder(bundled_model.ensure(models_folder(pytestconfig)))
    logits = matcher.match(
        [QUESTION],
        embedder.embed_queries([QUESTION])[0],
        SENTENCES,
        embedder.embed_passages(SENTENCES),
        np.zeros(len(SENTENCES), np.float32),
    )
    assert logits.argmax() == 1
    # Without a matcher the judge sees 0, which must not look like a sentence that cannot answer.
    assert abs(logits.max()) < 15


def test_it_computes_what_was_trained() -> None:
    draw = np.random.default_rng(4)
    questions, sentences = (draw.normal(size=(rows, 20)).astype(np.float32) for rows in (2, 7))
    keyword = draw.random((2, 7)).astype(np.float32)
    network = MatchingNetwork(questions, sentences, own=8).eval()
    with torch.inference_mode():
        trained = network(
            torch.from_numpy(questions),
            torch.from_numpy(sentences),
            torch.arange(7).expand(2, 7),
            torch.from_numpy(keyword),
        ).numpy()
    for question, shares, expected in zip(questions, keyword, trained, strict=True):
        plain = np.stack([sentences[:, :8] @ question[:8], sentences[:, 8:] @ question[8:], shares], axis=1)
        found = match(network.folded(), question, sentences, plain)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_damaged_weights_are_refused_by_name(tmp_path: Path) -> None:
    shipped = tmp_path / SHIPPED.name
    shutil.copy(SHIPPED.with_suffix(".sha256"), shipped.with_suffix(".sha256"))
    with pytest.raises(ModelError, match=r"matcher\.safetensors cannot be read: .*Mend it with: git"):
        TrainedMatcher(shipped)
    data = bytearray(SHIPPED.read_bytes())
    data[len(data) // 2] ^= 1
    shipped.write_bytes(data)
    with pytest.raises(ModelError, match=r"damaged: its SHA-256 is .*expected .*Mend it with: git"):
        TrainedMatcher(shipped)


def test_like_texts_are_near_each_other(encoder: SecondEncoder) -> None:
    rows = encoder.encode(["هاجر العمال إلى المدينة", "رحل الشغيلة إلى الحاضرة", "الزيتون ثمرة صغيرة"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


@pytest.mark.parametrize("text", ["", " ", "؟", "\n", "\ud800", "\x00", "🙂", "كلمة " * 5000])
def test_anything_is_encoded(encoder: SecondEncoder, text: str) -> None:
    assert np.isfinite(encoder.encode([text])).all()
    assert np.isfinite(encoder.encode_question([text])).all()


def test_nothing_is_encoded_to_no_rows(encoder: SecondEncoder) -> None:
    assert encoder.encode([]).shape == (0, DIMENSION)


def test_a_remembered_text_is_the_same_and_memory_is_bounded(
    encoder: SecondEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_encoder, "_REMEMBERED", 3)
    texts = [f"الجملة رقم {number}" for number in range(6)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: encoder.encode(texts[number % 3 :]), range(40)))
    for number, rows in enumerate(found):
        np.testing.assert_allclose(rows, found[number % 3], atol=1e-5)
        np.testing.assert_allclose(rows[-1], encoder.encode(texts[-1:])[0], atol=1e-5)
    assert len(encoder._known) == 3
