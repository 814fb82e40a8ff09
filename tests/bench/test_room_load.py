"""A short lesson against a real server: nothing is lost, crossed or refused, also when it is
killed."""

from __future__ import annotations

import math

import pytest

from lab.bench.room import measure
from lab.bench.room_soak import ACTS

COUNTED = ("errors", "answers that were another's", "lost predictions")
KILLED = ("missing after a kill of the server", "wrong or refused after a kill")


@pytest.mark.slow
def test_a_class_of_eight_loses_nothing_not_even_when_the_server_is_killed() -> None:
    figures = {figure.name: figure for figure in measure(students=8, rounds=2, seconds=3, kills=1)}
    for name in (*COUNTED, *KILLED):
        assert figures[name].value == 0, figures[name]
    assert figures["joining"].ok
    assert figures["runs meanwhile"].ok
    assert all(math.isfinite(figure.value) for figure in figures.values())


@pytest.mark.slow
def test_whatever_a_class_does_each_answer_is_its_askers_and_nothing_is_lost() -> None:
    figures = {figure.name: figure for figure in measure(students=6, minutes=0.4)}
    for name in (*COUNTED, "lost records"):
        assert figures[name].value == 0, figures[name]
    assert figures["joining"].ok
    assert sum(figures[act.replace("_", " ")].value for act in ACTS) >= 6
