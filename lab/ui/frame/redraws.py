"""What is redrawn for another record: one event for all tabs, which redraws the one in front, and
the lanes in any case.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from lab.ui.frame.context import QUIET, Ctx, Redraw


def wire(ctx: Ctx) -> None:
    """Redraw the tab in front when the record on the page changes, or an address of it is opened.

    Args:
        ctx: with everything that tabs gave to `Ctx.redraw`.
    """
    inputs, outputs = Redraw.parts(ctx.redraws)

    def redraw(request: gr.Request, record_id: str | None, front: str, *values: Any) -> list[Any]:
        given = dict(zip(inputs, values, strict=True))
        told: dict[Any, Any] = {}
        with ctx.asking(request):
            for one in ctx.redraws:
                if one.tab == front or (one.tab is None and record_id):
                    told |= one.values(given, record_id)
        return [told.get(part, gr.skip()) for part in outputs]

    for change in (ctx.record.change, ctx.visit.change):
        change(redraw, [ctx.record, ctx.tab, *inputs], outputs, **QUIET)
