"""`evaluate` from question files to tables, JSON and plots, on a fake of answering."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.evaluating import evaluate
from bot.protocols import Answering
from index.errors import EvaluationError, IndexMissingError
from index.evaluation.comparison import read_report
from index.evaluation.report import EvaluationReport
from knowledge.documents import parse
from knowledge.types import Document
from tests.word_answering import WordAnswering

ARTICLE = (
    "بدأت قصة التعدين في كازاخستان عام 2021. تراجع دورها بحلول منتصف عام 2023. انتقلت الشركات إلى دول أخرى."
)
LINES: list[dict[str, Any]] = [
    {
        "id": "start",
        "question": "متى بدأت قصة التعدين؟",
        "kind": "factual",
        "evidence": ["بدأت قصة التعدين في كازاخستان عام 2021."],
        "answerable": True,
    },
    {
        "id": "moved",
        "question": "أين ذهبت شركات التعدين؟",
        "kind": "paraphrase",
        "evidence": ["انتقلت الشركات إلى دول أخرى."],
        "answerable": True,
    },
    {"id": "count", "question": "كم انتقلت الشركات إلى دول؟", "kind": "near_miss", "answerable": False},
    {"id": "cook", "question": "طبخة لذيذة؟", "kind": "off_topic", "answerable": False},
]
SQUAD: dict[str, Any] = {
    "data": [
        {
            "paragraphs": [
                {
                    "context": "وقعت غزوة بدر عام 624. شارك فيها المسلمون.",
                    "qas": [
                        {"id": "badr", "question": "متى وقعت غزوة بدر؟", "answers": [{"text": "عام 624"}]}
                    ],
                },
                {
                    "context": "ولد الرازي في مدينة الري عام 2000. كان طبيبا.",
                    "qas": [
                        {"id": "born", "question": "في أي عام ولد الرازي؟", "answers": [{"text": "2000"}]},
                        {"id": "work", "question": "ماذا كان عمله؟", "answers": [{"text": "طبيبا"}]},
                    ],
                },
            ]
        }
    ]
}


@dataclass
class Run:
    """The calls of `evaluate` and what it wrote."""

    folder: Path
    article: str = ARTICLE
    opened: int = 0
    temporaries: list[list[str]] = field(default_factory=list)
    open_temporaries: int = 0
    answering: list[WordAnswering] = field(default_factory=list)
    progress: list[tuple[str, int, int]] = field(default_factory=list)
    text: str = ""

    def write(self, name: str, content: Any) -> Path:
        path = self.folder / name
        lines = [json.dumps(row, ensure_ascii=False) for row in content] if name.endswith("l") else None
        path.write_text("\n".join(lines) if lines else json.dumps(content), encoding="utf-8")
        return path

    def current(self) -> Answering:
        self.opened += 1
        self.answering.append(WordAnswering([parse(self.article, "article.txt")]))
        return self.answering[-1]

    @contextmanager
    def temporary(self, documents: Sequence[Document]) -> Iterator[Answering]:
        self.temporaries.append([document.id for document in documents])
        self.answering.append(WordAnswering(documents))
        self.open_temporaries += 1
        yield self.answering[-1]
        self.open_temporaries -= 1

    def __call__(self, *files: Path, **options: Any) -> EvaluationReport:
        out = io.StringIO()
        options = {"current": self.current, "temporary": self.temporary, "out": out, **options}
        report = evaluate(files, progress=lambda *call: self.progress.append(call), **options)
        self.text = out.getvalue()
        return report


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_questions_on_the_articles(run: Run) -> None:
    report = run(run.write("dev.jsonl", LINES))
    (own,) = report.files
    assert [(row.id, row.hit, row.answered) for row in own.outcomes] == [
        ("start", True, True),
        ("moved", False, False),
        ("count", False, True),
        ("cook", False, False),
    ]
    assert (own.metrics.answer_hit, own.metrics.refused, own.metrics.false_answers) == (0.5, 0.5, 0.5)
    assert own.by_kind["near_miss"].false_answers == 1.0
    assert (own.format, own.index.documents, own.warnings) == ("questions", 1, ())
    assert run.progress == [("dev.jsonl", number, 4) for number in range(5)]
    assert "| answer_hit" in run.text


def test_every_question_is_asked_once_and_forced(run: Run) -> None:
    run(run.write("dev.jsonl", LINES))
    assert run.answering[0].asked == [(row["question"], True) for row in LINES]


def test_a_squad_file_is_asked_on_one_index_of_its_contexts(run: Run) -> None:
    (own,) = run(run.write("set.json", SQUAD)).files
    assert run.temporaries == [["0001.txt", "0002.txt"]]
    assert run.open_temporaries == 0
    assert run.opened == 0
    assert [(row.id, row.hit, row.rank) for row in own.outcomes] == [
        ("badr", True, 1),
        ("born", True, 1),
        ("work", True, 1),
    ]
    # The year alone was marked in one of three: exactly the gold answer.
    assert (own.metrics.with_spans, own.metrics.exact_match) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_the_passage_given_is_an_index_of_that_document_alone(run: Run) -> None:
    (own,) = run(run.write("set.json", SQUAD), given_passage=True).files
    assert run.temporaries == [["0001.txt"], ["0002.txt"]]
    assert [row.id for row in own.outcomes] == ["badr", "born", "work"]
    assert own.given_passage
    assert run.progress[-1] == ("set.json", 3, 3)
    assert "set.json (passage given)" in run.text


def test_a_limit_keeps_every_document(run: Run) -> None:
    (own,) = run(run.write("set.json", SQUAD), limit=1).files
    assert len(own.outcomes) == 1
    assert run.temporaries == [["0001.txt", "0002.txt"]]
    with pytest.raises(EvaluationError, match="a limit of 0 leaves no question"):
        run(run.write("set.json", SQUAD), limit=0)


def test_several_files_are_reported_in_the_order_given(run: Run) -> None:
    files = [run.write("set.json", SQUAD), run.write("dev.jsonl", LINES), run.write("more.jsonl", LINES[:1])]
    report = run(*files)
    assert [own.name for own in report.files] == ["set.json", "dev.jsonl", "more.jsonl"]
    assert run.opened == 1


def test_the_written_report_is_the_one_returned(run: Run) -> None:
    written = run.folder / "new" / "report.json"
    report = run(run.write("dev.jsonl", LINES), json_out=written)
    assert read_report(written) == report
    rows = json.loads(written.read_text(encoding="utf-8"))["files"][0]["outcomes"]
    assert rows[1]["quoted"] == ["بدأت قصة التعدين في كازاخستان عام 2021."]
    assert rows[1]["expected"] == ["انتقلت الشركات إلى دول أخرى."]


def test_a_run_is_compared_with_one_before_which_it_may_replace(run: Run) -> None:
    path, written = run.write("dev.jsonl", LINES), run.folder / "report.json"
    run(path, json_out=written)
    run.article = ARTICLE.replace("انتقلت", "ذهبت شركات التعدين أي انتقلت")
    after = run(path, json_out=written, compare=written)
    assert read_report(written) == after
    answer_hit = next(line for line in run.text.splitlines()[::-1] if line.startswith("| answer_hit"))
    assert [cell.strip() for cell in answer_hit.split("|")[2:5]] == ["0.500", "1.000", "+0.500"]
    assert "gained (1): moved" in run.text
    assert "lost" not in run.text


def test_plots_are_drawn(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    arabic = [{**LINES[0], "kind": "سؤال"}, *LINES[1:]]
    run(run.write("أسئلة dev.jsonl", arabic), plots=tmp_path / "plots")
    drawn = [Path(line) for line in run.text.splitlines() if line.endswith(".png")]
    assert [path.name for path in drawn] == [
        "أسئلة-dev-risk-coverage.png",
        "أسئلة-dev-calibration.png",
        "أسئلة-dev-confusion.png",
    ]
    for path in drawn:
        image = imread(path)
        assert image.shape[0] > 400
        assert image.shape[1] > 600
        assert 0.005 < (image[..., :3].min(axis=2) < 0.9).mean() < 0.7


def test_missing_matplotlib_is_said_before_a_question_is_asked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EvaluationError, match=r"pip install 'rawi\[plots\]'"):
        run(run.write("dev.jsonl", LINES), plots=tmp_path / "plots")
    assert run.opened == 0


def test_evidence_that_the_articles_lack_is_named(run: Run) -> None:
    stranger = {**LINES[0], "id": "stranger", "evidence": ["جملة من مقال آخر."]}
    (own,) = run(run.write("dev.jsonl", [*LINES, stranger])).files
    assert own.warnings == ("the evidence of 1 questions is not in the indexed articles: stranger",)
    assert "dev.jsonl: warning: the evidence of 1 questions" in run.text


def test_questions_on_other_articles_are_refused(run: Run) -> None:
    run.article = "مقال آخر تماما عن الطبخ."
    with pytest.raises(
        EvaluationError, match=r"dev\.jsonl: none of the evidence is in the 1 indexed articles"
    ):
        run(run.write("dev.jsonl", LINES))


def test_a_missing_index_is_said_before_a_long_squad_run(run: Run) -> None:
    def missing() -> Answering:
        raise IndexMissingError("no index; run: rawi reindex")

    with pytest.raises(IndexMissingError):
        run(run.write("set.json", SQUAD), run.write("dev.jsonl", LINES), current=missing)
    assert run.temporaries == []


@pytest.mark.parametrize("option", ["json_out", "plots"])
def test_a_place_that_cannot_be_written_to_is_said_before_a_question_is_asked(run: Run, option: str) -> None:
    path = run.write("dev.jsonl", LINES)
    with pytest.raises(EvaluationError, match=r"cannot be made: .*; expected a folder to write to"):
        run(path, **{option: path / "below" / "out"})
    assert run.opened == 0


def test_what_cannot_be_compared_or_told_apart_is_refused_first(run: Run, tmp_path: Path) -> None:
    path = run.write("dev.jsonl", LINES)
    with pytest.raises(EvaluationError, match=r"none\.json does not exist"):
        run(path, compare=tmp_path / "none.json")
    with pytest.raises(EvaluationError, match=r"two question files are named dev\.jsonl"):
        run(path, path)
    with pytest.raises(EvaluationError, match="is a folder; expected a file to write"):
        run(path, json_out=tmp_path)
    assert run.opened == 0


def test_nothing_heavy_is_imported_to_print_tables() -> None:
    program = (
        "import sys, bot.evaluating; "
        "heavy = {'torch', 'faiss', 'matplotlib', 'onnxruntime', 'telegram', 'rich'}; "
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
