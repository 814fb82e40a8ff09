"""“This moment”: the one selection all panels share, as text that can be read from the back row."""

from __future__ import annotations

from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.states.choose import moment_card
from lab.panels.states.moment_value import Around, MomentValue
from lab.panels.value import Pick, Value
from lab.ui.frame.context import QUIET, Ctx
from lab.ui.widgets import Kind, sentence

MOMENT = Kind("moment.js", MomentValue, {"pick": Pick})


def build(ctx: Ctx) -> gr.HTML:
    """The card; its neighbours and its steps back and forth can be clicked."""
    card = MOMENT.widget(MomentValue(), elem_id="lab-moment", label="this moment")
    ctx.selects(card)
    return card


def wire(ctx: Ctx, card: gr.HTML) -> None:
    """Redraw the card with every selection."""

    def show(selection: Any) -> Value:
        if not selection:
            return MomentValue()
        if selection.get("error"):
            return sentence(selection["error"])
        try:
            return moment_value(ctx, selection)
        except LabError as error:
            return sentence(error)

    ctx.selection.change(show, ctx.selection, card, **QUIET)


def moment_value(ctx: Ctx, selection: dict[str, Any]) -> MomentValue:
    """The card with the points one step and one layer away.

    Raises:
        BadInput: if the record has no such point.
    """
    record = ctx.open(selection["record"])
    card = moment_card(record, selection["point_id"])
    points = record.points
    own = points[(points["lane"] == card.lane) & (points["agent"] == card.agent)]
    same_layer = own[own["layer"] == card.layer].sort_values("moment")
    same_moment = own[own["moment"] == card.moment].sort_values("layer")
    return MomentValue(
        card=card,
        steps=_around(same_layer, "moment", card.moment),
        layers=_around(same_moment, "layer", card.layer),
    )


def _around(rows: Any, column: str, here: int) -> Around:
    ids, at = rows["point_id"].tolist(), rows[column].tolist().index(here)
    return Around(
        before=ids[at - 1] if at > 0 else None, after=ids[at + 1] if at + 1 < len(ids) else None
    )
