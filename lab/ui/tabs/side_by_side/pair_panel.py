"""Another run beside the one on the page, with what differs marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.run.pair import pair_value
from lab.panels.run.pair_value import CompareWith, PairChoice, PairValue
from lab.ui.frame.address import Address, Arrival
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.menus import in_menu
from lab.ui.widgets import Kind, message
from lab.words import known

PAIR = Kind("pair.js", PairValue, {"compare": CompareWith})


def build() -> gr.HTML:
    """The menu of records to compare with, and under it the pair."""
    return PAIR.widget(PairValue(), elem_id="pair", label="two runs as a pair")


def wire(ctx: Ctx, picture: gr.HTML) -> None:
    """A choice in its menu draws the pair; which one it is stands in the address."""
    chosen = gr.State(None)

    def beside(record_id: str | None, arrived: Address, choice: CompareWith | None) -> str | None:
        if choice is not None and choice.record == record_id:
            return choice.other or None
        return arrived.beside if arrived.record == record_id else None

    def show(record_id: str, arrived: Address, choice: CompareWith | None) -> PairValue:
        return compared(ctx, record_id, beside(record_id, arrived, choice))

    def compare(event: gr.EventData) -> tuple[Any, PairValue]:
        wanted = message(CompareWith, event)
        return wanted, compared(ctx, wanted.record, wanted.other or None)

    def read(record_id: str | None, arrived: Address, choice: CompareWith | None) -> dict[str, Any]:
        return {"beside": beside(record_id, arrived, choice)}

    def put(arrival: Arrival) -> list[Any]:
        other = arrival.address.beside
        try:
            if other is not None:
                ctx.folder_of(other)
        except LabError:
            arrival.ignore("with")
            arrival.address = arrival.address.model_copy(update={"beside": None})
        return [None]

    ctx.redraw("side_by_side", show, [ctx.arrived, chosen], [picture])
    ctx.when(picture.compare, compare, [], [chosen, picture], errors=[picture])
    ctx.addresses(Share([ctx.record, ctx.arrived, chosen], read, [chosen], put, [chosen.change]))


def compared(ctx: Ctx, record_id: str, other_id: str | None) -> PairValue:
    """The pair, or the menu alone; both records are opened by whoever asks.

    Args:
        record_id: of the record on the page.
        other_id: of the one beside it, or None.

    Raises:
        LabError: if the record on the page cannot be opened.
    """
    record = ctx.open(record_id)
    alone = PairValue(record=record_id, choices=_choices(ctx, record_id))
    if other_id is None:
        return alone
    try:
        pair = pair_value(record, ctx.open(other_id), record_id, other_id)
    except LabError as error:
        return alone.model_copy(update={"told": str(error)})
    return pair.model_copy(update={"choices": alone.choices})


def _choices(ctx: Ctx, record_id: str) -> tuple[PairChoice, ...]:
    """The records in the list of whoever asks, but for the one on the page; those of the same
    question first."""
    found = {
        Path(item["folder"]).name: item
        for folder in reversed(ctx.folders)
        for item in ctx.listed(folder)
        if item["status"] == "finished"
    }
    slips = ctx.shelf.slips()
    question = str(found.get(record_id, {}).get("question", ""))
    others = sorted(
        ((name, item) for name, item in found.items() if name != record_id),
        key=lambda pair: str(pair[1]["question"]) != question,
    )
    return tuple(
        PairChoice(id=name, title=in_menu(_title(item, slips[name].name if name in slips else "")))
        for name, item in others
    )


def _title(item: dict[str, Any], called: str) -> str:
    if called:
        return called
    name = known(str(item["title"] or item["name"]))
    return f"{name} · {str(item['question'])[:60]} · {str(item['created'])[:16]}"
