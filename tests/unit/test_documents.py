import hashlib
import os
from pathlib import Path

import pytest

import knowledge
from knowledge.documents import Reading, parse, read_folder
from knowledge.errors import KnowledgeError
from knowledge.sentences import split_sentences

ARTICLES = Path(knowledge.__file__).parent / "articles"
ARABIC = "كانت كازاخستان من الوجهات الأكثر جذبا. ثم تغيرت الأوضاع في عام 2021!\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00" + bytes(range(256)) * 4


def read(folder: Path, **files: bytes) -> Reading:
    """Write `name_txt=…` as `name.txt` and read the folder."""
    for name, data in files.items():
        (folder / name.replace("_", ".")).write_bytes(data)
    return read_folder(folder)


def test_reads_text_and_markdown_in_stable_order(tmp_path: Path) -> None:
    (tmp_path / "b/c").mkdir(parents=True)
    (tmp_path / "b/c/two.MD").write_text("# عنوان\n\nنص ثان.", "utf-8")
    (tmp_path / "z.txt").write_text("نص ثالث.", "utf-8")
    (tmp_path / "a.md").write_text("نص أول.", "utf-8")
    reading = read_folder(tmp_path)
    assert [document.id for document in reading.documents] == ["a.md", "b/c/two.MD", "z.txt"]
    assert [document.title for document in reading.documents] == ["a", "عنوان", "z"]
    assert reading.documents[1].path == str(tmp_path / "b/c/two.MD")
    assert (reading.problems, reading.notes) == ((), ())


def test_front_matter_fills_the_document(tmp_path: Path) -> None:
    head = "---\r\ntitle: عنوان\r\nlanguage: fa\r\nsource: https://e.org\r\nquestions:\r\n  - متى؟\r\n---\r\n"
    (document,) = read(tmp_path, a_md=f"\ufeff{head}# آخر\r\n\r\nنص.".encode()).documents
    assert (document.title, document.language, document.source) == ("عنوان", "fa", "https://e.org")
    assert document.questions == ("متى؟",)
    assert document.text == "آخر\n\nنص."
    assert document.content_hash == hashlib.sha256("عنوان\0آخر\n\nنص.".encode()).hexdigest()


def test_without_front_matter_the_language_is_arabic_and_the_rest_empty() -> None:
    document = parse("نص", "a.txt")
    assert (document.language, document.source, document.questions, document.encoding) == (
        "ar",
        "",
        (),
        "utf-8",
    )


def test_markup_is_kept_in_plain_text() -> None:
    assert parse("# ليس *عنوانا*", "a.txt").text == "# ليس *عنوانا*"
    assert parse("# عنوان *مائل*", "a.md").text == "عنوان مائل"


def test_content_hash_follows_title_and_text_only() -> None:
    first = parse("---\ntitle: أ\nsource: س\n---\nنص", "a.md")
    assert parse("---\ntitle: أ\nsource: ص\n---\nنص \u200f\n", "b.md").content_hash == first.content_hash
    assert parse("---\ntitle: ب\n---\nنص", "a.md").content_hash != first.content_hash
    assert parse("---\ntitle: أ\n---\nنص.", "a.md").content_hash != first.content_hash


def test_a_title_is_one_clean_line_of_bounded_length() -> None:
    assert parse("# أ\u202eب &nbsp; ج\n\nنص", "a.md").title == "أب ج"
    assert len(parse("# " + "أ" * 5000, "a.md").title) == 200
    assert parse("نص", "التالي.txt").title == "التالي.txt"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (ARABIC.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + ARABIC.encode(), "utf-8"),
        (ARABIC.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + ARABIC.encode("utf-16-be"), "utf-16"),
        (ARABIC.encode("utf-16-le"), "utf-16-le"),
        (ARABIC.encode("utf-16-be"), "utf-16-be"),
        (ARABIC.encode("utf-32"), "utf-32"),
        (ARABIC.encode("cp1256"), "windows-1256"),
        (ARABIC.replace("\n", "\r\n").encode("cp1256"), "windows-1256"),
    ],
)
def test_encodings(tmp_path: Path, data: bytes, encoding: str) -> None:
    reading = read(tmp_path, a_txt=data)
    (document,) = reading.documents
    assert (document.text, document.encoding) == (ARABIC.strip(), encoding)
    expected = () if encoding == "utf-8" else (f"a.txt: read as {encoding.capitalize()}",)
    assert reading.notes == expected


