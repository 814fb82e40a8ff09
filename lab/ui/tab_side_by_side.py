"""Side by side: one question, the methods in columns, drawn while they work and redrawn from any record."""

from __future__ import annotations

from typing import Any

import gradio as gr

from lab.panels.lanes import lanes_state
from lab.ui.context import Ctx
from lab.ui.widgets import empty, widget


def build(ctx: Ctx) -> dict[str, gr.HTML]:
    """The lanes."""
    return {"lanes": widget("lanes.js", empty(ctx.t("empty.lanes")), elem_id="lanes", label="lanes")}


def wire(ctx: Ctx, parts: dict[str, Any]) -> None:
    """Redraw the lanes with the record."""
    ctx.selects(parts["lanes"])
    ctx.redraw("side_by_side", lambda record_id: lanes_state(ctx.open(record_id).events), [], [parts["lanes"]])
