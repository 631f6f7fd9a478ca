"""Reindexing and what answers meanwhile, with faults at every place that can fail."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import faiss_store
from index.builder import Builder
from index.errors import (
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    RawiError,
)
from index.faiss_library import FaissLibrary
from index.generation import Generation
from index.handle import IndexHandle
from index.manifest import SCHEMA_VERSION
from index.protocols import EmbedderIdentity
from index.query import query_of
from index.retriever import retrieve
from knowledge.passages import Chunking
from knowledge.types import Document
from tests.fakes import ARTICLES, FAKE, FakeEmbedder, article, changed, fixed

CHUNKING = Chunking()
ROOT = Path(__file__).resolve().parents[2]


def builder(
    data_dir: Path, documents: Sequence[Document] = ARTICLES, embedder: FakeEmbedder | None = None
) -> Builder:
    return Builder(data_dir, fixed(documents), embedder or FakeEmbedder(), FaissLibrary(data_dir), CHUNKING)


def handle(data_dir: Path, identity: EmbedderIdentity = FAKE) -> IndexHandle:
    return IndexHandle(FaissLibrary(data_dir), identity, str(CHUNKING))


def best_sentence(generation: Generation, question: str) -> str:
    found = retrieve(generation, query_of(question, FakeEmbedder(), generation.sentence_words))
    row = int(found.sentences[found.sentence_score.argmax()])
    passage = generation.passages.passage(int(generation.passages.passage_of_sentence(row)))
    first = int(
        generation.passages.first_sentence[generation.passages.row(passage.document_id, passage.ordinal)]
    )
    return passage.sentences[row - first].text


def generations(data_dir: Path) -> list[str]:
    return sorted(path.name for path in (data_dir / "generations").iterdir())


def current_folder(data_dir: Path) -> Path:
    return data_dir / "generations" / (data_dir / "CURRENT").read_text().strip()


@pytest.fixture
def built(tmp_path: Path) -> Path:
    builder(tmp_path).run()
    return tmp_path


def test_a_reindex_answers_questions(built: Path) -> None:
    generation = handle(built).current()
    assert best_sentence(generation, "كم قلبًا للأخطبوط؟") == "يملك الأخطبوط ثلاثة قلوب وثماني أذرع."
    assert generation.manifest.status().documents == 3
    assert [record.id for record in generation.passages.documents] == [item.id for item in ARTICLES]


def test_nothing_changed_builds_nothing(built: Path) -> None:
    before = generations(built)
    embedder = FakeEmbedder()
    report = builder(built, embedder=embedder).run()
    assert not report.changed
    assert (report.embedded, embedder.embedded) == (0, [])
    assert generations(built) == before


def test_one_changed_document_embeds_only_its_new_texts(built: Path) -> None:
    more = "وفي عام 2023 عاد بعضها."
    embedder = FakeEmbedder()
    report = builder(built, (changed(ARTICLES[0], more), *ARTICLES[1:]), embedder).run()
    assert report.changed
    assert sorted(embedder.embedded) == sorted([more, f"{ARTICLES[0].text} {more}"])
    assert report.embedded == 2
    assert report.reused == report.passages + report.sentences - 2
    assert best_sentence(handle(built).current(), "ماذا حدث عام 2023؟") == more


def test_a_deleted_document_is_gone_and_nothing_is_embedded(built: Path) -> None:
    embedder = FakeEmbedder()
    report = builder(built, ARTICLES[1:], embedder).run()
    assert (report.documents, report.embedded, embedder.embedded) == (2, 0, [])
    generation = handle(built).current()
    assert "كازاخستان" not in best_sentence(generation, "متى بدأ تعدين البيتكوين في كازاخستان؟")
    assert generation.passages.row("bitcoin.md", 0) is None


def test_a_renamed_document_is_found_under_its_new_name(built: Path) -> None:
    renamed = replace(ARTICLES[0], id="renamed.md")
    embedder = FakeEmbedder()
    builder(built, (*ARTICLES[1:], renamed), embedder).run()
    passages = handle(built).current().passages
    assert embedder.embedded == []
    assert passages.row("bitcoin.md", 0) is None
    row = passages.row("renamed.md", 0)
    assert row is not None
    assert passages.passage(row).document_id == "renamed.md"
    assert passages.passage(row).text == ARTICLES[0].text


def test_a_reindex_after_a_change_equals_a_build_from_nothing(built: Path, tmp_path_factory) -> None:
    documents = (ARTICLES[2], changed(ARTICLES[0], "جملة أخيرة."), article("new.md", "خبر جديد تمامًا."))
    builder(built, documents).run()
    fresh = tmp_path_factory.mktemp("fresh")
    builder(fresh, documents).run()
    names = sorted(path.name for path in current_folder(fresh).iterdir())
    assert sorted(path.name for path in current_folder(built).iterdir()) == names
    for name in names:
        if name != "manifest.json":
            assert (current_folder(built) / name).read_bytes() == (current_folder(fresh) / name).read_bytes()


def test_two_generations_are_kept(built: Path) -> None:
    for number in range(4):
        before = (built / "CURRENT").read_text().strip()
        builder(built, (*ARTICLES, article("more.md", f"خبر رقم {number}."))).run()
        assert before in generations(built)
        assert len(generations(built)) == 2


def test_documents_without_sentences_are_kept_as_documents(tmp_path: Path) -> None:
    builder(tmp_path, (article("empty.md"), *ARTICLES, article("empty2.md"))).run()
    generation = handle(tmp_path).current()
    assert len(generation.passages.documents) == 5
    assert generation.passages.document_of(0).id == "bitcoin.md"
    assert generation.passages.document_of(2).id == "bread.md"


def test_no_passage_at_all_still_makes_an_index(tmp_path: Path) -> None:
    builder(tmp_path, (article("empty.md"),)).run()
    generation = handle(tmp_path).current()
    assert (
        len(retrieve(generation, query_of("سؤال", FakeEmbedder(), generation.sentence_words)).passages) == 0
    )


# What is damaged is never answered from.


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("sound")
    builder(data_dir).run()
    return data_dir


def file_names(data_dir: Path) -> list[str]:
    return sorted(path.name for path in current_folder(data_dir).iterdir())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_refused_by_name(sound: Path, data: st.DataObject) -> None:
    path = current_folder(sound) / data.draw(st.sampled_from(file_names(sound)))
    whole = path.read_bytes()
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    damaged = bytearray(whole)
    damaged[bit // 8] ^= 1 << (bit % 8)
    path.write_bytes(damaged)
    try:
        if path.name == "manifest.json" and not _manifest_means_something_else(sound):
            return
        with pytest.raises((IndexDamagedError, IndexMismatchError), match=r"rawi reindex"):
            handle(sound).current()
    finally:
        path.write_bytes(whole)


def _manifest_means_something_else(data_dir: Path) -> bool:
    """Tell whether the manifest is unreadable or says something that opening must notice.

    A flipped bit in the time of building or in the hash of the corpus changes no answer.
    """
    try:
        manifest = FaissLibrary(data_dir).manifest()
    except RawiError:
        return True
    unharmed = {"created_at", "corpus_hash", "documents", "store", "generation"}
    return manifest.model_dump(exclude=unharmed) != SOUND_MANIFEST[data_dir]


SOUND_MANIFEST: dict[Path, dict[str, object]] = {}


@pytest.fixture(autouse=True)
def _remember_manifest(request: pytest.FixtureRequest) -> None:
    if "sound" in request.fixturenames:
        data_dir = request.getfixturevalue("sound")
        unharmed = {"created_at", "corpus_hash", "documents", "store", "generation"}
        SOUND_MANIFEST.setdefault(data_dir, FaissLibrary(data_dir).manifest().model_dump(exclude=unharmed))


def test_any_truncated_or_missing_file_is_refused_by_name(sound: Path) -> None:
    for name in file_names(sound):
        path = current_folder(sound) / name
        whole = path.read_bytes()
        for kept in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:kept])
            with pytest.raises(IndexDamagedError, match=name):
                handle(sound).current()
        path.unlink()
        with pytest.raises(IndexDamagedError, match=name):
            handle(sound).current()
        path.write_bytes(whole)
    handle(sound).current()


def test_a_damaged_index_is_rebuilt_by_a_reindex(built: Path) -> None:
    path = current_folder(built) / "sentences.faiss"
    path.write_bytes(path.read_bytes()[:-4])
    report = builder(built).run()
    assert report.changed
    assert report.embedded == 0
    handle(built).current()


def test_a_header_that_claims_gigabytes_takes_none(built: Path) -> None:
    path = current_folder(built) / "sentences.faiss"
    data = bytearray(path.read_bytes())
    data[4:8] = (0x7FFFFFFF).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(IndexDamagedError, match="FAISS"):
        faiss_store.open_store(path.parent, "sentences")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("20200101T000000-abcdef\n", "is missing"),
        ("../../etc\n", "is missing"),
        ("\xff\xfe", "is not text"),
    ],
)
def test_a_pointer_to_nothing_is_refused(built: Path, text: str, message: str) -> None:
    (built / "CURRENT").write_bytes(text.encode("latin-1"))
    with pytest.raises(IndexDamagedError, match=message):
        handle(built).current()


def test_a_pointer_that_cannot_be_read_is_refused_and_leaves_the_old_one_answering(built: Path) -> None:
    answering = handle(built)
    before = answering.current()
    (built / "CURRENT").unlink()
    (built / "CURRENT").mkdir()
    with pytest.raises(IndexDamagedError, match=r"Is a directory.*rawi status"):
        handle(built).current()
    assert answering.current() is before


def test_before_the_first_reindex_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="rawi reindex"):
        handle(tmp_path).current()


@pytest.mark.parametrize(
    ("identity", "named"),
    [
        (EmbedderIdentity("other", "1", 64), "embedding model 'fake', expected 'other'"),
        (EmbedderIdentity("fake", "2", 64), "revision of the embedding model '1', expected '2'"),
        (EmbedderIdentity("fake", "1", 32), "embedding dimension 64, expected 32"),
    ],
)
def test_another_model_is_refused_by_name(built: Path, identity: EmbedderIdentity, named: str) -> None:
    with pytest.raises(IndexMismatchError, match=named):
        handle(built, identity).current()


def test_another_chunking_or_normaliser_is_refused_by_name(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(IndexMismatchError, match="chunking"):
        IndexHandle(FaissLibrary(built), FakeEmbedder().identity, str(Chunking(target_words=40))).current()
    monkeypatch.setattr("index.handle.NORMALISER_VERSION", "2")
    with pytest.raises(IndexMismatchError, match="normaliser '1', expected '2'"):
        handle(built).current()


def test_another_schema_is_refused_by_name(built: Path) -> None:
    path = current_folder(built) / "manifest.json"
    path.write_text(path.read_text().replace(f'"schema_version": {SCHEMA_VERSION}', '"schema_version": 1'))
    with pytest.raises(IndexMismatchError, match=f"schema 1, expected {SCHEMA_VERSION}"):
        handle(built).current()


def test_another_model_is_a_full_build(built: Path) -> None:
    embedder = FakeEmbedder(EmbedderIdentity("other", "1", 32))
    report = builder(built, embedder=embedder).run()
    assert (report.changed, report.reused) == (True, 0)
    handle(built, embedder.identity).current()


# What answers goes on answering.


def test_a_handle_switches_and_a_question_in_flight_keeps_its_generation(built: Path) -> None:
    answering = handle(built)
    in_flight = answering.current()
    for number in range(3):
        builder(built, (*ARTICLES, article("more.md", f"خبر عاجل رقم {number}."))).run()
    assert answering.current() is not in_flight
    assert best_sentence(answering.current(), "ما الخبر العاجل؟").startswith("خبر عاجل رقم 2")
    # Its files are pruned by now.
    assert in_flight.manifest.generation not in generations(built)
    assert best_sentence(in_flight, "كم قلبًا للأخطبوط؟") == "يملك الأخطبوط ثلاثة قلوب وثماني أذرع."


def test_a_damaged_new_generation_leaves_the_old_one_answering(
    built: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answering = handle(built)
    before = answering.current()
    builder(built, ARTICLES[:2]).run()
    (current_folder(built) / "passages.jsonl").write_bytes(b"")
    assert [answering.current() for _ in range(3)] == [before] * 3
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    builder(built, ARTICLES[:1]).run()
    assert answering.current().manifest.documents == 1


@pytest.mark.parametrize("pointer", [b"\xff\xfe", b"nothing\n", b"", None])
def test_a_pointer_lost_meanwhile_leaves_the_old_one_answering(built: Path, pointer: bytes | None) -> None:
    answering = handle(built)
    before = answering.current()
    if pointer is None:
        (built / "CURRENT").unlink()
    else:
        (built / "CURRENT").write_bytes(pointer)
    assert answering.current() is before


def test_an_index_of_another_model_built_meanwhile_leaves_the_old_one_answering(built: Path) -> None:
    answering = handle(built)
    before = answering.current()
    builder(built, embedder=FakeEmbedder(EmbedderIdentity("other", "1", 32))).run()
    assert answering.current() is before


def test_readers_see_whole_generations_while_reindexes_run(built: Path) -> None:
    answering = handle(built)
    stop, wrong, seen = threading.Event(), [], set()

    def read() -> None:
        while not stop.is_set():
            generation = answering.current()
            seen.add(generation.manifest.generation)
            number = generation.manifest.documents - len(ARTICLES)
            expected = f"خبر عاجل رقم {number}." if number else "كم"
            if number and best_sentence(generation, f"خبر عاجل رقم {number}") != expected:
                wrong.append(generation.manifest.generation)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for count in range(1, 6):
        more = [article(f"{number}.md", f"خبر عاجل رقم {number}.") for number in range(1, count + 1)]
        builder(built, (*ARTICLES, *more)).run()
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert len(seen) > 1


# One run at a time, and a run that dies leaves nothing half done.


def test_a_second_reindex_is_told_that_one_is_under_way(built: Path) -> None:
    with FaissLibrary(built).lock(), pytest.raises(IndexBusyError, match="another reindex is under way"):
        builder(built).run()
    builder(built).run()


REINDEX = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.fakes import *
from knowledge.passages import Chunking
from index.builder import Builder
from index.faiss_library import FaissLibrary
from index.generations import Generations
data_dir = Path({data_dir!r})
documents = (*ARTICLES, *(article(f"{{n}}.md", f"خبر رقم {{n}}.") for n in range(200)))
{before}
def progress(stage, done, total):
    print(stage, done, total, flush=True)
    {during}
embedder = FakeEmbedder(seconds_a_text={pause})
Builder(data_dir, fixed(documents), embedder, FaissLibrary(data_dir), Chunking()).run(progress)
print("finished", flush=True)
"""


