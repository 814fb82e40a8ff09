"""The river that parts: every kept path is drawn once, nudges beside their control by lot."""

import pytest

from lab.files import EXPERIMENTS
from lab.panels.break_it.fork_picture import paths, told
from lab.records.results import ResultTable


@pytest.fixture(scope="module")
def table() -> ResultTable:
    return ResultTable.open(EXPERIMENTS / "forks")


def test_every_path_is_a_line_and_all_of_one_model_share_the_way_to_the_fork(
    table: ResultTable,
) -> None:
    one = table.meta["pictures"][0]
    fig = paths(table)
    assert len([t for t in fig.data if t.mode == "lines+markers"]) == len(one["paths"])
    mine = [p for p in one["paths"] if p["who"] == "one model"]
    assert len({tuple(p["y"][: one["at"] + 1]) for p in mine}) == 1
    modes = {p["mode"] for p in mine}
    assert {"first", "second"} <= modes
    ends = {m: {p["y"][one["at"] + 1] for p in mine if p["mode"] == m} for m in ("first", "second")}
    assert not ends["first"] & ends["second"]
    assert sum(p["count"] for p in mine) == table.meta["spec"]["samples"]


def test_a_nudge_stands_beside_its_control(table: ResultTable) -> None:
    one = table.meta["pictures"][0]
    kinds = [p["who"] for p in one["paths"]]
    assert kinds.count("at") == 1 and kinds.count("greedy") == 1 and kinds.count("random") == 4
    names = {trace.name for trace in paths(table).data}
    assert "nudge by lot (control)" in names and "nudge along the gradient" in names


def test_the_caption_counts_what_was_drawn(table: ResultTable) -> None:
    one = table.meta["pictures"][0]
    first = sum(
        p["count"] for p in one["paths"] if p["who"] == "one model" and p["mode"] == "first"
    )
    assert f"{first} end in “{one['first']}”" in told(table)


def test_without_paths_the_figure_says_how_to_get_them() -> None:
    assert "forks" in paths(None).layout.annotations[0].text and told(None) == ""
