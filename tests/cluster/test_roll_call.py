"""Who is lost, owed and silent: followed by hand, with a clock that is set."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lab.cluster.roll_call import SILENT_S, RollCall


class Clock:
    """Stands still until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Line:
    """Calls on their way; some have been answered."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.come: set[str] = set()

    def ask(self, worker: str) -> str:
        self.calls.append(worker)
        return f"{worker}{len(self.calls)}"

    def answered(self, calls: Sequence[str]) -> Collection[str]:
        return [call for call in calls if call in self.come]


def test_who_does_not_answer_is_silent_until_an_answer_comes() -> None:
    clock, line = Clock(), Line()
    roll, staff = RollCall(clock), {"a": "a", "b": "b"}
    roll.call(staff, line.ask, line.answered)
    clock.now += SILENT_S + 1
    line.come = {"b2"}
    assert roll.call(staff, line.ask, line.answered) == {"b": "b2"}
    assert line.calls == ["a", "b", "b"]  # who has not answered is not called twice
    assert roll.silent_s("a") == SILENT_S + 1 and roll.silent_s("b") == 0
    line.come |= {"a1"}
    roll.call(staff, line.ask, line.answered)
    assert roll.silent_s("a") == 0
    clock.now += SILENT_S + 1
    roll.call({"b": "b"}, line.ask, line.answered)
    assert roll.silent_s("a") == 0 and roll.silent_s("b") > 0  # who has gone is not missed


def test_a_lost_one_is_owed_until_another_has_started_or_its_machine_has_left() -> None:
    clock = Clock()
    roll = RollCall(clock)
    roll.machines_are({"m", "n"})
    assert roll.last() is None
    for node in ("m", "n", "n"):
        roll.bury({"machine": f"host {node}", "node": node, "runs": 2, "seconds": 3.0}, "relay")
    assert (roll.lost, roll.runs, roll.seconds) == (3, 6, 9.0)
    assert roll.owed(late=1) == 1 and roll.owed(late=5) == 3
    roll.arrived()
    assert roll.owed(late=5) == 2
    clock.now += 7
    last = roll.last()
    assert last is not None and not last["left"]
    assert (last["machine"], last["at"], last["seconds"]) == ("host n", "relay", 7)
    roll.machines_are({"m"})
    last = roll.last()
    assert last is not None and last["left"] and roll.owed(late=5) == 0


def test_trouble_is_over_once_one_has_started_or_the_machines_are_others() -> None:
    roll = RollCall(Clock())
    roll.trouble = "no lab there"
    roll.machines_are({"m"})
    assert not roll.trouble
    roll.trouble = "no lab there"
    roll.machines_are({"m"})
    assert roll.trouble == "no lab there"
    roll.arrived()
    assert not roll.trouble
