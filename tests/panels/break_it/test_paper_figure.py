"""The papers' table on the page says what the command line says, and what a task cannot show."""

from __future__ import annotations

from lab.panels.break_it.paper_figure import (
    accuracy_by_passes,
    paper_table,
    verdict,
)
from lab.panels.break_it.paper_lines import HEADS, paper_cells, paper_lines
from lab.records.results import ResultTable, read_result
from lab.words import known, shown
from tests import REPOSITORY


def shipped() -> ResultTable:
    return read_result(REPOSITORY / "assets" / "experiments" / "tasks")


def test_every_method_has_its_mark_and_its_line() -> None:
    table = shipped()
    lines = paper_lines(table)
    fig, drawn = accuracy_by_passes(table), paper_table(table)
    assert len(drawn["headers"]) == len(HEADS)
    for row, line in zip(drawn["rows"], lines, strict=True):
        assert row[0] == known(line.method) != line.method
    assert [row[1:] for row in drawn["rows"]] == [paper_cells(line)[1:] for line in lines]
    for mark, line in zip(fig.data, lines, strict=True):
        assert mark.y[0] == line.accuracy.value and abs(mark.x[0] - line.passes) < 1e-9
        assert mark.marker.symbol.endswith("-open") == (line.control == "control")


def test_a_task_that_all_solve_says_so_and_nothing_measured_is_a_sentence() -> None:
    assert shown(verdict(shipped()), "en").startswith("Every method is right")
    worse = ResultTable.open(REPOSITORY / "assets" / "experiments" / "tasks")
    worse.rows.loc[worse.rows["condition"] == "single", "accuracy"] = 0.0
    assert shown(verdict(worse), "en").startswith("Task ledger")
    assert verdict(None) == "" and len(accuracy_by_passes(None).layout.annotations) == 1
