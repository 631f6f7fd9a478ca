"""The reader's training questions: a question, its candidate sentences, which of them answer and where."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index import keyword, keyword_builder
from knowledge.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Example:
    """One question on one text; `positives` are the sentences that answer (none for a near miss)."""

    question: str
    text: int
    positives: frozenset[int]
    answer: str
    kind: str


@dataclass(frozen=True, slots=True)
class Text:
    """The sentences of one text, in order."""

    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence put to the reader, with the sentence before it."""

    before: str
    sentence: str
    answers: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A question with the candidates it is trained on together."""

    question: str
    candidates: tuple[Candidate, ...]
    answer: str


def read_own(paths: Sequence[Path], texts: list[Text]) -> Iterator[Example]:
    """Yield the questions of our own files (JSON Lines, one text a line), adding their texts to `texts`."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            number = len(texts)
            texts.append(Text(tuple(record["sentences"])))
            for question in record["questions"]:
                positives = set(question["evidence"]).union(*question.get("alternatives", []))
                yield Example(
                    question["question"], number, frozenset(positives), question["answer"], question["kind"]
                )


def read_squad(path: Path, texts: list[Text]) -> Iterator[Example]:
    """Yield the questions of a SQuAD-format file; the sentence in which the answer starts is the positive."""
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            sentences = split_sentences(paragraph["context"])
            number = len(texts)
            texts.append(Text(tuple(sentence.text for sentence in sentences)))
            for item in paragraph["qas"]:
                answer = item["answers"][0]
                start = answer["answer_start"]
                positives = {
                    i for i, sentence in enumerate(sentences) if sentence.start <= start < sentence.end
                }
                if positives:
                    yield Example(item["question"], number, frozenset(positives), answer["text"], "squad")


class Sampler:
    """Draws the candidates of a question anew each epoch: what shares its words, and some that do not."""

    def __init__(self, texts: Sequence[Text], candidates: int, seed: int) -> None:
        self._texts = texts
        self._candidates = candidates
        self._random = random.Random(seed)  # noqa: S311 - sampling, not secrets
        self._words = [keyword_builder.build(text.sentences) for text in texts]

    def group(self, example: Example) -> Group:
        """Return the example with its positives, the nearest wrong sentences by words, and random ones."""
        sentences = self._texts[example.text].sentences
        scores = self._words[example.text].match(keyword.units_of(example.question)).scores
        wrong = sorted(set(range(len(sentences))) - example.positives, key=lambda i: -scores[i])
        room = self._candidates - len(example.positives)
        nearest = wrong[: room - 2]
        others = wrong[room - 2 :]
        chosen = [*example.positives, *nearest, *self._random.sample(others, min(len(others), 2))]
        candidates = [
            Candidate(sentences[i - 1] if i else "", sentences[i], i in example.positives) for i in chosen
        ]
        while len(candidates) < self._candidates:
            candidates.append(self._foreign(example.text))
        return Group(self._noisy(example.question), tuple(candidates), example.answer)

    def _foreign(self, text: int) -> Candidate:
        other = self._random.randrange(len(self._texts))
        sentences = self._texts[other].sentences
        return (
            Candidate("", self._random.choice(sentences), answers=False)
            if other != text
            else self._foreign(text)
        )

    def _noisy(self, question: str) -> str:
        """Return the question as hurried people type it, now and then."""
        if self._random.random() > 0.15:
            return question
        for wrong, right in (("أ", "ا"), ("إ", "ا"), ("ة", "ه"), ("ى", "ي"), ("؟", ""), ("ئ", "ي")):
            if self._random.random() < 0.6:
                question = question.replace(wrong, right)
        return question
