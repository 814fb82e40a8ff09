"""What “Memory” shows, as a part of the page's address: the lane, how growth is counted, and whose
reading of whom is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from lab.events import PromptRead
from lab.panels.states.memory_values import lanes_of
from lab.records import Record
from lab.ui.frame.address import Address, Arrival, MemoryAddress
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.controls import ignore_unknown, linked

OF_RECORD = ("lane", "reader", "writer")
"""Choices that depend on the record."""


def agents_in(record: Record, lane: str | None) -> list[str]:
    """Agents of a lane that read a prompt."""
    return list(
        dict.fromkeys(
            e.agent for e in record.events if isinstance(e, PromptRead) and e.lane == lane
        )
    )


def first_values(record: Record, lane: str | None = None) -> dict[str, Any]:
    """What a fresh record shows: its first lane (or this one), its last reader, its first
    writer."""
    lanes = lanes_of(record)
    chosen = lane if lane in lanes else (lanes[0] if lanes else None)
    readers = agents_in(record, chosen)
    last, first = (readers[-1], readers[0]) if readers else (None, None)
    return {"lane": chosen, "reader": last, "writer": first}


def of_record(record: Record, part: MemoryAddress) -> dict[str, Any]:
    """What an address says of the choices that depend on the record, where the record has it."""
    said = {"lane": part.lane} if part.lane in lanes_of(record) else {}
    agents = agents_in(record, first_values(record, part.lane)["lane"])
    for name in ("reader", "writer"):
        if getattr(part, name) in agents:
            said[name] = getattr(part, name)
    return said


def wire_address(
    ctx: Ctx, known: gr.State, controls: dict[str, Any], changes: Sequence[Any]
) -> None:
    """The controls stand in the address and come back from it.

    Args:
        known: id of the record that the choices were filled from.
        controls: by the fields of `MemoryAddress`.
        changes: listeners after which they may be others.
    """
    fixed = {"by": controls["by"]}

    def read(
        record_id: str | None, arrived: Address, known: str | None, *values: Any
    ) -> dict[str, Any]:
        now = dict(zip(controls, values, strict=True))
        said = {"by": now["by"]} if now["by"] != fixed["by"].value else {}
        if record_id and known == record_id:
            first = first_values(ctx.open(record_id), now["lane"])
            lanes = lanes_of(ctx.open(record_id))
            said |= {name: now[name] for name in OF_RECORD[1:] if now[name] != first[name]}
            if lanes and now["lane"] != lanes[0]:
                said["lane"] = now["lane"]
        elif arrived.record == record_id:
            said |= {name: getattr(arrived.memory, name) for name in OF_RECORD}
        return {"memory": MemoryAddress.model_validate(said)}

    def put(arrival: Arrival) -> list[Any]:
        part = arrival.address.memory
        ignore_unknown(arrival, "memory", OF_RECORD, lambda one: of_record(ctx.open(one), part))
        return [None, *linked(fixed, part, "memory", arrival)]

    inputs = [ctx.record, ctx.arrived, known, *controls.values()]
    ctx.addresses(Share(inputs, read, [known, *fixed.values()], put, changes))
