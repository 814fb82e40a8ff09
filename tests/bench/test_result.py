"""Goals are judged as they are written, and timed functions take turns."""

import pytest

from lab.bench.result import Measurement, at_least, at_most, median_seconds


@pytest.mark.parametrize(("value", "ok"), [(4.9, True), (5.0, True), (5.1, False)])
def test_at_most(value: float, ok: bool) -> None:
    assert at_most("size", value, 5, "MB", "x") == Measurement(
        "size", value, "MB", "≤ 5 MB", ok, "x"
    )


@pytest.mark.parametrize(("value", "ok"), [(0.9, False), (1.0, True), (2.0, True)])
def test_at_least(value: float, ok: bool) -> None:
    found = at_least("speed", value, 1, "×")
    assert (found.goal, found.ok) == ("≥ 1 ×", ok)


def test_a_figure_without_a_goal_is_neither_met_nor_missed() -> None:
    assert Measurement("count", 3, "rows").ok is None


def test_rounds_alternate_and_the_warm_up_is_not_counted() -> None:
    calls: list[str] = []
    times = median_seconds(lambda: calls.append("a"), lambda: calls.append("b"), rounds=2, warm=1)
    assert calls == ["a", "b", "a", "b", "a", "b"]
    assert len(times) == 2 and all(t >= 0 for t in times)
