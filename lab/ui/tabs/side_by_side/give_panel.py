"""A thought dragged onto another agent's card: that agent is asked with it in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from lab.errors import LabError
from lab.panels.run.given_value import GivenRow, GivenValue, GiveThought
from lab.panels.style import number
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import DeviceRequest
from lab.ui.widgets import Kind, message
from lab.words import say

if TYPE_CHECKING:
    from lab.experiments.failure.patching import Patched
    from lab.models.pool import HostPool

GIVEN = Kind("given.js", GivenValue)


def build() -> gr.HTML:
    """The holder of the answers; it draws nothing itself, the lanes show what it holds."""
    return GIVEN.widget(GivenValue(), elem_id="given", label="a thought given")


def wire(ctx: Ctx, lanes: gr.HTML, held: gr.HTML) -> None:
    """A thought that arrives on a card is measured there with its controls."""

    def given(event: gr.EventData) -> Iterator[GivenValue]:
        wanted = message(GiveThought, event)
        value = asked_for(wanted).model_copy(update={"working": True})
        yield value
        try:
            request = DeviceRequest(
                ctx.service, "give a thought", work_for(ctx, wanted), same=wanted.model_dump_json()
            )
            before = ""
            for line in request.lines():
                if line != before:
                    before = line
                    yield value.model_copy(update={"told": line})
            yield measured(wanted, request.result())
        except LabError as error:
            yield asked_for(wanted).model_copy(update={"told": str(error)})

    ctx.when(lanes.give, given, [], [held], device=True, trigger_mode="always_last")


def asked_for(wanted: GiveThought) -> GivenValue:
    """What was given to whom, and nothing measured yet."""
    return GivenValue(**wanted.model_dump())


def measured(wanted: GiveThought, patched: Patched) -> GivenValue:
    """What was measured, as it is shown."""
    rows = tuple(
        GivenRow(
            given=one.given,
            answer=one.answer,
            correct=one.correct,
            nll=number(one.nll, say("said.unit.nats")),
        )
        for one in patched.answers
    )
    return asked_for(wanted).model_copy(
        update={
            "rows": rows,
            "target": patched.target,
            "sender": patched.sender,
            "receiver": patched.receiver,
            "same_space": patched.same_space,
            "own_step": patched.own_step,
            "agrees": patched.agrees,
        }
    )


def work_for(ctx: Ctx, wanted: GiveThought) -> Any:
    """The work for the device; the record is opened here, by whoever asks."""
    record = ctx.open(wanted.record)

    def work(pool: HostPool) -> Patched:
        from lab.experiments.failure.patching import ThoughtAt, give_thought

        thought = ThoughtAt(wanted.lane, wanted.agent, wanted.step)
        return give_thought(record, thought, wanted.to_lane, wanted.to_agent, pool.get)

    return work
