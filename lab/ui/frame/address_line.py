"""The page's address line: an address that comes is opened, and what the page shows is written to
it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from pydantic import ValidationError

from lab.errors import LabError
from lab.panels.states.choose import selection_at
from lab.panels.value import Selection
from lab.presets import starting_preset
from lab.ui.frame.address import LOOK, STEPS, Address, Arrival, entries, keys, parse
from lab.ui.frame.context import QUIET, Ctx
from lab.ui.frame.frame_values import AddressOpened, AddressValue
from lab.ui.tabs.order import FIRST
from lab.ui.widgets import message
from lab.words import say

ADDRESS_KEYS = tuple(key for key in keys() if key not in LOOK)


def first_record(ctx: Ctx) -> str | None:
    """What the page opens on: a shipped run of its starting preset if there is one, else the newest
    record."""
    for folder in reversed(ctx.folders):
        finished = [item for item in ctx.listed(folder) if item["status"] == "finished"]
        for item in sorted(finished, key=lambda item: item["name"] != starting_preset()):
            return Path(item["folder"]).name
    return None


def wire(ctx: Ctx, page: gr.Blocks, address: gr.HTML, container: gr.Tabs) -> None:
    """A link, Back and Forward, a teacher or a button bring the page to an address; every change of
    what it shows is told to the browser."""
    put = [out for share in ctx.shares for out in share.outputs]
    opening = [
        ctx.record,
        ctx.tab,
        container,
        ctx.selection,
        ctx.arrived,
        ctx.visit,
        ctx.serial,
        address,
        *put,
    ]

    def arrive(request: gr.Request) -> list[Any]:
        arrival = parse(dict(request.query_params))
        with ctx.asking(request, arrival.address.lang):
            return _open(ctx, arrival, 0, None, 0)

    def went(
        request: gr.Request, event: gr.EventData, record_id: str | None, visit: int
    ) -> list[Any]:
        try:
            came = message(AddressOpened, event)
        except LabError:
            return [gr.skip()] * len(opening)
        try:
            with ctx.asking(request):
                return _open(ctx, parse(came.query), came.serial, record_id, visit)
        except LabError as error:  # answered all the same: the page asks until it is
            refused = AddressValue(notice=str(error), serial=came.serial)
            told = {ctx.serial: came.serial, address: refused}
            return [told.get(part, gr.skip()) for part in opening]

    def goes(query: Callable[[gr.EventData], str]) -> Callable[..., list[Any]]:
        def go(
            request: gr.Request,
            event: gr.EventData,
            record_id: str | None,
            visit: int,
            serial: int,
        ) -> list[Any]:
            try:
                with ctx.asking(request):
                    there = _open(ctx, parse(query(event)), serial, record_id, visit)
            except LabError:
                return [gr.skip()] * len(opening)
            there[opening.index(ctx.serial)] = gr.skip()  # a later address may have come meanwhile
            return there

        return go

    page.load(arrive, None, opening, **QUIET)
    address.went(went, [ctx.record, ctx.visit], opening, **QUIET)
    for listener, query in ctx.openers:
        listener(goes(query), [ctx.record, ctx.visit, ctx.serial], opening, **QUIET)

    def told(
        request: gr.Request,
        serial: int,
        record_id: str | None,
        tab: str,
        chosen: Selection | None,
        *values: Any,
    ) -> AddressValue:
        with ctx.asking(request):
            return address_value(ctx, record_id, tab, chosen, values, serial)

    gr.on(
        [
            *(state.change for state in (ctx.record, ctx.tab)),  # the selection's: `selecting`
            *(change for share in ctx.shares for change in share.changes),
        ],
        told,
        [ctx.serial, ctx.record, ctx.tab, ctx.selection, *watched(ctx)],
        address,
        trigger_mode="always_last",
        **QUIET,
    )


def watched(ctx: Ctx) -> list[Any]:
    """What the address is made of beside record, tab and selection: the inputs of all shares, one
    after the other.

    Args:
        ctx: of the page, with all shares.
    """
    return [value for share in ctx.shares for value in share.inputs]


def _open(ctx: Ctx, arrival: Arrival, serial: int, record_id: str | None, visit: int) -> list[Any]:
    """Bring to the page what an address says; a missing record is named where it would have stood.

    Args:
        serial: the browser's number of this address.
        record_id: of the record on the page.
        visit: the last one.
    """
    address = arrival.address
    wanted = address.record or first_record(ctx)
    address = arrival.address = address.model_copy(update={"record": wanted})
    tab = address.tab or FIRST
    if tab not in ctx.tabs:
        arrival.ignore("tab")
        tab = FIRST
    selection = None
    if wanted and address.point is not None:
        try:
            selection = selection_at(ctx.open(wanted), wanted, address.point)
        except LabError:
            arrival.ignore("point")
    put = [value for share in ctx.shares for value in share.put(arrival)]
    notice = ""
    if arrival.ignored:
        notice = say("said.address.ignored", names=", ".join(arrival.ignored))
    value = AddressValue(notice=notice, selection=selection, serial=serial)
    again = visit + 1 if wanted == record_id else gr.skip()
    opened = [wanted, tab, gr.Tabs(selected=tab), selection, arrival.address, again, serial]
    return [*opened, value, *put]


def address_value(
    ctx: Ctx,
    record_id: str | None,
    tab: str,
    selection: Selection | None,
    values: Sequence[Any],
    serial: int = 0,
) -> AddressValue:
    """The address of what the page shows.

    Args:
        values: of `watched`.
        serial: the browser's number of the address that was last opened.
    """
    said: dict[str, Any] = {
        "record": record_id,
        "tab": tab,
        "point": selection.point_id if selection and selection.lies_in(record_id) else None,
    }
    rest = iter(values)
    for share in ctx.shares:
        own = [next(rest) for _ in share.inputs]
        try:
            said |= share.read(*own)
        except LabError:
            continue
    fields = {}
    for name, value in said.items():
        try:
            fields[name] = getattr(Address.model_validate({name: value}), name)
        except ValidationError:
            continue
    return AddressValue(
        keys=ADDRESS_KEYS,
        entries=entries(Address(**fields)),
        steps=STEPS,
        selection=selection,
        serial=serial,
    )
