"""What every library keeps to: FAISS row by row, FAISS by codes, Milvus Lite; and that they agree."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index import faiss_store, keyword_builder
from index.builder import Builder
from index.errors import IndexDamagedError, IndexMissingError, ModelError, RawiError, StoreUnreachableError
from index.faiss_library import FaissLibrary
from index.generation import Generation
from index.handle import IndexHandle
from index.keyword import units_of
from index.library import Library
from index.query import query_of
from index.retriever import retrieve
from knowledge.passages import Chunking
from tests.fakes import ARTICLES, FakeEmbedder, article, fixed

CHUNKING = Chunking()
CITIES = ("طنجة", "حلب", "صنعاء", "الخرطوم", "بغداد", "مسقط", "تونس", "عمان", "الدوحة", "بيروت", "نواكشوط")
THINGS = ("السوق", "الميناء", "الجامعة", "المتحف", "القلعة", "المكتبة", "المسرح", "البرج", "الجسر", "الحديقة")
MANY = tuple(
    article(
        f"{city}.md",
        *(
            f"افتتحت {thing} في مدينة {city} عام {1900 + 7 * row + 3 * column}."
            for row, thing in enumerate(THINGS)
        ),
    )
    for column, city in enumerate(CITIES)
)
DOCUMENTS = (*ARTICLES, *MANY)
QUESTIONS = (
    "متى افتتحت الجامعة في حلب؟",
    "كم قلبًا للأخطبوط؟",
    "لماذا رحلت شركات التعدين عن كازاخستان؟",
    "برج بيروت",
    "ميناء نواكشوط وميناء مسقط",
    "xyz",
)


def library_of(kind: str, folder: Path) -> Library:
    if kind != "milvus":
        return FaissLibrary(folder)
    pytest.importorskip("pymilvus")
    pytest.importorskip("milvus_lite")
    from index.milvus_library import MilvusLibrary

    return MilvusLibrary(str(folder / "index.db"), folder)


def build(library: Library, folder: Path, documents=DOCUMENTS) -> None:
    Builder(folder, fixed(documents), FakeEmbedder(), library, CHUNKING).run()


@pytest.fixture(scope="module", params=["flat", "codes", "milvus"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "codes":
            patch.setattr(faiss_store, "EXACT_ROWS", 20)
        library = library_of(request.param, folder)
        build(library, folder)
        yield library
        if hasattr(library, "close"):
            library.close()


@pytest.fixture(scope="module")
def generation(kept: Library) -> Generation:
    return kept.open()


@pytest.fixture(scope="module")
def near(kept: Library) -> float:
    """How far a score may be off: a byte holds the odd ones among a hundred nearly equal rows badly."""
    return 0.02 if "PCA" in kept.manifest().store else 1e-3


@pytest.fixture(scope="module")
def texts(generation: Generation) -> list[str]:
    """The sentences, by row."""
    passages = generation.passages
    return [item.text for row in range(len(passages)) for item in passages.passage(row).sentences]


@pytest.fixture(scope="module")
def vectors(texts: list[str]) -> np.ndarray:
    return FakeEmbedder().embed_queries(texts)


def test_every_row_is_there(generation: Generation, texts: list[str]) -> None:
    assert generation.sentence_vectors.size == generation.sentence_words.size == len(texts)
    assert generation.passage_vectors.size == generation.passage_words.size == len(generation.passages)
    assert texts == [part.strip() + "." for item in DOCUMENTS for part in item.text.rstrip(".").split(".")]


def test_the_nearest_rows_come_first(generation: Generation, vectors: np.ndarray, near: float) -> None:
    for question in QUESTIONS:
        query = FakeEmbedder().embed_queries([question])[0]
        hits = generation.sentence_vectors.search(query, 10)
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert len({hit.id for hit in hits}) == 10
        exact = vectors @ query
        np.testing.assert_allclose(scores, exact[[hit.id for hit in hits]], atol=near)
        np.testing.assert_allclose(scores, np.sort(exact)[::-1][:10], atol=near)


def test_scores_are_those_of_the_rows_asked_for(
    generation: Generation, vectors: np.ndarray, near: float
) -> None:
    query = FakeEmbedder().embed_queries([QUESTIONS[0]])[0]
    rows = np.array([5, 0, 77, len(vectors) - 1, 5])
    found = generation.sentence_vectors.scores(query, rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, (vectors @ query)[rows], atol=near)
    assert generation.sentence_vectors.scores(query, []).shape == (0,)
    np.testing.assert_allclose(generation.sentence_vectors.vectors(rows) @ query, found, atol=1e-3)
    np.testing.assert_allclose(generation.sentence_vectors.vectors(rows), vectors[rows], atol=near)


@pytest.mark.parametrize("count", [0, 1, 10_000])
def test_no_more_is_found_than_asked_for_or_there_is(generation: Generation, count: int) -> None:
    query = FakeEmbedder().embed_queries(["مدينة"])[0]
    hits = generation.sentence_vectors.search(query, count)
    most = min(count, generation.sentence_vectors.size)
    assert len(hits) == most


def test_a_query_of_another_dimension_is_refused(generation: Generation) -> None:
    with pytest.raises((ValueError, RawiError)):
        generation.sentence_vectors.search(np.ones(3, dtype=np.float32), 5)


def test_words_score_as_they_do_in_memory(generation: Generation, texts: list[str]) -> None:
    own = keyword_builder.build(texts)
    rows = np.arange(len(texts))
    for question in QUESTIONS:
        units = units_of(question)
        found, expected = generation.sentence_words.match(units), own.match(units)
        assert found.bound == pytest.approx(expected.bound, rel=1e-4)
        np.testing.assert_allclose(found.shares(rows), expected.shares(rows), atol=1e-3)
        best = found.best(5)
        assert len(best) == min(5, np.count_nonzero(expected.scores))
        np.testing.assert_allclose(
            np.sort(expected.scores[best]), np.sort(expected.scores)[::-1][: len(best)][::-1], atol=1e-2
        )


def test_words_that_nothing_holds_match_nothing(generation: Generation) -> None:
    for units in ([], ["=zzzz"]):
        matches = generation.sentence_words.match(units)
        assert matches.bound == 0
        assert len(matches.best(5)) == 0
        assert matches.shares(np.array([0, 1])).tolist() == [0.0, 0.0]


def test_passages_are_the_documents(generation: Generation) -> None:
    passages = generation.passages
    assert [record.id for record in passages.documents] == [item.id for item in DOCUMENTS]
    for document in DOCUMENTS:
        row = passages.row(document.id, 0)
        assert row is not None
        passage = passages.passage(row)
        assert passage.text == document.text[passage.start : passage.end]
        assert passages.document_of(row).title == document.title
        first = int(passages.first_sentence[row])
        assert int(passages.passage_of_sentence(first)) == row
        assert passages.sentence_number(row, 0) == 1
    assert passages.row("nothing.md", 0) is None
    assert passages.row(DOCUMENTS[0].id, 99) is None


def test_the_same_first_sentence_as_by_comparing_everything(
    generation: Generation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("exact")
    exact = FaissLibrary(folder)
    build(exact, folder)
    embedder = FakeEmbedder()
    for question in QUESTIONS[:-1]:
        first = []
        for index in (generation, exact.open()):
            found = retrieve(index, query_of(question, embedder, index.sentence_words))
            first.append((int(found.passages[0]), int(found.sentences[found.sentence_score.argmax()])))
        assert first[0] == first[1]


def test_nothing_is_there_before_the_first_reindex(kept: Library, tmp_path: Path) -> None:
    empty = library_of("flat" if isinstance(kept, FaissLibrary) else "milvus", tmp_path)
    assert empty.current_name() is None
    with pytest.raises(IndexMissingError, match="rawi reindex"):
        empty.open()


def test_the_manifest_tells_what_was_built(kept: Library, generation: Generation) -> None:
    manifest = kept.manifest()
    assert manifest == generation.manifest
    assert manifest.generation == kept.current_name()
    assert manifest.store.startswith(kept.kind)
    assert manifest.status().sentences == generation.sentence_vectors.size


def test_codes_write_their_recall_into_the_manifest(kept: Library) -> None:
    store = kept.manifest().store
    if "PCA" in store:
        assert float(store.split("recall@10 ")[1].split()[0]) > 0.9


# Milvus alone.


@pytest.fixture
def milvus(tmp_path: Path) -> Iterator[Library]:
    library = library_of("milvus", tmp_path)
    build(library, tmp_path, ARTICLES)
    yield library
    library.close()  # type: ignore[attr-defined]


def handle(library: Library) -> IndexHandle:
    return IndexHandle(library, FakeEmbedder().identity, str(CHUNKING))


def test_a_reindex_switches_the_alias_and_a_question_in_flight_finishes(
    milvus: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.milvus_library._ALIAS_SECONDS", 0.0)
    answering = handle(milvus)
    in_flight = answering.current()
    build(milvus, tmp_path, (*ARTICLES, article("new.md", "خبر عاجل جديد.")))
    assert answering.current().manifest.documents == 4
    found = retrieve(in_flight, query_of("كم قلبًا للأخطبوط؟", FakeEmbedder(), in_flight.sentence_words))
    assert in_flight.passages.passage(int(found.passages[0])).document_id == "octopus.md"
    build(milvus, tmp_path, ARTICLES[:1])
    client = milvus._connection.client  # type: ignore[attr-defined]
    assert len({name.rsplit("_", 1)[0] for name in client.list_collections()}) == 2


def test_a_failed_reindex_leaves_no_collections(
    milvus: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = milvus._connection.client  # type: ignore[attr-defined]
    before = set(client.list_collections())

    def fail(*_: object) -> None:
        raise RawiError("full")

    monkeypatch.setattr("index.milvus_writer.write_documents", fail)
    with pytest.raises(RawiError, match="full"):
        build(milvus, tmp_path, ARTICLES[:1])
    assert set(client.list_collections()) == before
    assert handle(milvus).current().manifest.documents == 3


def test_lost_rows_are_noticed_at_opening(milvus: Library) -> None:
    client = milvus._connection.client  # type: ignore[attr-defined]
    name = milvus.current_name()
    client.delete(f"rawi_{name}_sentences", ids=[1])
    with pytest.raises(IndexDamagedError, match="holds 8 rows, expected 9; run: rawi reindex"):
        milvus.open()


def test_a_changed_passage_is_noticed_at_opening(milvus: Library) -> None:
    client = milvus._connection.client  # type: ignore[attr-defined]
    target = f"rawi_{milvus.current_name()}_passages"
    (record,) = client.get(target, [1], output_fields=["*"])
    client.upsert(target, [{**record, "line": record["line"].replace("ثلاثة", "أربعة")}])
    with pytest.raises(IndexDamagedError, match=r"passage 1 .* is damaged"):
        milvus.open()


def test_a_second_process_on_a_lite_file_is_told_so(milvus: Library, tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from index.milvus_connection import Connection\n"
        "from index.errors import StoreUnreachableError\n"
        "try: Connection(sys.argv[1])\n"
        "except StoreUnreachableError as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "index.db")],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )
    assert "no other process has open" in run.stdout


def test_an_unreachable_server_is_named() -> None:
    pytest.importorskip("pymilvus")
    from index.milvus_connection import Connection

    with pytest.raises(StoreUnreachableError, match=r"http://127.0.0.1:9 does not answer"):
        Connection("http://127.0.0.1:9")


def test_without_the_extra_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from index.milvus_connection import Connection

    monkeypatch.setitem(__import__("sys").modules, "pymilvus", None)
    with pytest.raises(ModelError, match=r"pip install 'rawi\[milvus\]'"):
        Connection("x.db")
