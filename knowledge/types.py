"""The values that travel between the rooms. Offsets are code points into `Document.text`, end exclusive."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """One article, cleaned; `text` is what offsets point into and what readers are shown slices of."""

    id: str
    """The article's path relative to the articles folder, with forward slashes."""
    title: str
    text: str
    source: str
    """Where the article was published, as its front matter says (a URL or a name); may be empty."""
    path: str
    """The file on disk."""
    content_hash: str
    """SHA-256 of title and text."""
    language: str = "ar"
    questions: tuple[str, ...] = ()
    """Questions that the publisher suggests to readers."""
    encoding: str = "utf-8"
    """How the file was read; anything but "utf-8" was assumed."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence; `text == document.text[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive whole sentences of one document; `text == document.text[start:end]`."""

    id: str
    """`{document_id}#{ordinal}`."""
    document_id: str
    title: str
    ordinal: int
    text: str
    start: int
    end: int
    sentences: tuple[Sentence, ...]
