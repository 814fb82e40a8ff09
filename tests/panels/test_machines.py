"""The view of a cluster's workers says what they report, and nothing where nothing was done."""

from lab.panels.machines import machines_notes, machines_table

BUSY = {
    "machine": "a", "device": "cuda:0", "loaded": ["pocket-base"], "at": "relay",
    "runs": 4, "seconds": 8.0,
}  # fmt: skip
IDLE = {"machine": "b", "device": "cpu", "loaded": [], "at": "", "runs": 0, "seconds": 0.0}


def test_a_line_per_worker() -> None:
    rows = [row.cells for row in machines_table([BUSY, IDLE]).rows]
    assert rows == [
        ("a", "cuda:0", "relay", "4", "2.0 s", "pocket-base"),
        ("b", "cpu", "free", "0", "–", "–"),
    ]


def test_what_they_are_together() -> None:
    value = machines_notes([BUSY, IDLE], size=3, waiting=5, lost=1)
    assert "Workers: 2 of 3. Machines: 2." in value.strong
    assert "At work: 1. Runs waiting: 5." in value.strong
    assert "about 90 like them per minute" in value.lines[0]  # 3 workers, 2 s a run
    assert "replaced: 1." in value.lines[1]
    assert machines_notes([], size=3, waiting=0, lost=0).lines == ()
