"""One answer against what was expected."""

from bot.answer import Answer, FoundPassage, Quote, Span, Verdict
from bot.evaluation_outcome import outcome_of
from index.evaluation.questions import Question
from knowledge.types import Passage

SQUAD = Question("1", "متى؟", "answerable", "", True, ("عام 2021",), "0002.txt")
LINE = Question("2", "متى؟", "factual", "ar", True, ("بدأت القصة عام 2021.", "أو هذه."))


def quote(text: str, document_id: str = "0002.txt", start: int = 100, spans: tuple[Span, ...] = ()) -> Quote:
    return Quote(document_id, "", start, start + len(text), text, ordinal=0, sentence_number=1, spans=spans)


def passage(document_id: str, ordinal: int, text: str = "نص") -> FoundPassage:
    return FoundPassage(
        Passage(f"{document_id}#{ordinal}", document_id, "", ordinal, text, 0, len(text), ()), 1.0
    )


def answer(*quotes: Quote, passages: tuple[FoundPassage, ...] = ()) -> Answer:
    return Answer("متى؟", Verdict.NOT_STATED, quotes, 0.4, passages)


def test_a_gold_answer_counts_only_from_the_right_document() -> None:
    assert outcome_of(SQUAD, answer(quote("بدأت عام ٢٠٢١ هناك.")), 1.0).hit
    assert not outcome_of(SQUAD, answer(quote("بدأت عام ٢٠٢١ هناك.", "0001.txt")), 1.0).hit
    assert not outcome_of(SQUAD, answer(quote("بدأت هناك.")), 1.0).hit
    assert not outcome_of(SQUAD, answer(), 1.0).hit


def test_a_gold_answer_may_run_over_two_quoted_sentences() -> None:
    assert outcome_of(SQUAD, answer(quote("بدأت عام"), quote("2021 هناك.", start=109)), 1.0).hit


def test_one_of_the_evidence_sentences_must_be_quoted_whole() -> None:
    assert outcome_of(LINE, answer(quote("بدأت القصّة عام ٢٠٢١.", "a.md")), 1.0).hit
    assert outcome_of(LINE, answer(quote("شيء آخر."), quote("أو هذه.", start=109)), 1.0).hit
    assert not outcome_of(LINE, answer(quote("عام 2021.")), 1.0).hit


def test_nothing_is_right_for_an_unanswerable_question() -> None:
    question = Question("3", "كم؟", "impossible", "", False, (), "0002.txt")
    outcome = outcome_of(question, answer(quote("نص"), passages=(passage("0002.txt", 0),)), 1.0)
    assert not outcome.hit
    assert outcome.rank is None
    assert not outcome.answered


def test_the_rank_is_of_the_document_or_of_the_passage_with_evidence() -> None:
    found = (passage("0001.txt", 0), passage("0001.txt", 1), passage("0002.txt", 0))
    assert outcome_of(SQUAD, answer(passages=found), 1.0).rank == 2
    found = (passage("a.md", 0), passage("a.md", 1, "قبلها. بدأت القصة عام 2021. بعدها."))
    assert outcome_of(LINE, answer(passages=found), 1.0).rank == 2
    assert outcome_of(LINE, answer(passages=found[:1]), 1.0).rank is None


def test_marked_words_are_cut_out_of_the_quotes_by_document_offsets() -> None:
    first = quote("بدأت عام 2021.", start=100, spans=(Span(105, 113),))
    outcome = outcome_of(SQUAD, answer(first), 1.0)
    assert (outcome.span, outcome.exact_match, outcome.token_f1) == ("عام 2021", 1.0, 1.0)
    second = quote("وانتهت.", start=115, spans=(Span(115, 121),))
    outcome = outcome_of(SQUAD, answer(first, second), 1.0)
    assert (outcome.span, outcome.exact_match, outcome.token_f1) == ("عام 2021 وانتهت", 0.0, 0.8)


def test_what_was_quoted_and_expected_goes_into_the_row() -> None:
    outcome = outcome_of(SQUAD, answer(quote("نص", "0009.txt")), 12.3456)
    assert (outcome.quoted, outcome.quoted_from) == (("نص",), "0009.txt")
    assert (outcome.expected, outcome.expected_from) == (("عام 2021",), "0002.txt")
    assert (outcome.confidence, outcome.verdict, outcome.elapsed_ms) == (0.4, "not_stated", 12.346)