def child(data_dir: Path, *, before: str = "", during: str = "", pause: float = 0.0) -> subprocess.Popen[str]:
    code = REINDEX.format(root=str(ROOT), data_dir=str(data_dir), before=before, during=during, pause=pause)
    # A limit on the size of files must not meet the file that pytest captures the standard error in.
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


DIE = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
AFTER_RENAME = f"""
import index.generations
def write_atomically(path, text):
    {DIE}
index.generations.write_atomically = write_atomically
"""
BEFORE_RENAME = f"""
def publish(self, unfinished, name):
    {DIE}
Generations.publish = publish
"""
IN_PRUNING = f"""
def prune(self, name, before):
    {DIE}
Generations._prune = prune
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "instant", ["split", "embed", "words", "write", "verify", "publish", "pointer", "prune"]
)
def test_a_run_killed_at_any_instant_leaves_the_old_index_answering(built: Path, instant: str) -> None:
    answering = handle(built)
    old = answering.current()
    before = {"publish": BEFORE_RENAME, "pointer": AFTER_RENAME, "prune": IN_PRUNING}.get(instant, "")
    during = f"if stage == {instant!r}: {DIE}"
    with child(built, before=before, during=during) as process:
        assert process.wait(60) == -signal.SIGKILL
    now = handle(built).current()
    if instant == "prune":
        assert now.manifest.documents == 203
    else:
        assert now.manifest.generation == old.manifest.generation
        assert answering.current() is old
    # The lock died with its holder, and the next run clears what was left.
    report = builder(built, ARTICLES[:1]).run()
    assert report.changed
    assert len(generations(built)) == 2
    assert not list((built / "generations").glob("*.building"))


@pytest.mark.slow
def test_what_a_killed_run_embedded_is_not_embedded_again(tmp_path: Path) -> None:
    with child(tmp_path, pause=0.002) as process:
        assert process.stdout is not None
        for line in process.stdout:
            stage, done, *_ = line.split()
            if stage == "embed" and int(done) >= 128:
                os.kill(process.pid, signal.SIGKILL)
                break
    documents = (*ARTICLES, *(article(f"{n}.md", f"خبر رقم {n}.") for n in range(200)))
    report = builder(tmp_path, documents).run()
    assert report.embedded <= 212 - 128


@pytest.mark.slow
def test_two_processes_cannot_reindex_at_once(built: Path) -> None:
    with child(built, pause=0.005) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(IndexBusyError):
            builder(built).run()
        assert "finished" in process.stdout.read()
    assert handle(built).current().manifest.documents == 203


# Where nothing can be written.


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(RawiError, match=r"data could not be written .* rawi reindex"):
        builder(tmp_path / "data").run()


def test_a_data_folder_that_takes_no_files_is_named() -> None:
    with pytest.raises(RawiError, match=r"/proc/rawi could not be written"):
        builder(Path("/proc/rawi")).run()


@pytest.mark.parametrize("name", ["generations", "vectors"])
def test_a_file_in_place_of_a_folder_is_named(built: Path, name: str) -> None:
    answering = handle(built)
    before = answering.current()
    shutil.rmtree(built / name)
    (built / name).write_text("")
    with pytest.raises(RawiError, match="could not be written"):
        builder(built, ARTICLES[:1]).run()
    assert answering.current() is before


@pytest.mark.slow
@pytest.mark.parametrize("limit", [2_000, 20_000, 60_000])
def test_a_full_disk_leaves_the_old_index_answering(built: Path, limit: int) -> None:
    generation = handle(built).current().manifest.generation
    code = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
"""
    with child(built, before=code) as process:
        assert process.stdout is not None
        assert "finished" not in process.stdout.read()
    assert process.returncode == 1
    assert handle(built).current().manifest.generation == generation
    assert generations(built) == [generation]


def test_a_damaged_vector_cache_is_made_again(built: Path) -> None:
    (path,) = (built / "vectors").glob("*.sqlite")
    size = path.stat().st_size
    for damage in (b"not a database" * 1000, os.urandom(size)):
        path.write_bytes(damage)
        embedder = FakeEmbedder()
        report = builder(built, (article("new.md", "خبر جديد."),), embedder).run()
        assert report.embedded > 0
        report = builder(built, ARTICLES).run()
        handle(built).current()


def test_a_damaged_vector_in_the_cache_is_embedded_again(built: Path) -> None:
    import sqlite3

    (path,) = (built / "vectors").glob("*.sqlite")
    with sqlite3.connect(path) as database:
        (key, blob) = database.execute("SELECT key, vector FROM vectors LIMIT 1").fetchone()
        database.execute(
            "UPDATE vectors SET vector = ? WHERE key = ?", (bytes([blob[0] ^ 1]) + blob[1:], key)
        )
    database.close()
    embedder = FakeEmbedder()
    builder(built, ARTICLES[::-1], embedder).run()
    assert len(embedder.embedded) == 1
