"""Somebody selects a moment, anywhere on the page: its card at once, then the address and what the
tab in front makes of it.

The card is one request outside of Gradio's queue with few inputs, so that it costs one way to the
server and back; such a request tells of no changed states, so that what follows is connected here.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.events import EventListener

from lab.errors import LabError
from lab.panels.states.choose import point_at, selection_at
from lab.panels.value import Pick, Selection
from lab.ui.frame import address_line, moment
from lab.ui.frame.context import QUIET, Ctx, Redraw
from lab.ui.widgets import message


def wire(ctx: Ctx, card: gr.HTML, address: gr.HTML) -> None:
    """Connect every widget that selects, and every tab that follows.

    Args:
        ctx: with everything that tabs gave to `Ctx.selects` and `Ctx.on_selection`.
        card: of this moment.
        address: the page's address line.
    """

    def picked(
        request: gr.Request, event: gr.EventData, record_id: str | None, before: Selection | None
    ) -> Any:
        with ctx.asking(request):
            selection = selected(ctx, record_id, before, event)
            if selection is None:
                return [gr.skip()] * 2
            return [selection, moment.moment_of(ctx, record_id, selection)]

    pick = gr.on(
        [_picked_in(source) for source in ctx.picks],
        picked,
        [ctx.record, ctx.selection],
        [ctx.selection, card],
        queue=False,
        trigger_mode="always_last",
        **QUIET,
    )
    told = address_line.watched(ctx)
    inputs, outputs = Redraw.parts(ctx.follows)

    def follow(
        request: gr.Request,
        serial: int,
        record_id: str | None,
        front: str,
        selection: Selection | None,
        *values: Any,
    ) -> list[Any]:
        given = dict(zip((*told, *inputs), values, strict=True))
        shown: dict[Any, Any] = {}
        with ctx.asking(request):
            for one in ctx.follows:
                if one.tab == front and record_id:
                    shown |= one.values(given, record_id, selection)
            said = address_line.address_value(
                ctx, record_id, front, selection, values[: len(told)], serial
            )
        return [said, *(shown.get(part, gr.skip()) for part in outputs)]

    for listener in (pick.then, ctx.selection.change):
        listener(
            follow,
            [ctx.serial, ctx.record, ctx.tab, ctx.selection, *told, *inputs],
            [address, *outputs],
            trigger_mode="always_last",
            **QUIET,
        )


def _picked_in(source: gr.HTML) -> EventListener:
    """The widget's ``pick`` as ``gr.on`` takes it; of a widget's own events Gradio makes functions
    that connect, which it does not take."""
    listener = EventListener(event_name="pick")
    vars(listener)["__self__"] = source
    return listener


def selected(
    ctx: Ctx, record_id: str | None, before: Selection | None, event: gr.EventData
) -> Selection | None:
    """What a click anywhere selects: a ``point_id``, or a ``moment`` at the layer selected before;
    None where it names neither.

    Args:
        record_id: of the record on the page.
        before: what was selected until now.
        event: with a `Pick`.
    """
    try:
        click = message(Pick, event)
        record_id = click.record or record_id
        if not record_id:
            return None
        point = click.point_id
        if point is None and click.moment is not None:
            layer = before.layer if click.layer is None and before else click.layer
            record = ctx.open(record_id)
            kept = record.points["layer"].unique() if layer is not None else ()
            point = point_at(record, click.moment, layer if layer in kept else None)
        return None if point is None else selection_at(ctx.open(record_id), record_id, point)
    except LabError as error:
        return Selection(record=record_id or "", error=str(error))
