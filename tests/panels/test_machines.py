"""The view of a cluster's workers says what they report, and plainly what has become of those that
are missing.
"""

from lab.panels.machines import Standing, machines_notes, machines_table

BUSY = {
    "state": "here",
    "machine": "a",
    "device": "cuda:0",
    "loaded": ["pocket-base"],
    "at": "relay",
    "runs": 4,
    "seconds": 8.0,
}
BLANK = {"machine": "", "device": "", "loaded": [], "at": "", "runs": 0, "seconds": 0.0}
IDLE = BLANK | {"state": "here", "machine": "b", "device": "cpu"}
SILENT = IDLE | {"state": "silent", "silent_s": 12.4}
LATE = BLANK | {"state": "starting"}
OWED = BLANK | {"state": "replacing"}
LOSS = {"machine": "b", "at": "relay", "seconds": 12.9, "left": False}


def test_a_line_per_worker() -> None:
    rows = [row.cells for row in machines_table(Standing((BUSY, IDLE, SILENT, LATE, OWED), 5)).rows]
    assert rows == [
        ("a", "cuda:0", "relay", "4", "2.0 s", "pocket-base"),
        ("b", "cpu", "free", "0", "–", "–"),
        ("b", "cpu", "no answer, 12 s", "0", "–", "–"),
        ("–", "–", "starting", "–", "–", "–"),
        ("–", "–", "being replaced", "–", "–", "–"),
    ]


def test_what_they_are_together() -> None:
    value = machines_notes(Standing((BUSY, IDLE), 3, runs=6, seconds=12.0), waiting=5)
    assert "Workers ready: 2 of 3. Machines: 2." in value.strong
    assert "At work: 1. Runs waiting: 5." in value.strong
    (rate,) = value.lines
    assert "Runs so far: 6" in rate and "about 90 like them per minute" in rate  # 3 of 2 s a run
    assert machines_notes(Standing((), 3), waiting=0).lines == ()


def test_who_is_missing_is_said_with_the_reason() -> None:
    crew = Standing((BUSY, SILENT, LATE, OWED), 4, lost=2, last=LOSS, trouble="no lab on c")
    value = machines_notes(crew, waiting=0)
    assert "Workers ready: 1 of 4. Machines: 1." in value.strong
    late, owed, silent, trouble, lost = value.lines
    assert late.startswith("Starting: 1.")
    assert owed.startswith("Starting in place of lost workers: 1.")
    assert silent.startswith("No answer from 1 on b.")
    assert "no lab on c" in trouble
    assert "lost so far: 2" in lost and "on b, 12 s ago. It was at relay" in lost
    assert "left the cluster" not in lost


def test_a_machine_that_has_left_is_told_from_a_worker_that_died() -> None:
    gone = LOSS | {"left": True, "at": "", "seconds": 150.0}
    *_, lost = machines_notes(Standing((BUSY,), 1, lost=1, last=gone), waiting=0).lines
    assert "on b, 2 min ago. Its machine has left the cluster" in lost and "It was at" not in lost
