"""Question files: what is read, and one clear line for each that cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest

from index.errors import EvaluationError
from index.evaluation.questions import Question, read_questions

GOOD: dict[str, Any] = {
    "id": "q-1",
    "question": "متى بدأت القصة؟",
    "kind": "factual",
    "language": "ar",
    "evidence": ["بدأت القصة عام 2021."],
    "answer": "عام 2021",
    "answerable": True,
}


def write_lines(folder: Path, *rows: dict[str, Any] | str) -> Path:
    path = folder / "questions.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def squad(*paragraphs: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "data": [{"title": "t", "paragraphs": [{"context": text, "qas": qas} for text, qas in paragraphs]}]
    }


def ask(id_: str, *answers: str, **more: Any) -> dict[str, Any]:
    listed = [{"text": answer, "answer_start": 0} for answer in answers]
    return {"id": id_, "question": "متى؟", "answers": listed, **more}


def write_squad(folder: Path, content: Any) -> Path:
    path = folder / "set.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_lines_are_read_in_order_blank_ones_and_a_byte_order_mark_left_out(tmp_path: Path) -> None:
    unanswerable = {"id": 2, "question": "كم؟", "answerable": False}
    path = write_lines(tmp_path, "\ufeff" + json.dumps(GOOD, ensure_ascii=False), "", unanswerable)
    questions = read_questions(path)
    assert not questions.is_squad
    assert questions.name == "questions.jsonl"
    assert questions.questions == (
        Question("q-1", "متى بدأت القصة؟", "factual", "ar", True, ("بدأت القصة عام 2021.",)),
        Question("2", "كم؟", "question", "ar", False, ()),
    )


def test_a_line_separator_inside_a_string_ends_no_line(tmp_path: Path) -> None:
    path = write_lines(tmp_path, {**GOOD, "question": "متى\u2028بدأت؟"})
    assert read_questions(path).questions[0].text == "متى\u2028بدأت؟"


def test_evidence_of_an_unanswerable_question_counts_for_nothing(tmp_path: Path) -> None:
    assert read_questions(write_lines(tmp_path, {**GOOD, "answerable": False})).questions[0].expected == ()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "line 2: not JSON: "),
        ("[1]", "line 2: field at the top: Input should be an object, found [1]"),
        ({**GOOD, "question": "  "}, "line 2: field question: String should have at least 1 character"),
        ({**GOOD, "answerable": "maybe"}, "line 2: field answerable: Input should be a valid boolean"),
        ({**GOOD, "evidence": "نص"}, "line 2: field evidence: Input should be a valid array"),
        (
            {**GOOD, "evidence": ["نص", 3]},
            "line 2: field evidence[1]: Input should be a valid string, found 3",
        ),
        ({**GOOD, "evidence": []}, "line 2: evidence is empty though answerable is true"),
        ({key: GOOD[key] for key in GOOD if key != "question"}, "line 2: field question is missing"),
        ('{"id": "x", "question": "\\ud800", "answerable": false}', "line 2: not JSON: "),
        ("[" * 100_000, "line 2: not JSON: "),
        (GOOD, "line 2: id 'q-1' stands on line 1 too"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, row: dict[str, Any] | str, message: str) -> None:
    path = write_lines(tmp_path, GOOD, row)
    with pytest.raises(EvaluationError) as refused:
        read_questions(path)
    assert f"{path}, {message}" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.jsonl", b"", "is empty"),
        ("blank.json", b"\xef\xbb\xbf \n", "is empty"),
        ("windows.jsonl", "سؤال".encode("cp1256"), "is not UTF-8 (byte 0)"),
        ("questions.csv", b"id,question", "ends in '.csv'"),
        ("questions", b"{}", "ends in 'nothing'"),
        ("none.json", b'{"data": [{"paragraphs": []}]}', "holds no question"),
        ("list.json", b"[]", "field at the top"),
        (
            "other.json",
            b'{"question": "x"}',
            "field data is missing; expected a value, as in SQuAD files; for one",
        ),
        ("cut.json", b'{"data": [', "not JSON: "),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(EvaluationError) as refused:
        read_questions(path)
    assert str(refused.value).startswith(str(path))
    assert message in str(refused.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"none\.json does not exist"):
        read_questions(tmp_path / "none.json")
    (folder := tmp_path / "folder.json").mkdir()
    with pytest.raises(EvaluationError, match="cannot be read: Is a directory"):
        read_questions(folder)


def test_every_different_context_is_one_document(tmp_path: Path) -> None:
    first, second = "بدأت القصة عام 2021.", "انتهت عام 2023.\u200f"
    content = squad(
        (first, [ask("1", "عام 2021", "2021", "2021")]),
        (second, [ask("2", is_impossible=True)]),
        (first, [ask("3", "2021")]),
    )
    questions = read_questions(write_squad(tmp_path, content))
    assert questions.is_squad
    assert [(own.id, own.text) for own in questions.documents] == [
        ("0001.txt", "بدأت القصة عام 2021."),
        ("0002.txt", "انتهت عام 2023."),
    ]
    assert questions.questions == (
        Question("1", "متى؟", "answerable", "", True, ("عام 2021", "2021"), "0001.txt"),
        Question("2", "متى؟", "impossible", "", False, (), "0002.txt"),
        Question("3", "متى؟", "answerable", "", True, ("2021",), "0001.txt"),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (squad(("نص", [ask("1", "a"), {"id": "2", "answers": []}])), "data[0].paragraphs[0].qas[1].question"),
        (squad(("نص", [ask("1")])), "answers is empty; expected an answer, or is_impossible: true"),
        (squad(("نص", [ask("1", "a"), ask("1", "b")])), "id '1' stands there twice"),
        (squad(("...", [ask("1", "a")])), "a context holds no letters ('...')"),
        ({"data": []}, "field data: List should have at least 1 item"),
    ],
)
def test_a_squad_file_that_cannot_be_used_is_named(tmp_path: Path, content: Any, message: str) -> None:
    path = write_squad(tmp_path, content)
    with pytest.raises(EvaluationError) as refused:
        read_questions(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert message in str(refused.value)
