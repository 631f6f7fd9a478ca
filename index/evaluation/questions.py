"""Question files: SQuAD `.json` with its own documents, and `.jsonl` of questions on the current articles."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, ValidationError, model_validator

from index.errors import EvaluationError
from knowledge.documents import parse
from knowledge.types import Document

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[Text, Field(coerce_numbers_to_str=True)]


@dataclass(frozen=True, slots=True)
class Question:
    """One question and what a right answer must contain."""

    id: str
    text: str
    kind: str
    language: str
    answerable: bool
    expected: tuple[str, ...]
    """Evidence sentences or gold answers, any one of which will do; empty for an unanswerable question."""
    document_id: str = ""
    """The document that holds the answer, for a SQuAD file."""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of one file, in its order."""

    name: str
    questions: tuple[Question, ...]
    documents: tuple[Document, ...] = ()
    """What the questions of a SQuAD file are asked on; empty: the current articles."""

    @property
    def is_squad(self) -> bool:
        """Whether the file brings its own documents."""
        return bool(self.documents)


class _Line(BaseModel):
    id: Id
    question: Text
    answerable: bool
    evidence: list[Text] = []
    kind: Text = "question"
    language: Text = "ar"
    answer: str | None = ""

    @model_validator(mode="after")
    def _evidence_where_answerable(self) -> "_Line":
        if self.answerable and not self.evidence:
            raise ValueError("evidence is empty though answerable is true; expected at least one sentence")
        return self


class _GoldAnswer(BaseModel):
    text: Text


class _SquadQuestion(BaseModel):
    id: Id
    question: Text
    answers: list[_GoldAnswer]
    is_impossible: bool = False

    @model_validator(mode="after")
    def _answers_where_possible(self) -> "_SquadQuestion":
        if not self.is_impossible and not self.answers:
            raise ValueError("answers is empty; expected an answer, or is_impossible: true")
        return self


class _Paragraph(BaseModel):
    context: Text
    qas: list[_SquadQuestion]


class _Article(BaseModel):
    paragraphs: list[_Paragraph]


class _Squad(BaseModel):
    data: Annotated[list[_Article], Field(min_length=1)]


def read_questions(path: Path) -> QuestionSet:
    """Read a question file: `.json` as SQuAD, `.jsonl` as one question a line.

    Raises EvaluationError naming the line and the field (or the place in the JSON) that cannot be used.
    """
    readers: dict[str, Callable[[Path, str], QuestionSet]] = {".json": _read_squad, ".jsonl": _read_lines}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise EvaluationError(
            f"{path} ends in {path.suffix or 'nothing'!r}; expected a SQuAD file named .json "
            f"or questions, one JSON object a line, named .jsonl: mv '{path}' '{path.with_suffix('.jsonl')}'"
        )
    questions = reader(path, read_text(path))
    if not questions.questions:
        raise EvaluationError(f"{path} holds no question; expected at least one, see README: rawi evaluate")
    return questions


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file; raises EvaluationError where it cannot be read or is empty."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise EvaluationError(
            f"{path} does not exist; expected a question file: ls '{path.parent}'"
        ) from None
    except UnicodeDecodeError as error:
        raise EvaluationError(
            f"{path} is not UTF-8 (byte {error.start}): iconv -f WINDOWS-1256 -t UTF-8 '{path}'"
        ) from None
    except OSError as error:
        raise EvaluationError(
            f"{path} cannot be read: {error.strerror or error}; expected a file: ls -l '{path}'"
        ) from None
    if not text.strip():
        raise EvaluationError(f"{path} is empty; expected JSON, see README: rawi evaluate")
    return text


def _read_lines(path: Path, text: str) -> QuestionSet:
    questions: list[Question] = []
    lines: dict[str, int] = {}
    # Not splitlines: JSON strings may hold U+2028 and its like unescaped.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            read = _Line.model_validate_json(line)
        except ValidationError as error:
            raise EvaluationError(f"{path}, line {number}: {describe(error)}") from None
        if read.id in lines:
            raise EvaluationError(
                f"{path}, line {number}: id {read.id!r} stands on line {lines[read.id]} too; "
                f"expected every id once: sed -n '{lines[read.id]}p;{number}p' '{path}'"
            )
        lines[read.id] = number
        evidence = tuple(read.evidence) if read.answerable else ()
        questions.append(
            Question(read.id, read.question, read.kind, read.language, read.answerable, evidence)
        )
    return QuestionSet(path.name, tuple(questions))


def _read_squad(path: Path, text: str) -> QuestionSet:
    try:
        squad = _Squad.model_validate_json(text)
    except ValidationError as error:
        hint = "; for one question a line name the file .jsonl" if '"question"' in text[:2000] else ""
        raise EvaluationError(f"{path}: {describe(error)}, as in SQuAD files{hint}") from None
    paragraphs = [paragraph for article in squad.data for paragraph in article.paragraphs]
    documents = _documents(path, [paragraph.context for paragraph in paragraphs])
    questions = tuple(
        _squad_question(asked, documents[paragraph.context].id)
        for paragraph in paragraphs
        for asked in paragraph.qas
    )
    _refuse_duplicates(path, (question.id for question in questions))
    return QuestionSet(path.name, questions, tuple(documents.values()))


def _documents(path: Path, contexts: Iterable[str]) -> dict[str, Document]:
    """One document for each different context, cleaned as an article file would be."""
    documents: dict[str, Document] = {}
    for context in contexts:
        if context not in documents:
            document = parse(context, f"{len(documents) + 1:04}.txt")
            if not any(character.isalpha() for character in document.text):
                raise EvaluationError(
                    f"{path}: a context holds no letters ({context[:40]!r}); expected text to answer from"
                )
            documents[context] = document
    return documents


def _squad_question(asked: _SquadQuestion, document_id: str) -> Question:
    kind = "impossible" if asked.is_impossible else "answerable"
    expected = () if asked.is_impossible else tuple(dict.fromkeys(answer.text for answer in asked.answers))
    return Question(asked.id, asked.question, kind, "", not asked.is_impossible, expected, document_id)


def _refuse_duplicates(path: Path, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for id_ in ids:
        if id_ in seen:
            raise EvaluationError(f"{path}: id {id_!r} stands there twice; expected every id once: "
                                  f"grep -c '{id_}' '{path}'")  # fmt: skip
        seen.add(id_)


def describe(error: ValidationError) -> str:
    """Return the first problem that pydantic found as `field: what is wrong`."""
    first = error.errors(include_url=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    if first["type"] == "json_invalid":
        return f"not JSON: {first['msg'].removeprefix('Invalid JSON: ')}; expected a JSON object"
    if first["type"] == "missing":
        return f"field {place} is missing; expected a value"
    if first["type"] == "value_error":
        return first["msg"].removeprefix("Value error, ")
    found = repr(first["input"])
    shown = found if len(found) <= 60 else f"{found[:57]}..."
    return f"field {place or 'at the top'}: {first['msg']}, found {shown}"