def test_utf8_cut_in_the_middle_of_a_letter_is_not_taken_for_windows_1256(tmp_path: Path) -> None:
    reading = read(tmp_path, a_txt=ARABIC.strip().encode() + "م".encode()[:1])
    assert reading.documents[0].text == ARABIC.strip()
    assert "damaged" in reading.notes[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (PNG, "binary, not text"),
        (os.urandom(4096), "binary, not text"),
        (b"\x00" * 100, "binary, not text"),
        (b"\xff\xfe\x00\xd8\x00", "damaged: begins as UTF-16"),
        ("Où êtes-vous passés, François ?".encode("cp1252"), "neither UTF-8, UTF-16 nor Arabic"),
        ("Привет, как дела сегодня?".encode("cp1251"), "neither UTF-8, UTF-16 nor Arabic"),
        (ARABIC.encode("iso8859-6"), "neither UTF-8, UTF-16 nor Arabic"),
        ("1234 … !!\n".encode(), "no letters"),
        ("\u200b\u200f".encode(), "no letters"),
        ("---\ntitle: أ\n---\n".encode(), "no letters"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_the_others_go_on(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    reading = read(tmp_path, bad_md=data, good_txt=ARABIC.encode())
    assert [document.id for document in reading.documents] == ["good.txt"]
    (problem,) = reading.problems
    assert problem.startswith(f"bad.md: {reason}")
    assert "\n" not in problem


def test_a_file_too_large_names_size_and_setting(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"a " * 600)
    (tmp_path / "small.txt").write_bytes(b"a " * 500)
    reading = read_folder(tmp_path, max_bytes=1000)
    assert [document.id for document in reading.documents] == ["small.txt"]
    assert reading.problems == (
        "big.txt: 1,200 bytes, the limit is 1,000; split the file or raise RAWI_MAX_ARTICLE_BYTES",
    )


def test_links_pipes_and_names_that_cannot_be_shown(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/loop").symlink_to(folder)
    (folder / "gone.md").symlink_to(tmp_path / "nowhere")
    (tmp_path / "outside.md").write_text("نص خارجي.", "utf-8")
    (folder / "linked.md").symlink_to(tmp_path / "outside.md")
    os.mkfifo(folder / "pipe.txt")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text("نص", "utf-8")
    (folder / "two\nlines.txt").write_text("نص", "utf-8")
    reading = read_folder(folder)
    assert [document.id for document in reading.documents] == ["linked.md"]
    assert reading.problems == (
        "gone.md: is a broken link",
        "pipe.txt: not a plain file",
        "two\\nlines.txt: its name holds characters that cannot be shown; rename the file",
        "\\udcff.txt: its name holds characters that cannot be shown; rename the file",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_that_may_not_be_opened(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "a.txt").write_text("نص", "utf-8")
    (tmp_path / "secret.txt").touch(mode=0)
    reading = read_folder(tmp_path)
    assert [problem.split(": ")[1] for problem in reading.problems] == ["cannot be opened", "cannot be read"]


def test_what_is_no_article_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for name in (".git/a.md", ".b.md", "SOURCES.md", "readme.md", "note.docx", "a.md"):
        (tmp_path / name).write_text("نص", "utf-8")
    reading = read_folder(tmp_path)
    assert [document.id for document in reading.documents] == ["a.md"]
    assert reading.problems == ()
    assert reading.notes == ("left out, neither .txt nor .md: note.docx",)


def test_documents_of_one_title_are_told_apart_by_their_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.md", "sub/a.md"):
        (tmp_path / name).write_text("# عنوان\n\nنص.", "utf-8")
    first, second = read_folder(tmp_path).documents
    assert [first.title, second.title] == ["عنوان (a.md)", "عنوان (sub/a.md)"]
    assert first.content_hash == hashlib.sha256(f"{first.title}\0{first.text}".encode()).hexdigest()


def test_folders_that_hold_nothing_to_read_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/a.pdf").touch()
    (tmp_path / "bad").mkdir()
    for number in range(7):
        (tmp_path / f"bad/{number}.md").touch()
    for name, found in {
        "missing": "does not exist; expected a folder",
        "file": "is a file; expected a folder",
        "empty": "it is empty",
        "other": "left out, neither .txt nor .md: a.pdf",
        "bad": "0.md: empty; 1.md: empty; 2.md: empty; 3.md: empty; 4.md: empty; and 2 more",
    }.items():
        with pytest.raises(KnowledgeError) as refused:
            read_folder(tmp_path / name)
        message = str(refused.value)
        assert found in message
        assert str(tmp_path / name) in message
        assert "RAWI_ARTICLES_DIR" in message
        assert "\n" not in message


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    assert read_folder(ARTICLES) == read_folder(ARTICLES)


def test_the_first_article() -> None:
    reading = read_folder(ARTICLES)
    assert (reading.problems, reading.notes) == ((), ())
    document = next(found for found in reading.documents if found.id == "kazakhstan-bitcoin.md")
    source = Path(document.path).read_text("utf-8")
    assert source.rstrip().endswith("إشراقاً.。\nالخطوة التالية")
    assert document.text.endswith("لمستقبل أكثر إشراقاً.")
    assert "المست مثرين" in document.text
    assert len(document.questions) == 4
    assert document.source
    assert len(split_sentences(document.text)) == 32


def test_every_article_is_listed_with_its_source() -> None:
    listed = (ARTICLES / "SOURCES.md").read_text("utf-8")
    assert all(f"`{document.id}`" in listed for document in read_folder(ARTICLES).documents)
