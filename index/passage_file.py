"""Documents and passages of a generation, on disk: opened without reading them, one passage decoded at a time."""

import json
import mmap
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.types import Document, Passage, Sentence

_DOCUMENTS = "documents.json"
_PASSAGES = "passages.jsonl"


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """What is kept of a document beside its passages."""

    id: str
    title: str
    source: str
    content_hash: str
    questions: tuple[str, ...]
    first_passage: int
    passages: int


def write_passages(folder: Path, documents: Sequence[Document], passages: Sequence[Sequence[Passage]]) -> None:
    """Write the documents and, in the same order, the passages of each."""
    records, offsets, first_sentence = [], [0], [0]
    with (folder / _PASSAGES).open("wb") as file:
        for row, (document, own) in enumerate(zip(documents, passages, strict=True)):
            records.append(
                {
                    "id": document.id,
                    "title": document.title,
                    "source": document.source,
                    "content_hash": document.content_hash,
                    "questions": document.questions,
                    "first_passage": len(offsets) - 1,
                    "passages": len(own),
                }
            )
            for passage in own:
                places = [[sentence.start, sentence.end] for sentence in passage.sentences]
                line = [row, passage.ordinal, passage.start, passage.text, places]
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                offsets.append(file.tell())
                first_sentence.append(first_sentence[-1] + len(places))
    np.save(folder / "passages.offsets.npy", np.array(offsets, dtype=np.int64), allow_pickle=False)
    np.save(folder / "passages.sentences.npy", np.array(first_sentence, dtype=np.int64), allow_pickle=False)
    (folder / _DOCUMENTS).write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")


class PassageFile:
    """The passages of one generation by row; a sentence row belongs to exactly one of them."""

    def __init__(self, folder: Path) -> None:
        self.documents = tuple(
            DocumentRecord(**{**record, "questions": tuple(record["questions"])})
            for record in json.loads((folder / _DOCUMENTS).read_text(encoding="utf-8"))
        )
        self._row_of = {document.id: row for row, document in enumerate(self.documents)}
        self._offsets: NDArray[np.int64] = np.load(
            folder / "passages.offsets.npy", mmap_mode="r", allow_pickle=False
        )
        self.first_sentence: NDArray[np.int64] = np.load(folder / "passages.sentences.npy", allow_pickle=False)
        with (folder / _PASSAGES).open("rb") as file:
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @property
    def sentences(self) -> int:
        """The number of sentences."""
        return int(self.first_sentence[-1])

    def passage(self, row: int) -> Passage:
        """Return the passage in `row`."""
        line = self._lines[int(self._offsets[row]) : int(self._offsets[row + 1])]
        document_row, ordinal, start, text, places = json.loads(line)
        document = self.documents[document_row]
        return Passage(
            id=f"{document.id}#{ordinal}",
            document_id=document.id,
            title=document.title,
            ordinal=ordinal,
            text=text,
            start=start,
            end=start + len(text),
            sentences=tuple(Sentence(text[a - start : b - start], a, b) for a, b in places),
        )

    def row(self, document_id: str, ordinal: int) -> int | None:
        """Return the row of a document's passage, or None when there is none."""
        position = self._row_of.get(document_id)
        if position is None:
            return None
        document = self.documents[position]
        return document.first_passage + ordinal if 0 <= ordinal < document.passages else None

    def sentence_number(self, row: int, index: int) -> int:
        """Return which sentence of its document, from 1, the `index`-th sentence of a passage is."""
        first_passage = self.document_of(row).first_passage
        return int(self.first_sentence[row] - self.first_sentence[first_passage]) + index + 1

    def document_of(self, row: int) -> DocumentRecord:
        """Return the document that the passage in `row` belongs to."""
        return self.documents[bisect_right(self.documents, row, key=lambda item: item.first_passage) - 1]

    def passage_of_sentence(self, rows: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Return the passage row of each sentence row, in the shape of `rows`."""
        return np.asarray(np.searchsorted(self.first_sentence, rows, side="right") - 1)
