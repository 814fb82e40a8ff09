"""The dial of latent steps on its lane: what is known is sent at once; what is not is measured
with the run's own model when somebody turns it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from lab.errors import LabError
from lab.panels.run.dial_value import (
    DialTurned,
    DialValue,
    MeasureDial,
    dial_team,
    dial_value,
)
from lab.records import Record
from lab.records import step_sweeps as kept
from lab.records.step_sweeps import MOST
from lab.ui.frame.address import Address, Arrival
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.waiting import DeviceRequest
from lab.ui.widgets import Kind, message
from lab.words import say

if TYPE_CHECKING:
    from lab.models.pool import HostPool

DIAL = Kind("dial.js", DialValue, {"measure": MeasureDial, "turned": DialTurned})
PROBLEMS = 24
"""Of a rate that is measured live."""
LARGEST = 50_000_000
"""Parameters; larger models are not measured live."""


def build() -> gr.HTML:
    """The holder of what is known; it draws nothing itself, the lane whose steps they are does."""
    return DIAL.widget(DialValue(), elem_id="dial", label="number of latent steps")


def wire(ctx: Ctx, picture: gr.HTML) -> None:
    """Another record redraws it; its own wish measures what is missing; where the thumb rests
    stands in the address."""
    thumb = gr.State(None)

    def placed(record_id: str | None, arrived: Address, rest: DialTurned | None) -> int | None:
        if rest is not None and rest.record == record_id:
            return rest.m
        return arrived.dial if arrived.record == record_id else None

    def show(record_id: str, arrived: Address, rest: DialTurned | None, visit: int) -> DialValue:
        put = {"at": placed(record_id, arrived, rest), "visit": visit}
        return _Dial(ctx, record_id).value().model_copy(update=put)

    def measure(event: gr.EventData, visit: int) -> Iterator[DialValue]:
        for value in _measured(ctx, message(MeasureDial, event).record):
            yield value.model_copy(update={"visit": visit})

    def turned(event: gr.EventData) -> DialTurned:
        return message(DialTurned, event)

    def read(record_id: str | None, arrived: Address, rest: DialTurned | None) -> dict[str, Any]:
        return {"dial": placed(record_id, arrived, rest)}

    def put(arrival: Arrival) -> list[Any]:
        if (arrival.address.dial or 0) > MOST:
            arrival.ignore("dial")
            arrival.address = arrival.address.model_copy(update={"dial": None})
        return [None]

    ctx.redraw("side_by_side", show, [ctx.arrived, thumb, ctx.visit], [picture])
    ctx.when(picture.measure, measure, [ctx.visit], [picture], device=True)
    ctx.when(picture.turned, turned, [], [thumb])
    ctx.addresses(Share([ctx.record, ctx.arrived, thumb], read, [thumb], put, [thumb.change]))


class _Dial:
    """What is known of a record's dial."""

    def __init__(self, ctx: Ctx, record_id: str) -> None:
        self.ctx, self.record_id = ctx, record_id
        self.record: Record = ctx.open(record_id)
        self.team = dial_team(self.record)
        self.own = Path(ctx.service.records_dir) / "sweeps"
        self.answers: kept.AnswerSweep | None = None
        self.rates: kept.RateSweep | None = None
        if self.team is not None:
            folders = [kept.SHIPPED, self.own]
            self.problem = kept.problem_asked(self.team, self.record.problem)
            self.rate = kept.rate_asked(self.team, self.record.plan, PROBLEMS)
            self.answers = kept.find_sweep(kept.AnswerSweep, self.problem, folders)
            self.rates = kept.find_sweep(kept.RateSweep, self.rate, folders)

    @property
    def measurable(self) -> bool:
        """Whether its model is small enough, and the run is over."""
        if self.team is None or self.record.status == "running":
            return False
        return int(self.record.host(self.team.host).get("params") or LARGEST + 1) <= LARGEST

    def value(self, working: bool = False, told: str = "") -> DialValue:
        """The picture of it."""
        return dial_value(
            self.record,
            self.record_id,
            self.answers,
            self.rates,
            measurable=self.measurable,
            working=working,
            told=told,
        )


def _measured(ctx: Ctx, record_id: str) -> Iterator[DialValue]:
    """Measure what is missing: the answers, then the rate, which fills in batch by batch."""
    dial = _Dial(ctx, record_id)
    if not dial.measurable:
        yield dial.value()
        return

    problem, rate = dial.problem, dial.rate

    def answers(pool: HostPool) -> kept.AnswerSweep:
        from lab.experiments.failure.every_m import sweep_answers

        return sweep_answers(problem, pool.get)

    def batch(pool: HostPool, before: kept.RateSweep | None) -> kept.RateSweep:
        from lab.experiments.failure.every_m import AT_ONCE, joined, rates_from

        part = rate.model_copy(update={"n": AT_ONCE})
        return joined(before, rates_from(part, pool.get, before.asked.n if before else 0))

    try:
        if dial.answers is None:
            yield from _waiting(ctx, dial, answers, say("said.dial.answers"))
            kept.keep_sweep(dial.answers, dial.own) if dial.answers else None
        while dial.rates is None or dial.rates.asked.n < PROBLEMS:
            done = dial.rates.asked.n if dial.rates else 0
            told = say("said.dial.rates", done=done, n=PROBLEMS)
            yield from _waiting(ctx, dial, partial(batch, before=dial.rates), told)
        kept.keep_sweep(dial.rates, dial.own)
    except LabError as error:
        yield dial.value(told=str(error))
        return
    yield dial.value()


def _waiting(ctx: Ctx, dial: _Dial, work: Any, told: str) -> Iterator[DialValue]:
    """Have one piece of work done, and show it; meanwhile the place in line."""
    request = DeviceRequest(ctx.service, "dial", work)
    before = None
    for line in request.lines():
        if (line or told) != before:
            before = line or told
            yield dial.value(working=True, told=before)
    found = request.result()
    if isinstance(found, kept.AnswerSweep):
        dial.answers = found
    else:
        dial.rates = found
    yield dial.value(working=True, told=told)
