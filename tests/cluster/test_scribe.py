"""What is written of a run whose worker died: once, however often it is begun, and where it cannot
be repeated the record says so.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path

import pytest

from lab import events as ev
from lab.cluster.scribe import Scribe, Unrepeatable
from lab.plan import PlanProblem
from lab.records import Record
from tests.service.test_runner import SINGLE, plan

PROBLEM = PlanProblem(question="How many coins?")
STARTED = ev.RunStarted("", 0.0, "run", "How many coins?", "", None, "interleaved")


def token(text: str, at: float) -> ev.TokenOut:
    return ev.TokenOut("single", at, "solo", 1, text, 7, -0.5, 1.0, None, 9)


def test_a_run_that_is_done_again_is_told_once_and_what_it_does_else_is_said(
    tmp_path: Path,
) -> None:
    told: list[ev.Event] = []
    scribe = Scribe(plan(SINGLE), tmp_path / "run", told.append, lambda _: None, deque())

    def begin(*events: ev.Event) -> None:
        scribe.take("begin", (PROBLEM, {}))
        for event in events:
            scribe.take("event", (event, 0.0))

    begin(STARTED, token("six", 0.1))
    scribe.again()
    begin(STARTED, token("six", 0.7))  # at another time: the same course
    assert told == [STARTED, token("six", 0.1)] and not scribe.broken
    scribe.again()
    with pytest.raises(Unrepeatable, match="done again the run took another course") as raised:
        begin(STARTED, token("seven", 0.1))
    assert scribe.broken and "\n" not in str(raised.value)
    scribe.end("failed", str(raised.value))
    record = Record.open(tmp_path / "run")
    assert record.status == "failed" and isinstance(record.events[-1], ev.RunFailed)
    assert record.events[-1].message == str(raised.value)
