"""What the reader is trained on and what is held out of it."""

import json
from pathlib import Path

import pytest

from benchmarks.fit_support import squad_texts
from index.training.dataset import Text, read_squad


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    """Fourteen articles of two paragraphs; the answer to each question stands in its second sentence."""
    context = "جملة أولى في المقال {0}. الجواب هنا {0}-{1}. جملة أخيرة لا تجيب."
    data = [
        {
            "paragraphs": [
                {
                    "context": (text := context.format(article, paragraph)),
                    "qas": [
                        {
                            "question": f"سؤال {article}-{paragraph}؟",
                            "answers": [
                                {
                                    "text": f"{article}-{paragraph}",
                                    "answer_start": text.index(f"{article}-{paragraph}"),
                                }
                            ],
                        }
                    ],
                }
                for paragraph in range(2)
            ]
        }
        for article in range(14)
    ]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    return path


def test_whole_articles_are_held_out_and_none_is_lost(squad: Path) -> None:
    trained = [example.question for example in read_squad(squad, [])]
    held_out = [example.question for example in read_squad(squad, [], held_out=True)]
    assert len(trained) + len(held_out) == len({*trained, *held_out}) == 28
    articles = [{question.split()[1].split("-")[0] for question in own} for own in (trained, held_out)]
    assert not articles[0] & articles[1]
    assert len(articles[1]) == 3


def test_the_sentence_with_the_answer_is_the_one_that_answers(squad: Path) -> None:
    texts: list[Text] = []
    for example in read_squad(squad, texts):
        (answering,) = example.positives
        assert example.answer in texts[example.text].sentences[answering]


def test_held_out_paragraphs_are_asked_together(squad: Path) -> None:
    (text,) = squad_texts([squad])
    assert len(text["sentences"]) == 18
    for question in text["questions"]:
        (evidence,) = question["evidence"]
        assert question["question"].split()[1].rstrip("؟") in text["sentences"][evidence]
