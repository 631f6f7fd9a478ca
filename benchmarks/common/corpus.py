"""Real Arabic sentences and questions for the benchmarks: our own, and those of SQuAD files given by path."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from index.evaluation.questions import Question, read_questions
from index.training.dataset import OWN
from knowledge.sentences import split_sentences
from knowledge.types import Document

_ROOT = Path(__file__).resolve().parents[2]
_TRAINING = _ROOT / "index" / "training"
HELD_OUT = tuple(sorted(_TRAINING.glob("held_out*.jsonl")))
ON_THE_ARTICLE = _ROOT / "knowledge" / "examples" / "kazakhstan.jsonl"


@dataclass(frozen=True, slots=True)
class Article:
    """A title and sentences in order."""

    title: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, the title left out."""
        return " ".join(self.sentences)

    def document(self, number: int) -> Document:
        """Return it as a document whose id tells `number`."""
        text = self.text
        name = f"{number:06}.md"
        return Document(name, self.title, text, "", name, sha256(text.encode()).hexdigest())

    @staticmethod
    def number_of(document_id: str) -> int:
        """Return the number that a document was made with."""
        return int(document_id.removesuffix(".md"))


@dataclass(frozen=True, slots=True)
class Corpus:
    """Articles as people wrote them, and questions as people ask them, none twice."""

    articles: tuple[Article, ...]
    asked: tuple[tuple[str, int], ...]
    """Each question and the number of the article that it was asked about."""

    @property
    def questions(self) -> tuple[str, ...]:
        """Every question, in order."""
        return tuple(question for question, _ in self.asked)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every sentence once, in order."""
        return tuple(dict.fromkeys(text for article in self.articles for text in article.sentences))


def questions_on_the_article() -> list[Question]:
    """Return our questions on the owner's article, those that it does not answer among them."""
    return [asked for asked in read_questions(ON_THE_ARTICLE).questions if asked.kind != "chitchat"]


def read_corpus(squad_files: Sequence[Path], own: Sequence[Path] = OWN) -> Corpus:
    """Return the articles and questions of files of our `own`, and those of the SQuAD files."""
    found = [*_own(own), *(pair for path in squad_files for pair in _squad(path))]
    articles = tuple(dict.fromkeys(article for article, _ in found))
    numbers = {article: number for number, article in enumerate(articles)}
    asked: dict[str, int] = {}
    for article, questions in found:
        for question in questions:
            asked.setdefault(question, numbers[article])
    return Corpus(articles, tuple(asked.items()))


def searched_corpus(squad_files: Sequence[Path]) -> Corpus:
    """Return what to search and ask for quality: the SQuAD files alone, or, without any, what we held out."""
    return read_corpus(squad_files, own=() if squad_files else HELD_OUT)


def recombined(articles: Sequence[Article], count: int) -> list[Article]:
    """Return `count` different articles; where there are fewer, sentences of two are put together."""
    found = list(articles[:count])
    for step in range(1, count):
        if len(found) == count:
            break
        pairs = zip(articles, articles[step:], strict=False)
        more = (
            Article(f"{one.title} {step}", (*one.sentences[::2], *other.sentences[1::2]))
            for one, other in pairs
        )
        found += islice(more, count - len(found))
    return found


def write_files(articles: Sequence[Article], folder: Path) -> None:
    """Write each article as a Markdown file into `folder`, which is made."""
    folder.mkdir(parents=True)
    for number, article in enumerate(articles):
        text = f"# {article.title}\n\n{article.text}"
        (folder / f"{number:05}.md").write_text(text, encoding="utf-8")


def _own(paths: Sequence[Path]) -> Iterator[tuple[Article, list[str]]]:
    for path in paths:
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
