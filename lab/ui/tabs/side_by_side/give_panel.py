"""A thought dragged onto another agent's card: that agent is asked with it in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import gradio as gr
from pydantic import ValidationError

from lab.errors import LabError
from lab.panels.run.given_value import GivenRow, GivenValue, GiveThought, TakeBack
from lab.panels.style import number
from lab.roster import roster
from lab.ui.frame.address import Arrival, GivenAddress
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.waiting import DeviceRequest
from lab.ui.tabs.side_by_side.dial_panel import LARGEST
from lab.ui.widgets import Kind, message
from lab.words import say

if TYPE_CHECKING:
    from lab.experiments.failure.patching import Patched
    from lab.models.pool import HostPool

GIVEN = Kind("given.js", GivenValue)
_COMING = count(1)
"""Of thoughts that came with an address."""


def build() -> gr.HTML:
    """The holder of the answers; it draws nothing itself, the lanes show what it holds."""
    return GIVEN.widget(GivenValue(), elem_id="given", label="a thought given")


def wire(ctx: Ctx, lanes: gr.HTML, held: gr.HTML) -> None:
    """A thought that arrives on a card, or comes with a link, is measured there with its controls;
    which one it is stands in the address until somebody takes it back."""
    last = gr.State(None)
    """The last `GiveThought` that was asked, or the `TakeBack` of it."""
    came = gr.State((0, None))
    """Changes with every address that was opened; the thought that it gives."""

    def ask(wanted: GiveThought) -> Iterator[GivenValue]:
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

    def given(event: gr.EventData) -> Iterator[tuple[Any, GivenValue]]:
        wanted = message(GiveThought, event)
        for value in ask(wanted):
            yield wanted, value

    def taken(event: gr.EventData) -> tuple[Any, GivenValue]:
        return message(TakeBack, event), GivenValue()

    def linked(coming: tuple[int, GiveThought | None]) -> Iterator[GivenValue]:
        wanted = coming[1]
        if wanted is not None and is_small(ctx, wanted):
            yield from ask(wanted)

    def read(
        record_id: str | None, coming: tuple[int, Any], now: GiveThought | TakeBack | None
    ) -> dict[str, Any]:
        shown = coming[1] if now is None else now
        if not isinstance(shown, GiveThought) or shown.record != record_id:
            return {"given": GivenAddress()}
        return {"given": GivenAddress(**shown.model_dump(exclude={"record"}))}

    def put(arrival: Arrival) -> list[Any]:
        wanted = of_address(ctx, arrival)
        if wanted is None:
            return [None, (0, None), GivenValue()]
        return [None, (next(_COMING), wanted), asked_for(wanted)]

    ctx.when(lanes.give, given, [], [last, held], device=True, trigger_mode="always_last")
    ctx.when(lanes.take, taken, [], [last, held])
    ctx.when(came.change, linked, [came], [held], device=True, trigger_mode="always_last")
    inputs = [ctx.record, came, last]
    ctx.addresses(Share(inputs, read, [last, came, held], put, [last.change, came.change]))


def of_address(ctx: Ctx, arrival: Arrival) -> GiveThought | None:
    """The thought that an address gives, if its record has it and the one that it is given to;
    what it has not is ignored."""
    part, record_id = arrival.address.given, arrival.address.record
    said = {name: value for name, value in part.model_dump().items() if value is not None}
    if not said:
        return None
    try:
        wanted = GiveThought(record=record_id or "", **said)
        agents = roster(ctx.open(wanted.record).plan)
    except (ValidationError, LabError):
        pass
    else:
        giver = agents.card(wanted.lane, wanted.agent)
        if giver and wanted.step <= giver.steps and agents.card(wanted.to_lane, wanted.to_agent):
            return wanted
    for name in said:
        arrival.ignore(f"given.{name}")
    return None


def is_small(ctx: Ctx, wanted: GiveThought) -> bool:
    """Whether all models of both lanes are so small that a link may have them asked unasked."""
    record = ctx.open(wanted.record)
    agents = roster(record.plan)
    hosts = {card.host for lane in (wanted.lane, wanted.to_lane) for card in agents.of(lane)}
    return all(int(record.host(name).get("params") or LARGEST + 1) <= LARGEST for name in hosts)


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
