"""The reader's training questions: a question, its candidate sentences, which of them answer and where."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import keyword_builder
from index.protocols import Embedder, Progress, Vectors
from index.query import query_of
from index.retriever import SIMILARITY_WEIGHT
from knowledge.sentences import split_sentences

OWN = tuple(sorted((Path(__file__).parent / "questions").glob("*.jsonl")))
_HELD_OUT_ARTICLES = 6
"""One in so many articles of a SQuAD file is not trained on."""
_FAR = 2
"""Candidates of another text that one question gets where it is asked on short paragraphs."""


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


def read_questions(squad: Sequence[Path]) -> tuple[list[Text], list[Example]]:
    """Return our own texts and questions and those of the SQuAD-format files, printing how many."""
    texts: list[Text] = []
    examples = list(read_own(OWN, texts))
    for path in squad:
        examples += read_squad(path, texts)
    print(f"{len(examples)} questions on {len(texts)} texts", flush=True)
    return texts, examples


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


def read_squad(path: Path, texts: list[Text], *, held_out: bool = False) -> Iterator[Example]:
    """Yield the questions of a SQuAD-format file; the sentence in which the answer starts is the positive.

    Those of one article in six are held out, to calibrate by: `held_out` yields them instead.
    """
    for place, article in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
        if (place % _HELD_OUT_ARTICLES == 0) != held_out:
            continue
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
    """Draws a question's candidates anew each epoch: what the retriever would put first, and some others."""

    def __init__(  # noqa: PLR0913 - each is given once, by name
        self,
        texts: Sequence[Text],
        examples: Sequence[Example],
        embedder: Embedder,
        *,
        candidates: int,
        seed: int,
        progress: Progress | None = None,
    ) -> None:
        """Embed every sentence and every question once."""
        self._texts = texts
        self._candidates = candidates
        self._random = random.Random(seed)  # noqa: S311 - sampling, not secrets
        self._sentences = [(text, i) for text, own in enumerate(texts) for i in range(len(own.sentences))]
        self._first = np.cumsum([0, *(len(text.sentences) for text in texts)])
        plain = [texts[text].sentences[i] for text, i in self._sentences]
        vectors = embedder.embed_passages(plain, progress)
        own = [keyword_builder.build(text.sentences) for text in texts]
        everywhere = keyword_builder.build(plain)
        self._readings: dict[Example, str] = {}
        self._scores: dict[Example, Vectors] = {}
        for example in examples:
            query = query_of(example.question, embedder, own[example.text])
            words = everywhere.match(query.units).shares(np.arange(len(plain)))
            self._readings[example] = query.reading
            self._scores[example] = (words + SIMILARITY_WEIGHT * (vectors @ query.vector)).astype(np.float16)

    def group(self, example: Example) -> Group:
        """Return the example with its positives, and wrong sentences that the retriever would put first."""
        first, last = self._first[example.text], self._first[example.text + 1]
        scores = self._scores[example]
        wrong = [first + i for i in range(last - first) if i not in example.positives]
        wrong.sort(key=lambda row: -scores[row])
        room = self._candidates - min(len(example.positives), 2)
        positives = self._random.sample(sorted(example.positives), self._candidates - room)
        chosen = [first + i for i in positives]
        if example.kind == "squad":
            # Asked on every paragraph there is, a question meets the sentences of others first.
            chosen += [*wrong[: room - _FAR], *self._elsewhere(scores, first, last, _FAR)]
        else:
            others = wrong[room - 1 :]
            chosen += [*wrong[: room - 1], *self._random.sample(others, min(1, len(others)))]
        chosen += self._elsewhere(scores, first, last, self._candidates - len(chosen))
        candidates = tuple(self._candidate(row, row - first in example.positives) for row in chosen)
        return Group(self._typed(example), candidates, example.answer)

    def elsewhere(self, example: Example) -> Group:
        """Return the question put to another text, which does not answer it."""
        other = self._random.randrange(len(self._texts))
        while other == example.text:
            other = self._random.randrange(len(self._texts))
        first, last = self._first[other], self._first[other + 1]
        best = first + np.argsort(-self._scores[example][first:last])[: self._candidates]
        chosen = [*best, *self._random.choices(range(first, last), k=self._candidates - len(best))]
        return Group(self._typed(example), tuple(self._candidate(row, answers=False) for row in chosen), "")

    def _elsewhere(self, scores: Vectors, first: int, last: int, count: int) -> list[int]:
        best = np.argpartition(-scores, 40)[:40]
        outside = [int(row) for row in best if not first <= row < last]
        return self._random.sample(outside, count)

    def _candidate(self, row: int, answers: bool) -> Candidate:
        text, number = self._sentences[row]
        sentences = self._texts[text].sentences
        return Candidate(sentences[number - 1] if number else "", sentences[number], answers)

    def _typed(self, example: Example) -> str:
        """Return the question's reading, now and then as typed, and as hurried people type it."""
        question = example.question if self._random.random() < 0.2 else self._readings[example]
        if self._random.random() > 0.15:
            return question
        for wrong, right in (("أ", "ا"), ("إ", "ا"), ("ة", "ه"), ("ى", "ي"), ("؟", ""), ("ئ", "ي")):
            if self._random.random() < 0.6:
                question = question.replace(wrong, right)
        return question
