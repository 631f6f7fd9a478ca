"""Ask every question of some files and measure the answers: `rawi evaluate`."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TextIO

from bot import evaluation_tables as tables
from bot.evaluation_outcome import outcome_of
from bot.protocols import Answering
from index.errors import EvaluationError
from index.evaluation.comparison import compare as compare_reports
from index.evaluation.comparison import read_report
from index.evaluation.metrics import matching_form
from index.evaluation.questions import Question, QuestionSet, read_questions
from index.evaluation.report import SCHEMA_VERSION, EvaluationReport, FileReport, Outcome, report_file
from index.reports import IndexStatus
from knowledge.types import Document

Current = Callable[[], Answering]
"""Opens what answers from the current articles."""
Temporary = Callable[[Sequence[Document]], AbstractContextManager[Answering]]
"""Builds an index of some documents and answers from it until the context is left."""
Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total); the stage is the name of the question file."""

_NAMED = 8


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Asks the questions; everything it needs comes from outside."""

    current: Current
    temporary: Temporary
    given_passage: bool = False
    """Ask each SQuAD question on its own document alone, instead of on all of them."""
    limit: int | None = None
    """Ask the first so many questions of each file; a SQuAD file's documents all stay."""
    progress: Progress | None = None

    def run(self, questions: QuestionSet) -> FileReport:
        """Ask every question of one set once, forced to quote, and measure the answers.

        Raises EvaluationError where none of the evidence is in the indexed articles; and whatever
        answering raises.
        """
        asked = questions.questions[: self.limit]
        if not questions.is_squad:
            answering = self.current()
            warnings = _missing_evidence(questions.name, asked, answering)
            rows = list(self._ask(questions.name, asked, answering))
            return report_file(questions.name, rows, answering.status(), is_squad=False, warnings=warnings)
        rows, status = self._on_own_documents(questions, asked)
        return report_file(questions.name, rows, status, is_squad=True, given_passage=self.given_passage)

    def _on_own_documents(
        self, questions: QuestionSet, asked: Sequence[Question]
    ) -> tuple[list[Outcome], IndexStatus]:
        rows: list[Outcome] = []
        for documents, group in self._groups(questions, asked):
            with self.temporary(documents) as answering:
                status = answering.status()
                rows += self._ask(questions.name, group, answering, before=len(rows), total=len(asked))
        return rows, status

    def _groups(
        self, questions: QuestionSet, asked: Sequence[Question]
    ) -> Iterator[tuple[Sequence[Document], Sequence[Question]]]:
        if not self.given_passage:
            yield questions.documents, asked
            return
        for document in questions.documents:
            if own := [question for question in asked if question.document_id == document.id]:
                yield (document,), own

    def _ask(
        self, name: str, asked: Sequence[Question], answering: Answering, before: int = 0, total: int = 0
    ) -> Iterator[Outcome]:
        if self.progress:
            self.progress(name, before, total or len(asked))
        for number, question in enumerate(asked, start=before + 1):
            started = perf_counter()
            answer = answering.answer(question.text, always=True)
            elapsed_ms = (perf_counter() - started) * 1000
            yield outcome_of(question, answer, elapsed_ms)
            if self.progress:
                self.progress(name, number, total or len(asked))


def evaluate(  # noqa: PLR0913 - one keyword for each option of the command
    files: Sequence[Path],
    *,
    current: Current,
    temporary: Temporary,
    json_out: Path | None = None,
    plots: Path | None = None,
    compare: Path | None = None,
    worst: int = 5,
    limit: int | None = None,
    given_passage: bool = False,
    progress: Progress | None = None,
    out: TextIO | None = None,
) -> EvaluationReport:
    """Measure the answers to the questions of `files`, print the tables and write what was asked for.

    Everything that can be refused is refused before the first question is asked. Raises EvaluationError for a
    file, a report or a folder that cannot be used, and what opening the index raises.
    """
    out = out or sys.stdout
    sets = _read(files, limit)
    earlier = read_report(compare) if compare else None
    _prepare(json_out, plots)
    evaluator = Evaluator(cache(current), temporary, given_passage, limit, progress)
    # Questions on the current articles first: that there is no index is better said before minutes of work.
    done = {
        questions.name: evaluator.run(questions) for questions in sorted(sets, key=lambda own: own.is_squad)
    }
    reports = tuple(done[questions.name] for questions in sets)
    report = EvaluationReport(SCHEMA_VERSION, datetime.now(UTC).isoformat(timespec="seconds"), reports)
    out.write(tables.report_text(report, worst=worst))
    if json_out:
        _write_json(report, json_out)
    if earlier:
        out.write(tables.comparison_text(compare_reports(earlier, report)))
    if plots:
        from bot.evaluation_plots import draw

        out.writelines(f"{path}\n" for path in draw(report, plots))
    return report


def _missing_evidence(name: str, asked: Sequence[Question], answering: Answering) -> tuple[str, ...]:
    """Warn of the questions none of whose evidence the articles hold: they can only fail."""
    text = matching_form(" ".join(_passage_texts(answering)))
    answerable = [question for question in asked if question.answerable]
    missing = [
        question.id
        for question in answerable
        if not any(matching_form(sentence) in text for sentence in question.expected)
    ]
    if not missing:
        return ()
    if len(missing) == len(answerable):
        raise EvaluationError(
            f"{name}: none of the evidence is in the {answering.status().documents} indexed articles; "
            "expected questions on them: set RAWI_ARTICLES_DIR, then rawi reindex"
        )
    some = ", ".join(missing[:_NAMED]) + (
        f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    )
    return (f"the evidence of {len(missing)} questions is not in the indexed articles: {some}",)


def _passage_texts(answering: Answering) -> Iterator[str]:
    for article in answering.articles():
        for ordinal in count():
            passage = answering.passage(article.document_id, ordinal)
            if passage is None:
                break
            yield passage.text


def _read(files: Sequence[Path], limit: int | None) -> list[QuestionSet]:
    if limit is not None and limit < 1:
        raise EvaluationError(f"a limit of {limit} leaves no question; expected at least 1: --limit 100")
    sets = [read_questions(path) for path in files]
    names = [questions.name for questions in sets]
    for name in names:
        if names.count(name) > 1:
            # A report is compared with another by these names.
            raise EvaluationError(
                f"two question files are named {name}; expected different names: mv one of them"
            )
    return sets


def _prepare(json_out: Path | None, plots: Path | None) -> None:
    """Make the folders that will be written to; raises EvaluationError where that, or plotting, cannot be."""
    if plots:
        from bot.evaluation_plots import require_matplotlib

        require_matplotlib()
    for folder in [*([json_out.parent] if json_out else []), *([plots] if plots else [])]:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EvaluationError(
                f"{folder} cannot be made: {error.strerror or error}; expected a folder to write to"
            ) from None
    if json_out and json_out.is_dir():
        raise EvaluationError(
            f"{json_out} is a folder; expected a file to write: --json {json_out}/report.json"
        )


def _write_json(report: EvaluationReport, path: Path) -> None:
    text = json.dumps(asdict(report), ensure_ascii=False, indent=1)
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise EvaluationError(
            f"{path} cannot be written: {error.strerror or error}; choose another file"
        ) from None
