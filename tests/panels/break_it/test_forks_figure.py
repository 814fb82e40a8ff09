"""Three panels of the table's means; each nudge stands beside its controls."""

import pytest

from lab.files import EXPERIMENTS
from lab.panels.break_it.forks_figure import nudge_of, path_of, paths_and_nudges, verdict
from lab.records.results import ResultTable


@pytest.fixture(scope="module")
def table() -> ResultTable:
    return ResultTable.open(EXPERIMENTS / "forks")


def test_paths_are_aligned_at_the_fork(table: ResultTable) -> None:
    line = dict(path_of(table, "one model", "entropy"))
    assert list(line) == [-5, -4, -3, -2, -1, 0, 1, 2]
    assert line[0] == table.estimate("one model, token +0", "entropy")
    assert line[0].value > 100 * line[-1].value


def test_nudges_are_the_table_s_rates_with_controls_beside(table: ResultTable) -> None:
    assert dict(nudge_of(table, "at", "flipped"))[0.2] == table.estimate("nudge at, 0.2", "flipped")
    names = [trace.name for trace in paths_and_nudges(table).data]
    assert "one token after (control)" in names
    assert "at the fork, direction by lot (control)" in names
    assert all(trace.error_y.array is not None for trace in paths_and_nudges(table).data)


def test_the_caption_says_what_was_measured(table: ResultTable) -> None:
    told = verdict(table)
    at = 100 * table.estimate("nudge at, 0.2", "flipped").value
    assert f"A nudge of 20 % at the fork turns {at:.0f} % of the answers as meant" in told
    assert "Liv Moor was born in" in told


def test_without_a_measurement_the_figure_says_how_to_get_one() -> None:
    assert "forks" in paths_and_nudges(None).layout.annotations[0].text
    assert verdict(None) == ""
