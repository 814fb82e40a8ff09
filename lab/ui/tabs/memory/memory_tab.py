"""Memory: who wrote which slot of which cache, how caches grew, who is read by whom, and what it
cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from lab.errors import BadInput
from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.states.attention_figure import (
    attention_table,
    heads_figure,
    mass_figure,
    reading_sentence,
)
from lab.panels.states.memory_values import cost_value, growth_value, lanes_of, strip_values
from lab.panels.value import Value
from lab.panels.widget_values import notes_value, plot_value
from lab.records import Record
from lab.ui.frame.address import Address
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import (
    button,
    dropdown,
    follow_live,
    live_timer,
    notes,
    on_device,
    radio,
    table,
)
from lab.ui.frame.menus import menu
from lab.ui.tabs.memory.memory_address import agents_in, first_values, of_record, wire_address
from lab.ui.widgets import plotly_widget
from lab.words import agent_name, say

if TYPE_CHECKING:
    from lab.models.pool import HostPool


@dataclass
class Parts:
    """The tab's components."""

    known: gr.State
    lane: gr.Dropdown
    strip: gr.HTML
    notes: gr.HTML
    by: gr.Radio
    growth: gr.HTML
    reader: gr.Dropdown
    writer: gr.Dropdown
    look: gr.Button
    mass: gr.HTML
    heads: gr.HTML
    reading: gr.HTML
    cost: gr.HTML
    timer: gr.Timer


def build(ctx: Ctx) -> Parts:
    """Strip, growth, attention, cost."""
    lane = dropdown(ctx, "memory.lane")
    strip, under = plotly_widget("memory-strip", hint=say("memory.hint")), notes("memory-notes")
    with gr.Accordion(ctx.t("memory.growth"), open=True) as fold:
        ctx.label(fold, "memory.growth")
        by = radio(
            ctx,
            "memory.by",
            [(say("said.memory_tab.lane_seconds"), "at"), (say("choice.passes"), "nth")],
            "at",
        )
        growth = plotly_widget("memory-growth")
    with gr.Accordion(ctx.t("memory.attention"), open=False) as fold:
        ctx.label(fold, "memory.attention")
        with gr.Row(elem_classes="panel-row"):
            reader, writer = dropdown(ctx, "memory.reader"), dropdown(ctx, "memory.writer")
            look = button(ctx, "memory.look")
        reading = notes("memory-reading", say("memory.attention_hint"))
        mass, heads = plotly_widget("memory-mass"), plotly_widget("memory-heads")
    with gr.Accordion(ctx.t("memory.cost"), open=True) as fold:
        ctx.label(fold, "memory.cost")
        cost = table(ctx, "memory-cost")
    for chart in (strip, growth):
        ctx.selects(chart)
    return Parts(
        gr.State(None),
        lane,
        strip,
        under,
        by,
        growth,
        reader,
        writer,
        look,
        mass,
        heads,
        reading,
        cost,
        live_timer(),
    )


def wire(ctx: Ctx, parts: Parts) -> None:
    """Redraw with the record and the lane; attention only on demand."""
    shown = [parts.strip, parts.notes, parts.growth, parts.cost]

    def arrive(
        record_id: str, known: str | None, arrived: Address, lane: str | None, by: str
    ) -> tuple[Any, ...]:
        record = ctx.open(record_id)
        lanes = lanes_of(record)
        # a browser that has not heard of its lane yet asks again: what is known is the server's
        shown = known == record_id and lane in lanes
        chosen = first_values(record, lane if shown else None)
        if not shown and arrived.record == record_id:
            said = of_record(record, arrived.memory)
            chosen = first_values(record, said.get("lane")) | said
        return (record_id, *drawn(record, lanes, chosen, by))

    def drawn(record: Record, lanes: list[str], chosen: dict[str, Any], by: str) -> tuple[Any, ...]:
        readers = agents_in(record, chosen["lane"])
        return (
            gr.update(choices=menu(lanes, colors_of(record).lane), value=chosen["lane"]),
            gr.update(choices=menu(readers, agent_name), value=chosen["reader"]),
            gr.update(choices=menu(readers, agent_name), value=chosen["writer"]),
            *draw(record, chosen["lane"], by),
        )

    def change_lane(record_id: str, lane: str, by: str) -> tuple[Any, ...]:
        return arrive(record_id, record_id, Address(), lane, by)[2:]

    def grow(record_id: str, by: str) -> Value:
        return growth_value(ctx.open(record_id), by)

    def look(record_id: str, lane: str, reader: str, writer: str) -> tuple[Any, ...]:
        return attention_values(ctx, record_id, lane, reader, writer)

    chosen = [parts.known, parts.lane, parts.reader, parts.writer]
    given = [parts.known, ctx.arrived, parts.lane, parts.by]
    filled = [*chosen, *shown]
    ctx.redraw("memory", arrive, given, filled)
    follow_live(ctx, "memory", parts.timer, arrive, given, filled)
    inputs = [ctx.record, parts.lane, parts.by]
    ctx.when(parts.lane.input, change_lane, inputs, [parts.reader, parts.writer, *shown])
    ctx.when(parts.by.input, grow, [ctx.record, parts.by], [parts.growth])
    outputs = [parts.reading, parts.mass, parts.heads]
    asked = [ctx.record, parts.lane, parts.reader, parts.writer]
    for event in (parts.look.click, parts.writer.input):
        ctx.when(event, look, asked, outputs, device=True)
    controls = {name: getattr(parts, name) for name in ("lane", "by", "reader", "writer")}
    changes = [parts.known.change, *(control.input for control in controls.values())]
    wire_address(ctx, parts.known, controls, changes)


def draw(record: Record, lane: str | None, by: str) -> tuple[Any, ...]:
    """Values of strip, notes, growth and cost table.

    Raises:
        BadInput: if the record has no lane yet.
    """
    if not lane:
        raise BadInput(say("error.memory_tab.record_no_lane_yet"))
    return *strip_values(record, lane), growth_value(record, by), cost_value(record)


def attention_values(
    ctx: Ctx, record_id: str, lane: str, reader: str, writer: str
) -> tuple[Any, ...]:
    """The sentence, the mass per writer and the heads, from the model run again up to the
    reader."""
    record = ctx.open(record_id)

    def work(pool: HostPool) -> Any:
        from lab.service.look import attention

        return attention(record, lane, reader, pool)

    weights, segments = on_device(ctx, "attention", work)
    found = attention_table(weights, segments, reader)
    agents = colors_of(record)
    colors = agents.of(lane)
    what = say(
        "said.memory_tab.attention_of_the_last_prompt",
        reader=agent_name(reader),
        lane=agents.lane(lane),
    )
    text = caption(record, None, what)
    known = writer if writer in set(found["writer"]) else str(found["writer"].iloc[-1])
    mass = say("said.memory_tab.mass_on", writer=agent_name(known))
    return (
        notes_value(strong=reading_sentence(found, reader)),
        plot_value(mass_figure(found, colors), "attention-mass", text),
        plot_value(heads_figure(found, known), "attention-heads", f"{text}\n{mass}"),
    )
