"""Students stand beside their controls, taught apart from held-out, the shared false fact apart."""

import pytest

from lab.files import EXPERIMENTS
from lab.panels.drafts.distill_figure import LIVE, ROWS, students, told, verdict
from lab.records.results import ResultTable


@pytest.fixture(scope="module")
def table() -> ResultTable:
    return ResultTable.open(EXPERIMENTS / "distill")


def test_every_mark_is_the_table_s_rate_with_its_interval(table: ResultTable) -> None:
    fig = students(table)
    labels = list(fig.layout.yaxis.ticktext)
    assert len(labels) == len(ROWS)
    for legend, channel, metric in (
        ("right, questions that may be taught", "taught", "accuracy"),
        ("right, held-out questions", "not taught", "accuracy"),
        ("says the shared false fact", "planted", "says_false"),
        ("says the truth there", "planted", "accuracy"),
    ):
        mine = [trace for trace in fig.data if trace.name == legend]
        at = {labels.index(text): k for k, text in enumerate(mine[0].text)}
        row = labels.index("student of filtered mixture")
        one = table.estimate("student of filtered mixture", metric, channel)
        assert mine[0].x[at[row]] == one.value
        assert mine[0].error_x.array[at[row]] == pytest.approx(one.high - one.value)
        assert sum(len(trace.x) for trace in mine) == len(ROWS)


def test_a_live_student_stands_below_the_recorded_ones(table: ResultTable) -> None:
    live = ResultTable("distill", table.metrics, None, dict(table.meta), table.rows.copy())
    live.rows["condition"] = live.rows["condition"].replace("student of filtered mixture", LIVE[-1])
    labels = list(students(table, live).layout.yaxis.ticktext)
    assert labels[len(ROWS) :] == [
        f"here, now: {name}"
        for name in ("best proposer alone", "mixture", "student before", "student of this set")
    ]
    one = table.estimate("student of filtered mixture", "says_false", "planted")
    assert f"{100 * one.value:.0f} % [{100 * one.low:.0f}, {100 * one.high:.0f}]" in told(
        live, LIVE[-1], ()
    )


def test_the_caption_says_what_was_taken_over_and_the_limits(table: ResultTable) -> None:
    said = verdict(table)
    one = table.estimate("student of filtered mixture", "says_false", "planted")
    assert f"says the shared false fact in {100 * one.value:.0f} %" in said
    assert "One seed, one pocket model" in said


def test_without_a_measurement_the_figure_says_how_to_get_one() -> None:
    assert "distill" in students(None).layout.annotations[0].text and verdict(None) == ""
