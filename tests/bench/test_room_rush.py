"""How fair a rush was, from cases counted by hand."""

from __future__ import annotations

import pytest

from lab.bench.room_rush import APART, RunWait, in_order


def test_only_pairs_that_pressed_clearly_apart_count() -> None:
    first, next_, last = (
        RunWait(asked=0.0, began=5.0),
        RunWait(asked=0.1, began=4.0),
        RunWait(asked=3.0),
    )
    last.began = 9.0
    assert APART > 0.1
    assert in_order([first, next_, last]) == 100.0
    last.began = 4.5  # before the first, after the next
    assert in_order([first, next_, last]) == pytest.approx(50.0)
    assert in_order([first]) == 100.0
