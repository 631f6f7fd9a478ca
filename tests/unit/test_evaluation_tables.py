"""What a person reads of an evaluation."""

from dataclasses import replace

from bot.evaluation_tables import comparison_text, report_text, table
from index.evaluation.comparison import compare
from index.evaluation.report import EvaluationReport, Outcome, report_file
from index.reports import IndexStatus
from tests.unit.test_evaluation_report import BLANK, ROWS, report_of


def lines_of(*rows: Outcome, worst: int = 5) -> list[str]:
    return report_text(report_of(rows), worst=worst).splitlines()


def test_a_table_is_aligned_markdown() -> None:
    assert table([["", "a.jsonl"], ["hit@1", "0.500"]]) == (
        "|       | a.jsonl |\n|-------|--------:|\n| hit@1 |   0.500 |"
    )


def test_figures_that_nothing_was_measured_for_are_left_out() -> None:
    lines = lines_of(*ROWS[:4])
    figures = [tuple(cell.strip() for cell in line.split("|")[1:3]) for line in lines[: lines.index("")]]
    assert {("answer_hit", "0.500"), ("sentences a quotation", "1.333"), ("p50 ms", "10.0")} < set(figures)
    assert "false answers" not in dict(figures)
    assert "false answers" in "".join(lines_of(*ROWS[4:]))
    unmarked = [replace(row, span="") for row in ROWS]
    assert not any("marked words" in line for line in lines_of(*unmarked))


def test_every_kind_and_language_has_its_line_where_there_are_several() -> None:
    lines = lines_of(*ROWS)
    assert any(line.startswith("| near_miss ") and line.endswith(" 1.000 |") for line in lines)
    assert any(line.startswith("| arz ") for line in lines)
    assert not any(", kind" in line or ", language" in line for line in lines_of(ROWS[0], ROWS[1]))


def test_failures_say_what_was_quoted_and_what_should_have_been() -> None:
    text = report_text(report_of(ROWS), worst=5)
    wrong = text.index("confidently wrong: 2")
    assert wrong < text.index("wrong (factual, 0.70)") < text.index("near (near_miss, 0.60)")
    assert "quoted:   \u2067أ / ب\u2069\n    expected: \u2067نص\u2069\n" in text
    assert "expected: nothing: the articles do not say" in text
    assert "refused though right: 1\n  refused (why, 0.30)" in text
    assert "off_topic, 0.20" not in text


def test_only_the_worst_are_shown_but_all_are_counted() -> None:
    text = "\n".join(lines_of(*ROWS, worst=1))
    assert "confidently wrong: 2" in text
    assert "near (near_miss" not in text
    assert "confidently wrong" not in "\n".join(lines_of(*ROWS, worst=0))


def test_a_quotation_from_another_document_is_told() -> None:
    row = replace(BLANK, answered=True, quoted_from="0002.txt", expected_from="0001.txt")
    assert "\u2069 from 0002.txt, not from 0001.txt" in "\n".join(lines_of(row))


def test_warnings_and_files_side_by_side() -> None:
    status = IndexStatus("g-1", 1, 2, 3, "model", "2026-01-01")
    one = report_file("one.jsonl", ROWS, status, is_squad=False, warnings=["evidence of q-9 is missing"])
    two = report_file("two.json", ROWS[:4], status, is_squad=True, given_passage=True)
    text = report_text(EvaluationReport(1, "2026-01-01", (one, two)), worst=0)
    head, *rest = text.splitlines()
    assert [cell.strip() for cell in head.split("|")[2:4]] == ["one.jsonl", "two.json (passage given)"]
    false_answers = next(line for line in rest if line.startswith("| false answers"))
    assert [cell.strip() for cell in false_answers.split("|")[2:4]] == ["0.500", "–"]
    hits = next(line for line in rest if line.startswith("| hit@1 "))
    assert [cell.strip() for cell in hits.split("|")[2:4]] == ["0.500", "–"]
    assert "one.jsonl: warning: evidence of q-9 is missing" in rest


def test_a_comparison_names_what_changed_and_its_interval() -> None:
    after = (replace(ROWS[0], hit=False), replace(ROWS[1], hit=True, rank=1), *ROWS[2:5])
    text = comparison_text(compare(report_of(ROWS), report_of(after)))
    mrr = next(line for line in text.splitlines() if line.startswith("| MRR@10"))
    assert [cell.strip() for cell in mrr.split("|")[2:6]] == ["0.562", "0.750", "+0.188", "+0.000 … +0.562"]
    assert "gained (1): wrong" in text
    assert "lost (1): right" in text
    assert "only before (1): off" in text
    assert "newly answered falsely" not in text
    assert "| p50 ms " in text
    assert "marked words" not in comparison_text(compare(report_of(ROWS[3:]), report_of(ROWS[3:])))
