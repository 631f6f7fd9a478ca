"""Real Arabic sentences and questions for the benchmarks: our own, and those of SQuAD files given by path."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.sentences import split_sentences

OWN = Path(__file__).resolve().parents[2] / "index" / "training" / "questions"


@dataclass(frozen=True, slots=True)
class Article:
    """A title and sentences in order."""

    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles as people wrote them, and questions as people ask them, none twice."""

    articles: tuple[Article, ...]
    questions: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every sentence once, in order."""
        return tuple(dict.fromkeys(text for article in self.articles for text in article.sentences))


def read_corpus(squad_files: Sequence[Path]) -> Corpus:
    """Return our own articles and questions, and those of the SQuAD files."""
    found = [*_own(), *(pair for path in squad_files for pair in _squad(path))]
    return Corpus(
        articles=tuple(dict.fromkeys(article for article, _ in found)),
        questions=tuple(dict.fromkeys(question for _, questions in found for question in questions)),
    )


def _own() -> Iterator[tuple[Article, list[str]]]:
    for path in sorted(OWN.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            yield (
                Article(record["title"], tuple(record["sentences"])),
                [question["question"] for question in record["questions"]],
            )


def _squad(path: Path) -> Iterator[tuple[Article, list[str]]]:
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            sentences = tuple(sentence.text for sentence in split_sentences(paragraph["context"]))
            yield Article(article.get("title", ""), sentences), _questions(paragraph["qas"])


def _questions(records: Iterable[dict[str, str]]) -> list[str]:
    return [record["question"] for record in records]
