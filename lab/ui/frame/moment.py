"""“This moment”: the one selection all panels share, as text that can be read from the back row."""

from __future__ import annotations

from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.states.moment_cards import moment_values
from lab.panels.states.moment_value import MomentValue
from lab.panels.value import Pick, Selection, Value
from lab.ui.frame.context import Ctx
from lab.ui.widgets import Kind, sentence

MOMENT = Kind("moment.js", MomentValue, {"pick": Pick})


def build(ctx: Ctx) -> gr.HTML:
    """The card; its neighbours and its steps back and forth can be clicked."""
    card = MOMENT.widget(MomentValue(), elem_id="lab-moment", label="this moment")
    ctx.selects(card)
    return card


def wire(ctx: Ctx, card: gr.HTML) -> None:
    """Redraw the card when another record or address brings another selection; one that is picked
    comes with it, see `lab.ui.frame.selecting`."""

    def opened(record_id: str, selection: Selection | None) -> Any:
        here = selection is not None and selection.lies_in(record_id)
        return gr.skip() if here else MomentValue(record=record_id)

    def show(record_id: str | None, selection: Selection | None) -> Value:
        return moment_of(ctx, record_id, selection)

    ctx.when(ctx.selection.change, show, [ctx.record, ctx.selection], [card])
    ctx.redraw(None, opened, [ctx.selection], [card])


def moment_of(ctx: Ctx, record_id: str | None, selection: Selection | None) -> Value:
    """The card of a selection, or the sentence why there is none.

    Args:
        record_id: of the record on the page.
        selection: None: nothing is selected.
    """
    if selection is None:
        return MomentValue(record=record_id or "")
    if selection.error or selection.point_id is None:
        return sentence(selection.error)
    try:
        value = moment_values(ctx.open(selection.record), [selection.point_id])[0]
    except LabError as error:
        return sentence(error)
    return value.model_copy(update={"record": selection.record})
