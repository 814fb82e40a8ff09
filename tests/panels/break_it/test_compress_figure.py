"""The curves show the table's shares; what is enough is judged by intervals."""

from lab.files import EXPERIMENTS
from lab.panels.break_it.compress_figure import accuracy_by_bytes, curve_of, enough, verdict
from lab.records.results import ResultTable


def table() -> ResultTable:
    """100 problems: 4 of 10 bytes by lot 10 right, the least alike 50 at 4 and 98 at 8 bytes."""
    made = ResultTable.start("compress", {"experiment": "compress"})

    def rows(right: int, size: float, **more: object) -> list[dict[str, object]]:
        return [
            {"problem": i, "accuracy": float(i < right), "bytes": size, "curve": "", **more}
            for i in range(100)
        ]

    made.add("nothing", rows(5, 0), "none", "floor")
    made.add("whole memory", rows(100, 100), "kv", "method")
    for rule, slots, right, size in (
        ("random", 4, 10, 40),
        ("unlike", 4, 50, 40),
        ("unlike", 8, 98, 80),
        ("unlike", 16, 100, 100),
    ):
        made.add(f"{rule}, all, {slots}", rows(right, size, curve=f"all/{rule}", x=slots), "kv")
    return made


def test_a_line_per_rule_ends_before_the_memory_is_whole() -> None:
    assert [(b, size, e.value) for b, size, e in curve_of(table(), "all", "unlike")] == [
        (4, 40, 0.5),
        (8, 80, 0.98),
    ]
    line = next(t for t in accuracy_by_bytes(table()).data if t.name == "least alike")
    assert list(line.x) == [40, 80] and list(line.y) == [0.5, 0.98]
    assert line.error_y.array[0] > 0.05


def test_enough_is_where_the_intervals_meet() -> None:
    point = enough(table(), "all", "unlike")
    assert point is not None and point[0] == 8
    assert enough(table(), "all", "random") is None


def test_the_shipped_result_has_every_rule_and_its_controls() -> None:
    shipped = ResultTable.open(EXPERIMENTS / "compress")
    names = {trace.name for trace in accuracy_by_bytes(shipped).data}
    assert {"by lot (control)", "least alike", "most alike", "in words"} <= names
    assert "by lot" in verdict(shipped)


def test_without_a_measurement_the_figure_says_how_to_get_one() -> None:
    assert "compress" in accuracy_by_bytes(None).layout.annotations[0].text
    assert verdict(None) == ""
