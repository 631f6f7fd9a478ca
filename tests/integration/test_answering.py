"""A question to its quotation: the judge, the reader and the margin for a second sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import quoting
from bot.answer import Verdict
from bot.answering import AnswerService
from index.builder import Builder
from index.faiss_library import FaissLibrary
from index.generation import Generation
from index.protocols import Reader, ReadSentence
from index.reading import sentence_of
from knowledge.passages import Chunking
from tests.fakes import ARTICLES, FakeEmbedder, article, fixed

QUESTION = "كم قلبا للأخطبوط؟"
ANSWER = "يملك الأخطبوط ثلاثة قلوب وثماني أذرع."


@dataclass
class WordReader:
    """Likes sentences with a wanted word, and marks it."""

    wanted: str
    certainty: float = 0.9
    read_pairs: list[tuple[str, str]] = field(default_factory=list)

    def read(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[ReadSentence]:
        self.read_pairs += sentences
        return [self._one(sentence) for _, sentence in sentences]

    def _one(self, sentence: str) -> ReadSentence:
        start = sentence.find(self.wanted)
        if start < 0:
            return ReadSentence(-20.0, 0, 1, self.certainty)
        return ReadSentence(20.0, start, start + len(self.wanted), self.certainty)


@dataclass
class SteadyReader:
    """Thinks the same of every sentence, and counts them."""

    logit: float
    count: int = 0

    def read(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[ReadSentence]:
        self.count += len(sentences)
        return [ReadSentence(self.logit) for _ in sentences]


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    folder = tmp_path_factory.mktemp("index")
    library = FaissLibrary(folder)
    Builder(folder, fixed(ARTICLES), FakeEmbedder(), library, Chunking()).run()
    return library.open()


def service(generation: Generation, caution: float = 0.0, reader: Reader | None = None) -> AnswerService:
    embedder = FakeEmbedder()
    background = embedder.embed_queries(["تقع العاصمة على النهر.", "يبدأ الدوري في الخريف."])
    return AnswerService(lambda: generation, embedder, background, caution, reader)


def test_the_quotation_is_the_document_s_own_words(generation: Generation) -> None:
    answer = service(generation).answer(QUESTION)
    texts = {document.id: document.text for document in ARTICLES}
    assert ANSWER in answer.text
    assert answer.answered
    for quote in answer.quotes:
        assert texts[quote.document_id][quote.start : quote.end] == quote.text
    numbers = [quote.sentence_number for quote in answer.quotes]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_below_the_caution_nothing_is_quoted_but_the_passages_are_offered(generation: Generation) -> None:
    answer = service(generation, caution=1.0).answer(QUESTION)
    assert answer.verdict is Verdict.NOT_STATED
    assert answer.quotes == ()
    assert answer.passages[0].passage.document_id == "octopus.md"


def test_always_quotes_whatever_the_judge_thinks(generation: Generation) -> None:
    answer = service(generation, caution=1.0).answer(QUESTION, always=True)
    assert answer.verdict is Verdict.NOT_STATED
    assert ANSWER in answer.text


def test_a_reader_overrules_the_retriever(generation: Generation) -> None:
    asked = "بدأ تعدين البيتكوين في كازاخستان عام 2018؟"
    assert "2018" in service(generation).answer(asked).text
    read = service(generation, reader=WordReader("المستودعات")).answer(asked)
    assert read.text.endswith("وبقيت المستودعات فارغة في مدينة إيكيباستوز.")


@pytest.mark.parametrize(
    ("logit", "expected"), [(2.0, 4), (0.0, 24), (-5.0, 8)], ids=["answers", "may answer", "hopeless"]
)
def test_more_is_read_while_nothing_answers_and_something_may(
    tmp_path: Path, logit: float, expected: int
) -> None:
    sentences = (f"يملك الأخطبوط رقم {number} ثلاثة قلوب." for number in range(40))
    library, reader = FaissLibrary(tmp_path), SteadyReader(logit)
    Builder(tmp_path, fixed([article("long.md", *sentences)]), FakeEmbedder(), library, Chunking()).run()
    service(library.open(), reader=reader).answer(QUESTION)
    # The neighbours of the best may have been among them.
    assert expected <= reader.count <= expected + 2


def test_the_reader_s_sure_words_are_marked_in_the_document(generation: Generation) -> None:
    answer = service(generation, reader=WordReader("ثلاثة قلوب")).answer(QUESTION)
    (quote,) = (quote for quote in answer.quotes if quote.text == ANSWER)
    (span,) = quote.spans
    text = next(document.text for document in ARTICLES if document.id == quote.document_id)
    assert text[span.start : span.end] == "ثلاثة قلوب"


@pytest.mark.parametrize(
    "reader", [WordReader("ثلاثة قلوب", certainty=0.1), WordReader("لا توجد"), None], ids=str
)
def test_words_that_are_not_sure_are_not_marked(generation: Generation, reader: Reader | None) -> None:
    answer = service(generation, reader=reader).answer(QUESTION)
    assert not [span for quote in answer.quotes for span in quote.spans]


def test_a_forced_answer_marks_its_likeliest_words_and_a_hurried_one_none(generation: Generation) -> None:
    asked = service(generation, reader=WordReader("ثلاثة قلوب", certainty=0.1))
    assert [quote.text for quote in asked.answer(QUESTION, always=True).quotes if quote.spans] == [ANSWER]
    reader = WordReader("ثلاثة قلوب")
    hurried = service(generation, reader=reader).answer(QUESTION, hurried=True)
    assert ANSWER in hurried.text
    assert reader.read_pairs == []


def test_a_second_sentence_is_quoted_where_it_is_nearly_as_good(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for margin in (0.0, 99.0):
        monkeypatch.setattr(quoting, "SECOND_SENTENCE_MARGIN", margin)
        counts.append(len(service(generation).answer(QUESTION).quotes))
    assert counts == [1, 2]


def test_neighbours_come_from_the_same_document(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quoting, "SECOND_SENTENCE_MARGIN", 99.0)
    for document in ARTICLES:
        for sentence in document.text.split(". "):
            quotes = service(generation).answer(f"{sentence}؟", always=True).quotes
            assert len({quote.document_id for quote in quotes}) == 1


def test_the_reader_gets_the_sentence_before_but_not_another_document_s(generation: Generation) -> None:
    first = {document.text.split(". ")[0] for document in ARTICLES}
    for row in range(generation.passages.sentences):
        sentence = sentence_of(generation, row)
        assert (sentence.before == "") == (sentence.text.rstrip(".") in first)


def test_small_talk_and_what_cannot_be_read_are_not_searched(generation: Generation) -> None:
    reader = WordReader("قلوب")
    for question, verdict in (("السلام عليكم", Verdict.SMALL_TALK), ("🙂", Verdict.UNREADABLE)):
        answer = service(generation, reader=reader).answer(question)
        assert answer.verdict is verdict
        assert answer.quotes == ()
    assert reader.read_pairs == []
