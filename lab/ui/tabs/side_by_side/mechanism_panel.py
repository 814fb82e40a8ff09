"""The mechanism beside the lanes: one agent's latent steps, drawn from the record."""

from __future__ import annotations

from typing import Any

import gradio as gr

from lab.panels.states.mechanism import mechanism_value
from lab.panels.states.mechanism_value import MechanismValue
from lab.panels.value import FromBrowser, Pick
from lab.ui.frame.context import Ctx
from lab.ui.widgets import Kind, message


class ShowAgent(FromBrowser):
    """Whose steps are wanted."""

    record: str
    lane: str
    agent: str


MECHANISM = Kind("mechanism.js", MechanismValue, {"pick": Pick, "show": ShowAgent})


def build() -> gr.HTML:
    """The picture; nothing until there is a record in which somebody thinks in latents."""
    return MECHANISM.widget(MechanismValue(), elem_id="mechanism", label="one latent step")


def wire(ctx: Ctx, picture: gr.HTML) -> None:
    """Another record, or another agent, redraws it; a step chosen in it is the page's selection."""
    ctx.selects(picture)

    def arrive(record_id: str) -> Any:
        return mechanism_value(ctx.open(record_id), record_id)

    def other(event: gr.EventData) -> Any:
        wanted = message(ShowAgent, event)
        return mechanism_value(ctx.open(wanted.record), wanted.record, wanted.lane, wanted.agent)

    ctx.redraw("side_by_side", arrive, [], [picture])
    ctx.when(picture.show, other, [], [picture], trigger_mode="always_last")
