"""Dialogues of two turns on real articles: a follow-up finds its answer, a new subject is left alone."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import assembly
from bot.answer import Answer, Turn
from bot.settings import Settings
from knowledge.documents import parse
from knowledge.types import Document
from tests.bundled import models_folder

pytestmark = pytest.mark.slow

_PROJECT = Path(__file__).parents[2]
_ARTICLE = _PROJECT / "knowledge" / "articles" / "kazakhstan-bitcoin.md"
_TEXTS = _PROJECT / "index" / "training" / "held_out.jsonl"
_DIALOGUES = _PROJECT / "tests" / "golden" / "dialogues.jsonl"


@dataclass(frozen=True, slots=True)
class Asked:
    """A dialogue with what was quoted on its second question, heard alone and after the first."""

    dialogue: dict[str, Any]
    alone: Answer
    after: Answer

    def found(self, answer: Answer) -> bool:
        sentences: list[str] = self.dialogue["evidence"]
        return any(sentence in answer.text for sentence in sentences)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _documents() -> dict[str, Document]:
    documents = {text["id"]: parse(" ".join(text["sentences"]), "text.txt") for text in _lines(_TEXTS)}
    return documents | {"kazakhstan": parse(_ARTICLE.read_text(encoding="utf-8"), _ARTICLE.name)}


def _ask_all(settings: Settings) -> Iterator[Asked]:
    by_text: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for dialogue in _lines(_DIALOGUES):
        by_text[dialogue["text"]].append(dialogue)
    documents = _documents()
    for text, dialogues in by_text.items():
        with assembly.temporary(settings, [documents[text]]) as answering:
            for dialogue in dialogues:
                first = answering.answer(dialogue["first"], always=True)
                context = (Turn(dialogue["first"], first.text),)
                yield Asked(
                    dialogue,
                    alone=answering.answer(dialogue["second"], always=True),
                    after=answering.answer(dialogue["second"], context, always=True),
                )


@pytest.fixture(scope="module")
def asked(pytestconfig: pytest.Config) -> list[Asked]:
    settings = Settings(data_dir=models_folder(pytestconfig).parent)
    return list(_ask_all(settings))


def test_follow_ups_find_their_answer(asked: list[Asked]) -> None:
    """Without the reader 19 of 35, and 12 of them when the first question is ignored."""
    follow_ups = [one for one in asked if one.dialogue["follow_up"]]
    after = sum(one.found(one.after) for one in follow_ups)
    alone = sum(one.found(one.alone) for one in follow_ups)
    assert after >= 17
    assert after >= alone + 4


def test_a_new_subject_is_not_dragged_into_the_old_one(asked: list[Asked]) -> None:
    new = [one for one in asked if not one.dialogue["follow_up"]]
    dragged = [one.dialogue["id"] for one in new if one.after.quotes != one.alone.quotes]
    assert len(dragged) <= 1, dragged


def test_the_question_stays_as_it_was_asked(asked: list[Asked]) -> None:
    assert [one.after.question for one in asked] == [one.dialogue["second"] for one in asked]
