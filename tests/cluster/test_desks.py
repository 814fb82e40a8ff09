"""Who gets which worker: cases that can be worked out by hand, on machines that need not exist."""

from __future__ import annotations

import pytest

from lab.cluster.desks import Dismiss, Hire, HiredWorker, Machine, Take, Wait, decide, gpus_for
from lab.errors import ModelUnavailable

GB = 10**9
SMALL, LARGE = Machine("small", 2, 24 * GB), Machine("large", 8, 80 * GB)


@pytest.mark.parametrize(
    ("need", "machines", "gpus"),
    [
        (10 * GB, [SMALL], 1),  # 14.4 GB of one carry it
        (15 * GB, [SMALL], 2),
        (15 * GB, [SMALL, LARGE], 1),  # as few as possible: one of the large ones
        (140 * GB, [SMALL, LARGE], 3),  # 48 GB each
        (384 * GB, [SMALL, LARGE], 8),
        (140 * GB, [], 0),
        (140 * GB, [Machine("cores"), Machine("not told yet", 4)], 0),
    ],
)
def test_a_model_gets_as_few_gpus_of_one_machine_as_carry_it(
    need: int, machines: list[Machine], gpus: int
) -> None:
    assert gpus_for("m", need, machines, 0.6) == gpus


def test_a_model_that_fits_no_machine_is_one_sentence() -> None:
    with pytest.raises(ModelUnavailable, match=r"needs 400\.0 GB.*8 GPUs of 80 GB") as raised:
        gpus_for("giant", 400 * GB, [SMALL, LARGE], 0.6)
    assert "giant" in str(raised.value) and "\n" not in str(raised.value)
    with pytest.raises(ModelUnavailable):  # two machines are not one
        gpus_for("m", 40 * GB, [SMALL, Machine("other", 2, 24 * GB)], 0.6)


def test_who_has_the_models_is_taken_and_the_smallest_of_equals() -> None:
    desks = [
        HiredWorker("a", "small", 1, frozenset({"x"})),
        HiredWorker("b", "large", 4, frozenset({"x", "y"})),
        HiredWorker("c", "large", 1, frozenset({"x", "y"})),
        HiredWorker("d", "large", 1, frozenset({"x", "y", "z"}), busy=True),
    ]
    assert decide(1, {"x", "y"}, desks, [SMALL, LARGE], 10) == Take("c")
    assert decide(0, {"x"}, desks[:1], [SMALL], 2) == Take("a")
    assert decide(3, {"x"}, desks, [SMALL, LARGE], 10) == Take("b")


def test_new_ones_are_hired_as_long_as_there_is_room() -> None:
    busy = [HiredWorker("a", "m", 1, busy=True), HiredWorker("b", "", 1, busy=True)]
    assert decide(1, (), busy, [Machine("m", 3)], 3) == Hire(1)
    assert decide(1, (), busy, [Machine("m", 2)], 2) == Wait()
    cores = [HiredWorker("a", "m", busy=True)]
    assert decide(0, (), cores, [Machine("m")], 2) == Hire(0)
    assert decide(0, (), cores, [Machine("m")], 1) == Wait()


def test_idle_workers_make_room_for_a_larger_one_on_one_machine_only() -> None:
    machines = [Machine("m", 4), Machine("n", 2)]
    full = [HiredWorker(f"m{i}", "m", 1, frozenset("x" * (i + 1))) for i in range(4)]
    full += [HiredWorker("n0", "n", 1), HiredWorker("n1", "n", 1, busy=True)]
    steps = []
    while isinstance(step := decide(3, (), full, machines, 6), Dismiss):
        steps.append(step.worker)
        full = [one for one in full if one.worker != step.worker]
    assert step == Hire(3) and len(steps) == 3 and all(one.startswith("m") for one in steps)
    busy = [HiredWorker(f"m{i}", "m", 1, busy=i < 2) for i in range(4)]
    assert decide(3, (), busy, machines, 6) == Wait()  # nobody is sent away for nothing
    assert decide(2, (), busy, machines, 6) == Hire(2)  # on the other machine
