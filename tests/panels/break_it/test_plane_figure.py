"""Lines hold what they say they hold; the plane's cells are the table's shares."""

import pytest

from lab.files import EXPERIMENTS
from lab.panels.break_it.plane_figure import ROADS, depth_and_breadth, points_of, verdict
from lab.records.results import ResultTable


@pytest.fixture(scope="module")
def table() -> ResultTable:
    return ResultTable.open(EXPERIMENTS / "plane")


def test_a_road_is_the_conditions_it_names_cheapest_first(table: ResultTable) -> None:
    rows = table.rows[table.rows["world"] == "ledger"]
    kv = next(road for road in ROADS if road.key == "kv_three")
    points = points_of(rows, kv)
    assert [grown for grown, _, _ in points] == table.meta["spec"]["steps"]
    last = table.estimate("ledger: 36 steps × 3 × 1", "accuracy", "kv")
    assert points[-1][2] == last
    assert [passes for _, passes, _ in points] == sorted(passes for _, passes, _ in points)


def test_every_world_has_its_lines_its_plane_and_its_bands(table: ResultTable) -> None:
    fig = depth_and_breadth(table)
    assert sum(trace.type == "heatmap" for trace in fig.data) == 2
    assert sum(trace.type == "scatter" for trace in fig.data) == 2 * len(ROADS)
    assert len([s for s in fig.layout.shapes if s.type == "rect"]) == 4
    grid = next(trace for trace in fig.data if trace.type == "heatmap")
    cell = table.estimate("ledger: 36 steps × 1 × 1", "accuracy", "vote").value
    assert grid.z[0][-1] == cell
    assert grid.x[-1] == "36" and grid.y[0] == "1 × 1, vote"


def test_the_caption_compares_at_about_equal_passes(table: ResultTable) -> None:
    told = verdict(table)
    assert told.count("For 30 to 50 passes") == 2
    assert "one cache, more steps" in told


def test_without_a_measurement_the_figure_says_how_to_get_one() -> None:
    assert "plane" in depth_and_breadth(None).layout.annotations[0].text
    assert verdict(None) == ""
