"""A table on the terminal, the same as JSON and as a picture."""

import json
import platform
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "results"

Row = Mapping[str, Any]


def parser(description: str) -> ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    options = ArgumentParser(description=description)
    options.add_argument("--out", type=Path, default=RESULTS, help="folder of the JSON and PNG files")
    options.add_argument(
        "--squad", type=Path, nargs="*", default=[], help="SQuAD files whose texts and questions join ours"
    )
    return options


def report(name: str, rows: Sequence[Row], out: Path, *, picture: Mapping[str, str], notes: str = "") -> None:
    """Print `rows` and save them as `{name}.json` and `{name}.png`.

    `picture` maps the title of each panel to the column it shows, one bar a row.
    """
    _print(rows)
    if notes:
        print(notes)
    out.mkdir(parents=True, exist_ok=True)
    record = {
        "benchmark": name,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "rows": list(rows),
        "notes": notes,
    }
    (out / f"{name}.json").write_text(json.dumps(record, ensure_ascii=False, indent=2), encoding="utf-8")
    _draw(name, rows, out / f"{name}.png", picture)
    print(f"{out / name}.json, {out / name}.png")


def _print(rows: Sequence[Row]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [[_shown(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in [columns, *cells]) for i in range(len(columns))]
    for line in [columns, ["-" * width for width in widths], *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _shown(value: object) -> str:
    return f"{value:,.3f}" if isinstance(value, float) else str(value)


def _draw(name: str, rows: Sequence[Row], path: Path, picture: Mapping[str, str]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(picture), figsize=(5 * len(picture), 3.5), squeeze=False)
    for panel, (title, column) in zip(panels[0], picture.items(), strict=True):
        shown = [row for row in rows if isinstance(row.get(column), int | float)]
        labels = [str(next(iter(row.values()))) for row in shown]
        panel.barh(labels[::-1], [row[column] for row in shown][::-1], color="#2a6f97")
        panel.set_title(title, fontsize=10)
        panel.spines[["top", "right"]].set_visible(False)
    figure.suptitle(name)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
