"""Two runs over the same questions: what changed, and whether chance alone could have done it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from index.errors import EvaluationError
from index.evaluation.metrics import reciprocal_rank
from index.evaluation.questions import describe, read_text
from index.evaluation.report import EvaluationReport, FileReport, Metrics, Outcome, measure

RESAMPLES = 10_000
_CHUNK = 500
_SEED = 20_240_601


@dataclass(frozen=True, slots=True)
class Interval:
    """A paired bootstrap 95 % interval of a mean difference, after minus before."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FileComparison:
    """What changed for one question file; all figures are of the questions that both runs asked."""

    name: str
    common: int
    before: Metrics
    after: Metrics
    intervals: dict[str, Interval]
    """Of `answer_hit` and `mrr_at_10`; empty without answerable questions."""
    gained: tuple[str, ...]
    """Ids whose forced quotation became right."""
    lost: tuple[str, ...]
    newly_false: tuple[str, ...]
    """Ids of unanswerable questions that are answered now."""
    no_longer_false: tuple[str, ...]
    only_before: tuple[str, ...]
    """Ids that the earlier run alone asked, or asked in other words."""
    only_after: tuple[str, ...]


def read_report(path: Path) -> EvaluationReport:
    """Read what `--json` wrote; raises EvaluationError where the file is something else."""
    try:
        return TypeAdapter(EvaluationReport).validate_json(read_text(path))
    except ValidationError as error:
        raise EvaluationError(
            f"{path} is no report of this version: {describe(error)}; "
            "make one: rawi evaluate FILE --json report.json"
        ) from None


def compare(before: EvaluationReport, after: EvaluationReport) -> tuple[FileComparison, ...]:
    """Compare the files that both runs measured in the same way, by name.

    Raises EvaluationError where no file, or no question of a file, is in both.
    """
    earlier = {own.title: own for own in before.files}
    pairs = [(earlier[own.title], own) for own in after.files if own.title in earlier]
    if not pairs:
        raise EvaluationError(
            f"the earlier report is of {', '.join(earlier)}, this run of "
            f"{', '.join(own.title for own in after.files)}; expected a file in both"
        )
    return tuple(compare_files(*pair) for pair in pairs)


def compare_files(before: FileReport, after: FileReport) -> FileComparison:
    """Compare two runs over one file; raises EvaluationError where they have no question in common."""
    earlier = {(row.id, row.question): row for row in before.outcomes}
    later = {(row.id, row.question): row for row in after.outcomes}
    common = [key for key in later if key in earlier]
    if not common:
        raise EvaluationError(
            f"{after.name}: the two runs have no question in common; expected the same file"
        )
    old, new = [earlier[key] for key in common], [later[key] for key in common]
    pairs = list(zip(old, new, strict=True))
    return FileComparison(
        name=after.title,
        common=len(common),
        before=measure(old),
        after=measure(new),
        intervals=_intervals([pair for pair in pairs if pair[1].answerable]),
        gained=tuple(new.id for old, new in pairs if new.hit and not old.hit),
        lost=tuple(new.id for old, new in pairs if old.hit and not new.hit),
        newly_false=tuple(new.id for old, new in pairs if _false(new) and not _false(old)),
        no_longer_false=tuple(new.id for old, new in pairs if _false(old) and not _false(new)),
        only_before=tuple(id_ for id_, text in earlier if (id_, text) not in later),
        only_after=tuple(id_ for id_, text in later if (id_, text) not in earlier),
    )


def paired_bootstrap(
    differences: Sequence[float], *, resamples: int = RESAMPLES, seed: int = _SEED
) -> Interval:
    """Return the 95 % percentile interval of the mean of paired differences (Efron & Tibshirani 1993).

    Seeded: the same differences give the same interval.
    """
    values = np.asarray(differences, dtype=np.float64)
    generator = np.random.default_rng(seed)
    even = np.full(len(values), 1 / len(values))
    # In chunks, and as counts a question: 10,000 resamples of 1,400 questions at once would take 112 MB.
    means = np.concatenate(
        [
            generator.multinomial(len(values), even, size=min(_CHUNK, resamples - done))
            @ values
            / len(values)
            for done in range(0, resamples, _CHUNK)
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(low), float(high))


def _intervals(pairs: Sequence[tuple[Outcome, Outcome]]) -> dict[str, Interval]:
    if not pairs:
        return {}
    return {
        "answer_hit": paired_bootstrap([float(new.hit) - float(old.hit) for old, new in pairs]),
        "mrr_at_10": paired_bootstrap(
            [reciprocal_rank(new.rank) - reciprocal_rank(old.rank) for old, new in pairs]
        ),
    }


def _false(row: Outcome) -> bool:
    return row.answered and not row.answerable
