"""An evaluation as PNG files: risk and coverage, calibration, what became of each kind of question.

Matplotlib does not join Arabic letters, so what is drawn is Latin; a name in another script gets a number.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import EvaluationError
from index.evaluation.report import EvaluationReport, FileReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 144
_RIGHT, _WRONG, _REFUSED, _REFERENCE = "#1b7f5c", "#c0392b", "#6b7785", "#52606d"


def require_matplotlib() -> None:
    """Raise EvaluationError naming the command that installs what the plots need, where it is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise EvaluationError(
            "plots were asked for and matplotlib is not installed: pip install 'rawi[plots]'"
        ) from None


def draw(report: EvaluationReport, folder: Path) -> list[Path]:
    """Write three PNG files for each question file into `folder` and return their paths."""
    drawings = (("risk-coverage", _risk_coverage), ("calibration", _calibration), ("confusion", _confusion))
    paths = []
    for number, own in enumerate(report.files, start=1):
        title = _latin(own.name, f"file {number}")
        stem = re.sub(r"[^\w.-]+", "-", Path(own.name).stem)
        for name, drawing in drawings:
            paths.append(_save(folder / f"{stem}-{name}.png", title, own, drawing))
    return paths


def _save(path: Path, title: str, own: FileReport, drawing: Any) -> Path:
    # A Figure of our own: pyplot keeps every figure in a global and may want a display.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.8), dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    axes.set_title(f"{title}, {own.metrics.questions} asked", loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    drawing(axes, own)
    try:
        figure.savefig(path)
    except OSError as error:
        raise EvaluationError(
            f"{path} cannot be written: {error.strerror or error}; expected a folder to write to"
        ) from None
    return path


def _risk_coverage(axes: "Axes", own: FileReport) -> None:
    points = own.risk_coverage
    axes.plot([point.coverage for point in points], [point.risk for point in points], color=_WRONG,
              label="this run")  # fmt: skip
    right = sum(row.hit for row in own.outcomes) / len(own.outcomes)
    coverages = [number / 200 for number in range(1, 201)]
    axes.plot(coverages, [max(0.0, 1 - right / coverage) for coverage in coverages], ":", color=_REFERENCE,
              label="a confidence that is never mistaken")  # fmt: skip
    axes.axhline(
        1 - right, linestyle="--", linewidth=1, color=_REFUSED, label="a confidence that says nothing"
    )
    answered = [row for row in own.outcomes if row.answered]
    if answered:
        wrong = sum(not row.hit for row in answered) / len(answered)
        axes.plot(len(answered) / len(own.outcomes), wrong, "o", color=_RIGHT, label="as set now")
    axes.set(xlim=(0, 1.02), ylim=(0, None), xlabel="coverage: share of questions answered")
    axes.set_ylabel("risk: share of answers that are wrong")
    area = own.metrics.area_under_risk_coverage
    axes.legend(frameon=False, fontsize=9, title=f"area under the curve {area:.3f}", alignment="left",
                ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.14))  # fmt: skip


def _calibration(axes: "Axes", own: FileReport) -> None:
    most = max(one.count for one in own.calibration)
    axes.plot([0, 1], [0, 1], "--", color=_REFUSED, linewidth=1, label="perfectly calibrated")
    axes.plot([one.confidence for one in own.calibration], [one.right for one in own.calibration],
              color=_RIGHT, linewidth=1)  # fmt: skip
    axes.scatter([one.confidence for one in own.calibration], [one.right for one in own.calibration],
                 s=[20 + 60 * one.count / most for one in own.calibration], color=_RIGHT, zorder=3,
                 label="questions of similar confidence")  # fmt: skip
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.set(xlabel="confidence", ylabel="share whose quotation is right")
    error = own.metrics.calibration_error
    axes.legend(frameon=False, fontsize=9, title=f"expected calibration error {error:.3f}", alignment="left",
                loc="upper left")  # fmt: skip


def _confusion(axes: "Axes", own: FileReport) -> None:
    labels, counts = _confusion_rows(own)
    start = [0.0] * len(labels)
    parts = (("answered rightly", _RIGHT), ("answered wrongly", _WRONG), ("refused", _REFUSED))
    for part, (name, colour) in enumerate(parts):
        shares = [row[part] / sum(row) for row in counts]
        bars = axes.barh(labels, shares, left=start, color=colour, label=name, height=0.7)
        texts = [str(row[part] or "") for row in counts]
        axes.bar_label(bars, labels=texts, label_type="center", color="white", fontsize=9)
        start = [before + share for before, share in zip(start, shares, strict=True)]
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="share of the questions; numbers are questions")
    axes.legend(frameon=False, fontsize=9, ncols=3, loc="lower center", bbox_to_anchor=(0.5, -0.25))


def _confusion_rows(own: FileReport) -> tuple[list[str], list[tuple[int, int, int]]]:
    """The label of each kind, answerable ones first, and how many of it were right, wrong and refused."""
    labels, counts = [], []
    # A kind that cannot be drawn is named by its row in the printed table.
    numbered = list(enumerate(own.by_kind.items(), start=1))
    for number, (kind, metrics) in sorted(numbered, key=lambda item: item[1][1].answerable == 0):
        members = [row for row in own.outcomes if row.kind == kind]
        right = sum(row.answered and row.hit for row in members)
        wrong = sum(row.answered and not row.hit for row in members)
        labels.append(_latin(kind, f"kind {number}") + ("" if metrics.answerable else " (no answer)"))
        counts.append((right, wrong, len(members) - right - wrong))
    return labels, counts


def _latin(name: str, otherwise: str) -> str:
    """The name where its letters can be drawn one by one, else another."""
    return name if name.isascii() else otherwise
