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
    assert sum(trace.type == "scatter" for trace in fig.data) == 2 * (len(ROADS) + 1)
    assert len([s for s in fig.layout.shapes if s.type == "rect"]) == 2 * 3
    grid = next(trace for trace in fig.data if trace.type == "heatmap")
    cell = table.estimate("ledger: 36 steps × 1 × 1", "accuracy", "vote").value
    assert grid.z[0][-1] == cell
    assert grid.x[-1] == "36" and grid.y[0] == "1 × 1, vote"


def test_the_caption_compares_at_about_equal_passes(table: ResultTable) -> None:
    told = verdict(table)
    assert told.count("For 30 to 50 passes") == 2
    assert "one cache, more steps" in told


def test_layers_grow_along_one_line_at_counted_passes(table: ResultTable) -> None:
    rows = table.rows[table.rows["world"] == "ledger"]
    points = points_of(rows, next(road for road in ROADS if road.key == "more_layers"))
    assert [layers for layers, _, _ in points] == [1, 2, 3]
    assert points[2][2] == table.estimate("ledger: 8 steps × 1 × 3", "accuracy", "vote")
    assert points[2][1] == pytest.approx(3 * points[0][1], rel=0.05)
    grid = next(trace for trace in depth_and_breadth(table).data if trace.type == "heatmap")
    row = grid.y.index("1 × 3, vote")
    assert grid.text[row][2] == f"{100 * points[2][2].value:.0f}"
    assert grid.customdata[row][2][1] == f"{points[2][1]:.0f}"


def test_cells_of_equal_cost_are_framed_and_no_others(table: ResultTable) -> None:
    fig = depth_and_breadth(table)
    grid, framed = (
        next(trace for trace in fig.data if trace.type == kind and test(trace))
        for kind, test in (
            ("heatmap", lambda _: True),
            ("scatter", lambda trace: trace.marker.symbol == "square-open"),
        )
    )
    costs = {
        (x, y): grid.customdata[i][k][1] for i, y in enumerate(grid.y) for k, x in enumerate(grid.x)
    }
    inside = {where for where, passes in costs.items() if passes and 30 <= float(passes) <= 50}
    assert set(zip(framed.x, framed.y, strict=True)) == inside
    assert ("24", "1 × 1, vote") not in inside and ("36", "1 × 1, vote") in inside


def test_without_a_measurement_the_figure_says_how_to_get_one() -> None:
    assert "plane" in depth_and_breadth(None).layout.annotations[0].text
    assert verdict(None) == ""
