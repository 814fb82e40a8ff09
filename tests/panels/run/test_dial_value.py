"""The dial of the shipped runs: everything is known, and at the run's own m it says what the run
said."""

from __future__ import annotations

import json

import pytest

from lab.events import LaneFinished
from lab.panels.run.dial_value import DialValue, dial_team, dial_value
from lab.records import Record
from lab.records.step_sweeps import (
    MOST,
    SHIPPED,
    AnswerSweep,
    RateSweep,
    find_sweep,
    problem_asked,
    rate_asked,
)
from lab.stats import wilson
from tests import REPOSITORY

RECORDS = REPOSITORY / "assets" / "records"
THINKING = [
    path.parent.name
    for path in sorted(RECORDS.glob("*/record.json"))
    if dial_team(Record.open(path.parent)) is not None
]


def sweeps(record: Record) -> tuple[AnswerSweep | None, RateSweep | None]:
    team = dial_team(record)
    assert team is not None
    return (
        find_sweep(AnswerSweep, problem_asked(team, record.problem), [SHIPPED]),
        find_sweep(RateSweep, rate_asked(team, record.plan, 1), [SHIPPED]),
    )


@pytest.mark.parametrize("name", THINKING)
def test_the_dial_of_a_shipped_run_is_shipped_and_agrees_with_the_run(name: str) -> None:
    record = Record.open(RECORDS / name)
    answers, rates = sweeps(record)
    team = dial_team(record)
    assert team is not None
    pocket = team.host.startswith("pocket-")  # a public model has no world of problems to rate by
    known = rates is not None or not pocket
    assert answers is not None and known, f"run: python -m lab sweep {name}"
    value = dial_value(record, name, answers, rates, measurable=True)
    ended = [e for e in record.events if isinstance(e, LaneFinished) and e.lane == value.lane]
    assert value.m is not None and value.measurable == (not pocket)
    at = value.stops[value.m]
    assert (at.answer, at.correct) == (ended[0].value or ended[0].answer, ended[0].correct)
    assert any(stop.answer != at.answer for stop in value.stops)
    rate = at.rate
    assert (rate is not None) == pocket
    assert rate is None or rate.low < wilson(rate.right, rate.n).value + 1e-9 <= rate.high + 1e-4
    assert len(json.dumps(value.plain())) < 20_000


def test_without_sweeps_every_stop_is_open_and_can_be_measured() -> None:
    record = Record.open(RECORDS / THINKING[0])
    value = dial_value(record, "r", None, None, measurable=True)
    assert value.measurable and len(value.stops) == MOST + 1
    assert not any(stop.said or stop.rate for stop in value.stops)


def test_where_nobody_thinks_there_is_no_dial() -> None:
    record = Record.open(RECORDS / "almanac-coverage")
    assert dial_team(record) is None
    assert dial_value(record, "a", None, None) == DialValue(record="a")
