"""Documents and passages of a generation, on disk: opened unread, one passage decoded at a time."""

import json
import mmap
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import arrays
from index.protocols import DocumentRecord
from knowledge.types import Document, Passage, Sentence

_DOCUMENTS = "documents.json"
_PASSAGES = "passages.jsonl"
_OFFSETS = "passages.offsets.npy"
_SENTENCES = "passages.sentences.npy"


class PassageWriter:
    """Writes the files that `PassageFile` opens, one document after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._records: list[DocumentRecord] = []
        self._offsets = [0]
        self._first_sentence = [0]
        self._file = (folder / _PASSAGES).open("wb")

    def __enter__(self) -> "PassageWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, document: Document, passages: Sequence[Passage]) -> None:
        """Write a document and its passages."""
        self._record(document, len(passages))
        for passage in passages:
            places = [[sentence.start, sentence.end] for sentence in passage.sentences]
            line = [passage.ordinal, passage.start, passage.text, places]
            self._write(json.dumps(line, ensure_ascii=False).encode() + b"\n", len(places))

    def copy(self, document: Document, source: "PassageFile", record: DocumentRecord) -> None:
        """Write a document whose passages stand in another generation, cut from the same text."""
        self._record(document, record.passages)
        for row in range(record.first_passage, record.first_passage + record.passages):
            sentences = int(source.first_sentence[row + 1] - source.first_sentence[row])
            self._write(source.line(row), sentences)

    def finish(self) -> None:
        """Write what tells the passages apart; nothing can be added afterwards."""
        self._file.close()
        for name, numbers in ((_OFFSETS, self._offsets), (_SENTENCES, self._first_sentence)):
            np.save(self._folder / name, np.array(numbers, dtype=np.int64), allow_pickle=False)
        records = [asdict(record) for record in self._records]
        (self._folder / _DOCUMENTS).write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")

    def _record(self, document: Document, passages: int) -> None:
        self._records.append(
            DocumentRecord(
                id=document.id,
                title=document.title,
                source=document.source,
                content_hash=document.content_hash,
                questions=document.questions,
                first_passage=len(self._offsets) - 1,
                passages=passages,
            )
        )

    def _write(self, line: bytes, sentences: int) -> None:
        self._file.write(line)
        self._offsets.append(self._offsets[-1] + len(line))
        self._first_sentence.append(self._first_sentence[-1] + sentences)


class PassageFile:
    """The passages of one generation by row; a sentence row belongs to exactly one of them."""

    def __init__(self, folder: Path) -> None:
        self.documents = tuple(
            DocumentRecord(**{**record, "questions": tuple(record["questions"])})
            for record in json.loads((folder / _DOCUMENTS).read_text(encoding="utf-8"))
        )
        self._row_of = {document.id: row for row, document in enumerate(self.documents)}
        self._offsets: NDArray[np.int64] = arrays.opened(folder / _OFFSETS)
        self.first_sentence: NDArray[np.int64] = arrays.opened(folder / _SENTENCES)
        with (folder / _PASSAGES).open("rb") as file:
            # An empty file cannot be mapped.
            empty = (folder / _PASSAGES).stat().st_size == 0
            self._lines = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # Readers ask for the same ones again and again.
        self.passage = lru_cache(maxsize=1024)(self._passage)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @property
    def sentences(self) -> int:
        """The number of sentences."""
        return int(self.first_sentence[-1])

    def line(self, row: int) -> bytes:
        """Return the passage in `row` as it is written."""
        return self._lines[int(self._offsets[row]) : int(self._offsets[row + 1])]

    def _passage(self, row: int) -> Passage:
        """Return the passage in `row`."""
        return passage_of(self.line(row), self.document_of(row))

    def passage_texts(self) -> Iterator[str]:
        """Yield the text of every passage."""
        for row in range(len(self)):
            text: str = json.loads(self.line(row))[2]
            yield text

    def sentences_of_passages(self) -> Iterator[list[str]]:
        """Yield the texts of every passage's sentences."""
        for row in range(len(self)):
            _, start, text, places = json.loads(self.line(row))
            yield [text[first - start : end - start] for first, end in places]

    def sentence_texts(self) -> Iterator[str]:
        """Yield the text of every sentence."""
        return chain.from_iterable(self.sentences_of_passages())

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


def passage_of(line: bytes | str, document: DocumentRecord) -> Passage:
    """Return the passage that `line`, as it is written, says."""
    ordinal, start, text, places = json.loads(line)
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
