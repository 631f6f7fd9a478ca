"""An evaluation as text: aligned Markdown tables, so that a README can take them over."""

from collections.abc import Mapping, Sequence

from index.evaluation.comparison import FileComparison
from index.evaluation.report import (
    EvaluationReport,
    FileReport,
    Metrics,
    Outcome,
    confidently_wrong,
    refused_though_right,
)

_LABELS: Mapping[str, str] = {
    "questions": "questions",
    "answerable": "answerable",
    "hit_at_1": "hit@1",
    "hit_at_5": "hit@5",
    "hit_at_10": "hit@10",
    "mrr_at_10": "MRR@10",
    "ndcg_at_10": "nDCG@10",
    "answer_hit": "answer_hit",
    "answered_rightly": "answered rightly",
    "answered_wrongly": "answered wrongly",
    "refused": "refused though answerable",
    "false_answers": "false answers",
    "auroc_near_miss": "AUROC, near misses",
    "auroc_unanswerable": "AUROC, all unanswerable",
    "calibration_error": "calibration error (ECE)",
    "brier": "Brier score",
    "area_under_risk_coverage": "area under risk-coverage",
    "sentences_per_quotation": "sentences a quotation",
    "with_spans": "answers with marked words",
    "exact_match": "exact match of marked words",
    "token_f1": "token F1 of marked words",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
}
_RANKING = ("hit_at_1", "hit_at_5", "hit_at_10", "mrr_at_10", "ndcg_at_10")
_MARKED_WORDS = ("with_spans", "exact_match", "token_f1")
_GROUP_COLUMNS = ("questions", "answer_hit", "answered_rightly", "refused", "false_answers")
_ISOLATE, _POP = "\u2067", "\u2069"


def report_text(report: EvaluationReport, *, worst: int) -> str:
    """Return the figures of every file, then each file's kinds, languages and `worst` failures."""
    parts = [_figures(report.files)]
    for own in report.files:
        parts += [f"{own.name}: warning: {warning}" for warning in own.warnings]
        for title, groups in (("kind", own.by_kind), ("language", own.by_language)):
            if len(groups) > 1:
                parts.append(_groups(own.name, title, groups))
        parts += _failures(own, worst)
    return "\n\n".join(parts) + "\n"


def comparison_text(comparisons: Sequence[FileComparison]) -> str:
    """Return what changed since an earlier run."""
    return "".join(f"\n{_comparison(own)}\n" for own in comparisons)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned Markdown table; the first row is the head, columns after the first go right."""
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ) + " |"
        for row in rows
    ]  # fmt: skip
    rule = (
        "|" + "|".join(f"-{'-' * width}{':' if column else '-'}" for column, width in enumerate(widths)) + "|"
    )
    return "\n".join([lines[0], rule, *lines[1:]])


def _figures(files: Sequence[FileReport]) -> str:
    rows = [["", *(own.title for own in files)]]
    for field, label in _LABELS.items():
        # Among the passages of the one right document, every ranking is right.
        cells = [
            "–" if own.given_passage and field in _RANKING else _cell(own.metrics, field) for own in files
        ]
        if any(cell != "–" for cell in cells):
            rows.append([label, *cells])
    return table(rows)


def _cell(metrics: Metrics, field: str) -> str:
    value: float | None = getattr(metrics, field)
    if value is None or (field in _MARKED_WORDS and not metrics.with_spans):
        return "–"
    if field.endswith("_ms"):
        return f"{value:.1f}"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _groups(name: str, title: str, groups: Mapping[str, Metrics]) -> str:
    rows = [[f"{name}, {title}", *(_LABELS[field] for field in _GROUP_COLUMNS)]]
    rows += [[label, *(_cell(own, field) for field in _GROUP_COLUMNS)] for label, own in groups.items()]
    return table(rows)


def _failures(own: FileReport, worst: int) -> list[str]:
    lists = (
        ("أخطاء أُجيب بها بثقة · confidently wrong", confidently_wrong(own.outcomes)),
        ("امتناع مع أن الاقتباس صحيح · refused though right", refused_though_right(own.outcomes)),
    )
    return [
        f"{own.name}: {title}: {len(rows)}\n" + "\n".join(map(_failure, rows[:worst]))
        for title, rows in lists
        if rows and worst > 0
    ]


def _failure(row: Outcome) -> str:
    elsewhere = row.expected_from and row.quoted_from not in ("", row.expected_from)
    source = f" from {row.quoted_from}, not from {row.expected_from}" if elsewhere else ""
    lines = [f"  {row.id} ({row.kind}, {row.confidence:.2f})", f"    asked:    {_line([row.question])}"]
    lines.append(f"    quoted:   {_line(row.quoted)}{source}")
    if not row.hit:
        expected = _line(row.expected) if row.answerable else "nothing: the articles do not say"
        lines.append(f"    expected: {expected}")
    return "\n".join(lines)


def _line(texts: Sequence[str]) -> str:
    """One line of text of any direction inside a line that runs from left to right."""
    return _ISOLATE + " / ".join(" ".join(text.split()) for text in texts) + _POP if texts else "nothing"


def _comparison(own: FileComparison) -> str:
    rows = [[f"{own.name}, {own.common} questions in both", "before", "after", "change", "95 % interval"]]
    for field, label in _LABELS.items():
        cells = [_cell(own.before, field), _cell(own.after, field)]
        if field in ("questions", "answerable") or "–" in cells:
            continue
        change = getattr(own.after, field) - getattr(own.before, field)
        interval = own.intervals.get(field)
        shown = f"{interval.low:+.3f} … {interval.high:+.3f}" if interval else ""
        rows.append([label, *cells, f"{change:+.1f}" if field.endswith("_ms") else f"{change:+.3f}", shown])
    changed = [
        f"{title} ({len(ids)}): {', '.join(ids)}"
        for title, ids in (
            ("gained", own.gained),
            ("lost", own.lost),
            ("newly answered falsely", own.newly_false),
            ("no longer answered falsely", own.no_longer_false),
            ("only before", own.only_before),
            ("only after", own.only_after),
        )
        if ids
    ]
    return "\n".join([table(rows), *changed])
