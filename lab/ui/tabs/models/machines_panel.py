"""The workers of a cluster, where the page has one: machines, devices, models, queue, rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from lab.panels.machines import machines_notes, machines_table
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import notes, table

EVERY_S = 2.0


@dataclass
class MachineParts:
    """The panel's components."""

    notes: gr.HTML
    table: gr.HTML
    timer: gr.Timer


def build_machines(ctx: Ctx) -> MachineParts | None:
    """The panel; None where this process does everything itself."""
    if not ctx.service.desks:
        return None
    with gr.Accordion(ctx.t("models.machines"), open=True) as fold:
        ctx.label(fold, "models.machines")
        return MachineParts(
            notes("machines-notes"), table(ctx, "machines-table"), gr.Timer(EVERY_S)
        )


def wire_machines(ctx: Ctx, parts: MachineParts | None) -> None:
    """Drawn when the tab comes to front, and every two seconds while it is there."""
    if parts is None:
        return
    shown = [parts.notes, parts.table]

    def draw() -> list[Any]:
        standing = ctx.service.standing()
        if standing is None:
            return [gr.skip(), gr.skip()]
        return [machines_notes(standing, ctx.service.waiting), machines_table(standing)]

    def tick(front: str) -> list[Any]:
        return draw() if front == "models" else [gr.skip(), gr.skip()]

    ctx.when(ctx.tabs["models"].select, draw, [], shown)
    ctx.when(parts.timer.tick, tick, [ctx.tab], shown)
