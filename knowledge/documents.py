"""Find and read the articles of a folder: `.txt` and `.md`, in its subfolders too.

Hidden files and folders, and `SOURCES.md` and `README.md`, are no articles. A file that cannot be used is
reported and does not keep the others from being read.
"""

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from knowledge.cleaning import clean, unwrap
from knowledge.decoding import decode
from knowledge.errors import KnowledgeError
from knowledge.front_matter import split_front_matter
from knowledge.markdown import first_heading, to_text
from knowledge.types import Document

SUFFIXES = (".txt", ".md")
NOT_ARTICLES = ("sources.md", "readme.md")
MAX_BYTES = 20_000_000
_MAX_TITLE = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder held."""

    documents: tuple[Document, ...]
    """Ordered by id."""
    problems: tuple[str, ...]
    """One line for each file or folder that could not be used, and why."""
    notes: tuple[str, ...]
    """One line for each thing worth knowing, such as an encoding that was assumed."""


@dataclass(slots=True)
class _Report:
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def read_folder(folder: Path, *, max_bytes: int = MAX_BYTES) -> Reading:
    """Read every article under `folder`.

    Raises `KnowledgeError` where the folder is missing or is none, or holds no article that can be used.
    """
    if not folder.is_dir():
        found = "is a file" if folder.exists() else "does not exist"
        raise KnowledgeError(
            f"the articles folder {folder} {found}; expected a folder of .txt and .md files: "
            f"mkdir -p '{folder}', or set RAWI_ARTICLES_DIR"
        )
    report = _Report()
    documents = []
    for path in sorted(_find(folder, report), key=lambda path: _id(folder, path)):
        try:
            documents.append(_read(path, _id(folder, path), max_bytes, report))
        except KnowledgeError as error:
            report.problems.append(f"{_shown(_id(folder, path))}: {error}")
        except OSError as error:
            report.problems.append(f"{_shown(_id(folder, path))}: cannot be read: {error.strerror or error}")
    if report.ignored:
        report.notes.append(f"left out, neither .txt nor .md: {_some(sorted(report.ignored))}")
    if not documents:
        raise KnowledgeError(_nothing_found(folder, report))
    return Reading(_with_distinct_titles(documents), tuple(report.problems), tuple(report.notes))


def _nothing_found(folder: Path, report: _Report) -> str:
    found = "; ".join([*report.problems[:5], *report.notes[-1:]]) or "it is empty"
    more = f"; and {len(report.problems) - 5} more" if len(report.problems) > 5 else ""
    return (
        f"no article to read in {folder} ({found}{more}); expected at least one .txt or .md file with text: "
        f"cp ARTICLE.md '{folder}', or set RAWI_ARTICLES_DIR; then rawi reindex"
    )


def _find(folder: Path, report: _Report) -> Iterator[Path]:
    """The paths of the article files; a folder reached twice (links, loops) is entered once."""
    seen: set[str] = set()

    def refuse(error: OSError) -> None:
        report.problems.append(f"{_shown(str(error.filename))}: cannot be opened: {error.strerror}")

    for here, folders, files in os.walk(folder, followlinks=True, onerror=refuse):
        if (real := os.path.realpath(here)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.startswith(".") or name.lower() in NOT_ARTICLES:
                continue
            if name.lower().endswith(SUFFIXES):
                yield Path(here, name)
            else:
                report.ignored.append(_shown(name))


def _read(path: Path, document_id: str, max_bytes: int, report: _Report) -> Document:
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in document_id):
        raise KnowledgeError("its name holds characters that cannot be shown; rename the file")
    if not path.is_file():
        raise KnowledgeError("is a broken link" if path.is_symlink() else "not a plain file")
    size = path.stat().st_size
    if size > max_bytes:
        raise KnowledgeError(
            f"{size:,} bytes, the limit is {max_bytes:,}; split the file or raise RAWI_MAX_ARTICLE_BYTES"
        )
    if not (data := path.read_bytes()).strip():
        raise KnowledgeError("empty")
    raw, encoding = decode(data)
    if encoding == "utf-8 (damaged)":
        report.notes.append(f"{document_id}: not all of it is UTF-8; the damaged characters were left out")
    elif encoding != "utf-8":
        report.notes.append(f"{document_id}: read as {encoding.capitalize()}")
    document = parse(raw, document_id, path=str(path), encoding=encoding)
    if not any(character.isalpha() for character in document.text):
        raise KnowledgeError("no letters in it")
    return document


def parse(raw: str, document_id: str, *, path: str = "", encoding: str = "utf-8") -> Document:
    """The document that `raw` is, cleaned; read as Markdown where the id ends in `.md`."""
    matter, body = split_front_matter(raw.replace("\r\n", "\n").replace("\r", "\n"))
    is_markdown = document_id.lower().endswith(".md")
    text = clean(to_text(body)) if is_markdown else unwrap(clean(body))
    title = (
        _line(matter.title)
        or (_line(first_heading(body)) if is_markdown else "")
        or _line(PurePosixPath(document_id).stem)
        or document_id
    )
    return Document(
        id=document_id,
        title=title[:_MAX_TITLE],
        text=text,
        source=_line(matter.source),
        path=path,
        content_hash=_hash(title[:_MAX_TITLE], text),
        language=_line(matter.language) or "ar",
        questions=tuple(line for question in matter.questions if (line := _line(question))),
        encoding=encoding,
    )


def _with_distinct_titles(documents: list[Document]) -> tuple[Document, ...]:
    """Give documents of the same title their paths to be told apart by."""
    counts = Counter(document.title for document in documents)
    return tuple(
        _retitled(document, f"{document.title} ({document.id})") if counts[document.title] > 1 else document
        for document in documents
    )


def _retitled(document: Document, title: str) -> Document:
    return replace(document, title=title, content_hash=_hash(title, document.text))


def _hash(title: str, text: str) -> str:
    return hashlib.sha256(f"{title}\0{text}".encode()).hexdigest()


def _line(text: str) -> str:
    return " ".join(clean(text).split())


def _id(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _shown(name: str) -> str:
    """A file name fit for one line of a terminal or a log."""
    return "".join(
        repr(character)[1:-1] if unicodedata.category(character) in ("Cc", "Cs") else character
        for character in name
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
