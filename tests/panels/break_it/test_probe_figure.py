"""The two heat-maps show the table's shares, and ◆ stands where more is read than used."""

import numpy as np

from lab.panels.break_it.probe_figure import summary, there_and_used, verdict
from lab.records.results import Metric, ResultTable

METRICS = (Metric("accuracy", "share", "rate"), Metric("read", "share", "rate"))


def table(ceiling: float = 1.0) -> ResultTable:
    """100 problems: at step 1 nothing; at step 2 read by 90 and used by 10; at step 3 both."""
    made = ResultTable.start("probe", {"experiment": "probe"}, metrics=METRICS)

    def rows(share: float, **more: object) -> list[dict[str, object]]:
        key = "read" if "curve" in more else "accuracy"
        return [{"problem": i, key: float(i < 100 * share), **more} for i in range(100)]

    names = {1: (0.05, 0.05, 0.9), 2: (0.9, 0.1, 0.01), 3: (0.9, 0.9, 0.01)}
    made.meta["probe"] = {
        "threshold": 0.1,
        "permutations": 99,
        "p": {f"step {step}, layer 0": p for step, (_, _, p) in names.items()},
    }
    for step, (read, used, _) in names.items():
        more = {"curve": "layer 0", "x": step, "control_task": 0.2}
        made.add(f"step {step}, layer 0", rows(read, **more), "probe")
        made.add(f"step {step}, layer 0", rows(used), "latent")
    made.add("nothing", rows(0.05), "none", "floor")
    made.add("text", rows(ceiling), "text", "ceiling")
    return made


def test_only_the_cell_that_is_read_and_not_used_is_marked() -> None:
    cells = summary(table()).set_index("step")
    assert cells["unused"].tolist() == [False, True, False]
    assert cells["read"].tolist() == [0.05, 0.9, 0.9]
    assert cells["used"].tolist() == [0.05, 0.1, 0.9]
    there, used = there_and_used(table()).data
    assert list(there.text[0]) == ["5", "90 ◆", "90"]
    assert list(used.text[0]) == ["5", "10", "90"]
    assert np.allclose(there.z, [[0.05, 0.9, 0.9]])


def test_a_ceiling_at_the_floor_cannot_tell() -> None:
    assert "cannot tell" in verdict(table(ceiling=0.06))
    assert "cannot tell" not in verdict(table())
    assert "1 of 3 cells" in verdict(table())


def test_without_a_measurement_the_figure_says_how_to_get_one() -> None:
    assert "probe" in there_and_used(None).layout.annotations[0].text
    assert verdict(None) == ""
