"""What “Drafts” shows, as a part of the page's address: the lane, whose drafts, and which two texts
are compared. The open claim is told by the cards themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from lab.panels.drafts import drafts
from lab.panels.drafts.drafts_pictures import runs_with_drafts
from lab.records import Record
from lab.ui.frame.address import Address, Arrival, DraftsAddress
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.controls import ignore_unknown

FIELDS = tuple(DraftsAddress.model_fields)


def first_values(runs: Sequence[drafts.DraftsRun], lane: str | None) -> dict[str, Any]:
    """What is shown of a lane before anybody chooses: its last reader, and a draft beside what
    that reader made of it.

    Args:
        runs: lanes in which somebody was given drafts, at least one.
        lane: the first one if None.

    Raises:
        BadInput: if there is no such lane.
    """
    run = drafts.find_run(list(runs), lane)
    names = [agent.agent for agent in run.agents]
    reader = run.readers[-1]
    given = run.drafts_for(reader)
    left, right = (given[0].agent, reader.agent) if given else (names[0], names[-1])
    return {"lane": run.lane, "reader": reader.agent, "left": left, "right": right}


def of_record(record: Record, part: DraftsAddress) -> dict[str, Any]:
    """What an address says of the choices, where the record has it."""
    runs = runs_with_drafts(record)
    if not runs:
        return {}
    said = {"lane": part.lane} if part.lane in [run.lane for run in runs] else {}
    run = drafts.find_run(runs, said.get("lane"))
    agents, readers = [a.agent for a in run.agents], [r.agent for r in run.readers]
    for name, names in (("reader", readers), ("left", agents), ("right", agents)):
        if getattr(part, name) in names:
            said[name] = getattr(part, name)
    return said


def wire_address(ctx: Ctx, known: gr.State, choices: Sequence[Any], changes: Sequence[Any]) -> None:
    """Lane, reader and the compared texts stand in the address and come back from it.

    Args:
        known: id of the record that the choices were filled from.
        choices: components in the order of `FIELDS`.
        changes: listeners after which they may be others.
    """

    def read(
        record_id: str | None, arrived: Address, known: str | None, *values: Any
    ) -> dict[str, Any]:
        part = arrived.drafts if arrived.record == record_id else DraftsAddress()
        if record_id and known == record_id:
            now = dict(zip(FIELDS, values, strict=True))
            runs = runs_with_drafts(ctx.open(record_id))
            first: dict[str, Any] = dict.fromkeys(FIELDS)
            if runs:
                first = first_values(runs, now["lane"]) | {"lane": runs[0].lane}
            part = DraftsAddress.model_validate(
                {name: value for name, value in now.items() if value and value != first[name]}
            )
        return {"drafts": part}

    def put(arrival: Arrival) -> list[Any]:
        part = arrival.address.drafts
        ignore_unknown(arrival, "drafts", FIELDS, lambda one: of_record(ctx.open(one), part))
        return [None]

    inputs = [ctx.record, ctx.arrived, known, *choices]
    ctx.addresses(Share(inputs, read, [known], put, changes))
