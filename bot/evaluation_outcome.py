"""One answer against what was expected: the row that all figures of an evaluation are computed from."""

from bot.answer import Answer
from index.evaluation.metrics import contains_any, exact_match, rank_of, token_f1
from index.evaluation.questions import Question
from index.evaluation.report import Outcome


def outcome_of(question: Question, answer: Answer, elapsed_ms: float) -> Outcome:
    """Compare one answer, given with `always`, with what was expected."""
    hit = question.answerable and contains_any(answer.text, question.expected)
    if question.document_id:
        hit = hit and all(quote.document_id == question.document_id for quote in answer.quotes)
    span = " ".join(
        quote.text[span.start - quote.start : span.end - quote.start]
        for quote in answer.quotes
        for span in quote.spans
    )
    gold = question.expected if question.document_id else ()
    return Outcome(
        id=question.id,
        question=question.text,
        kind=question.kind,
        language=question.language,
        answerable=question.answerable,
        hit=hit,
        answered=answer.answered,
        confidence=answer.confidence,
        verdict=str(answer.verdict),
        quoted=tuple(quote.text for quote in answer.quotes),
        quoted_from=answer.quotes[0].document_id if answer.quotes else "",
        expected=question.expected,
        expected_from=question.document_id,
        rank=_rank(question, answer) if question.answerable else None,
        span=span,
        exact_match=exact_match(span, gold) if gold else None,
        token_f1=token_f1(span, gold) if gold else None,
        elapsed_ms=round(elapsed_ms, 3),
    )


def _rank(question: Question, answer: Answer) -> int | None:
    passages = [found.passage for found in answer.passages]
    if question.document_id:
        return rank_of(question.document_id, [passage.document_id for passage in passages])
    right = next((one.id for one in passages if contains_any(one.text, question.expected)), "")
    return rank_of(right, [passage.id for passage in passages])
