"""Lens: every captured vector of an agent read as words, layer by layer; when the answer appears;
asking a latent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from lab.errors import LabError
from lab.panels.states.lens import LensGrid
from lab.panels.states.lens_values import (
    alignment_values,
    captured_agents,
    lens_values,
    stored_grid,
)
from lab.panels.value import Selection
from lab.panels.widget_values import notes_value
from lab.records import Record
from lab.ui.frame.address import Address, Arrival, LensAddress
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.controls import (
    changed,
    dropdown,
    follow_live,
    linked,
    live_timer,
    notes,
    on_device,
    radio,
)
from lab.ui.tabs.lens import lens_more
from lab.ui.tabs.lens.captured_menu import captured_menu
from lab.ui.widgets import empty, plotly_widget
from lab.words import Sayings, say

if TYPE_CHECKING:
    from lab.models.pool import HostPool

SHADE_NAMES = Sayings(
    {
        "probability": "said.lens_tab.top_word",
        "entropy": "choice.entropy",
        "rank": "said.lens_tab.rank_of_word",
        "watched": "said.lens_tab.p_of_word",
        "kl": "said.lens_tab.kl_to_last",
    }
)
KINDS = [
    ("said.lens_tab.thoughts_and_words", "latent,token"),
    ("said.style.prompt", "prompt"),
    ("choice.all", "prompt,latent,token"),
]


@dataclass
class Parts:
    """The tab's components."""

    known: gr.State
    who: gr.Dropdown
    kinds: gr.Dropdown
    shade: gr.Dropdown
    word: gr.Textbox
    lens: gr.Radio
    plot: gr.HTML
    notes: gr.HTML
    align: gr.HTML
    align_notes: gr.HTML
    timer: gr.Timer
    more: lens_more.Parts

    @property
    def inputs(self) -> list[Any]:
        return [self.who, self.kinds, self.shade, self.word, self.lens]


def build(ctx: Ctx) -> Parts:
    """Controls, the heat-map, the alignment, and below them words over time, questions and
    differences."""
    with gr.Row(elem_classes="panel-row"):
        who = dropdown(ctx, "lens.who", scale=2, min_width=200)
        kinds = dropdown(
            ctx, "lens.kinds", [(say(key), value) for key, value in KINDS], "latent,token"
        )
        shade = dropdown(
            ctx, "lens.shade", [(text, key) for key, text in SHADE_NAMES.items()], "probability"
        )
        word = ctx.label(gr.Textbox(label=ctx.t("lens.word"), max_lines=1), "lens.word")
        lens = radio(
            ctx,
            "lens.lens",
            [(say(f"choice.{name}"), name) for name in ("stored", "model")],
            "stored",
        )
    plot = plotly_widget("lens-plot", hint=say("lens.hint"))
    under = notes("lens-notes")
    with gr.Accordion(ctx.t("lens.align"), open=True) as fold:
        ctx.label(fold, "lens.align")
        align_notes, align = notes("lens-align-notes"), plotly_widget("lens-align")
    for chart in (plot, align):
        ctx.selects(chart)
    shown = (plot, under, align, align_notes, live_timer())
    return Parts(gr.State(None), who, kinds, shade, word, lens, *shown, lens_more.build(ctx))


def wire(ctx: Ctx, parts: Parts) -> None:
    """Redraw with the record, with every control, and when a point of another agent is selected."""
    shown = [parts.plot, parts.notes, parts.align, parts.align_notes]

    def arrive(
        record_id: str,
        known: str | None,
        selection: Selection | None,
        arrived: Address,
        *values: Any,
    ) -> tuple[Any, ...]:
        record = ctx.open(record_id)
        names = whos(record)
        if known == record_id and (values[0] in names or not names):
            return (
                gr.skip(),
                gr.update(choices=captured_menu(record)),
                *draw(ctx, record, *values),
            )
        # Another record, or the same asked again before the browser has had the first answer.
        first = best_who(record, names, selection, record_id)
        if arrived.record == record_id and arrived.lens.who in names:
            first = arrived.lens.who
        update = gr.update(choices=captured_menu(record), value=first)
        return (record_id, update, *draw(ctx, record, first, *values[1:]))

    def redraw(record_id: str, *values: Any) -> tuple[Any, ...]:
        return draw(ctx, ctx.open(record_id), *values)

    def follow(
        record_id: str,
        selection: Selection | None,
        arrived: Address,
        who: str | None,
        kinds: str,
        *values: Any,
    ) -> tuple[Any, ...]:
        record = ctx.open(record_id)
        if selection is None or selection.error:
            return (gr.skip(),) * 6
        if arrived.came_with(selection) and arrived.lens.who:
            return (gr.skip(),) * 6
        name, kind = f"{selection.agent} · {selection.lane}", selection.kind
        if name not in whos(record):
            return (gr.skip(),) * 6
        if name == who and kind in kinds:
            return (gr.skip(),) * 6
        kinds = kinds if kind in kinds else "prompt,latent,token"
        return (name, kinds, *draw(ctx, record, name, kinds, *values))

    given, filled = (
        [parts.known, ctx.selection, ctx.arrived, *parts.inputs],
        [parts.known, parts.who, *shown],
    )
    ctx.redraw("lens", arrive, given, filled)
    follow_live(ctx, "lens", parts.timer, arrive, given, filled)
    for control in (parts.who, parts.kinds, parts.shade, parts.lens):
        ctx.when(control.input, redraw, [ctx.record, *parts.inputs], shown, device=True)
    ctx.when(parts.word.submit, redraw, [ctx.record, *parts.inputs], shown, device=True)
    ctx.on_selection("lens", follow, [ctx.arrived, *parts.inputs], [parts.who, parts.kinds, *shown])
    _wire_address(ctx, parts)
    lens_more.wire(ctx, parts.more, parts.who, parts.kinds)


def _wire_address(ctx: Ctx, parts: Parts) -> None:
    controls = {name: getattr(parts, name) for name in ("kinds", "shade", "word", "lens")}

    def read(
        record_id: str | None, arrived: Address, known: str | None, who: str | None, *values: Any
    ) -> dict[str, Any]:
        said = changed(controls, dict(zip(controls, values, strict=True)))
        if record_id and known == record_id:
            said["who"] = who
        elif arrived.record == record_id:
            said["who"] = arrived.lens.who
        return {"lens": LensAddress.model_validate(said | {"word": said.get("word") or None})}

    def put(arrival: Arrival) -> list[Any]:
        part = arrival.address.lens
        if part.who and arrival.address.record:
            try:
                names = whos(ctx.open(arrival.address.record))
            except LabError:
                names = []
            if part.who not in names:
                arrival.ignore("lens.who")
        return [None, *linked(controls, part, "lens", arrival)]

    changes = [parts.known.change, parts.who.input, parts.word.submit]
    changes += [controls[name].input for name in ("kinds", "shade", "lens")]
    ctx.addresses(
        Share(
            [ctx.record, ctx.arrived, parts.known, *parts.inputs],
            read,
            [parts.known, *controls.values()],
            put,
            changes,
        )
    )


def whos(record: Record) -> list[str]:
    """“agent · lane” of every agent with captured vectors, in order."""
    return [f"{agent} · {lane}" for lane, agent in captured_agents(record)]


def best_who(
    record: Record,
    names: list[str],
    selection: Selection | None = None,
    record_id: str | None = None,
) -> str | None:
    """The agent to begin with: that of the selection, the first that thinks in latents, else the
    first."""
    if selection and selection.lies_in(record_id):
        chosen = f"{selection.agent} · {selection.lane}"
        if chosen in names:
            return chosen
    latent = record.points[record.points["kind"] == "latent"][["agent", "lane"]].head(1)
    return (
        f"{latent['agent'].iloc[0]} · {latent['lane'].iloc[0]}"
        if len(latent)
        else (names[0] if names else None)
    )


def split_who(who: str | None) -> tuple[str, str]:
    """Agent and lane of a name made by `whos`."""
    agent, _, lane = (who or "").rpartition(" · ")
    return agent, lane


def draw(
    ctx: Ctx, record: Record, who: str | None, kinds: str, shade: str, word: str, lens: str
) -> tuple[Any, ...]:
    """Values of the heat-map, its notes, the alignment chart and its notes."""
    agent, lane = split_who(who)
    if not agent:
        return empty(say("lens.no_agent")), notes_value(), empty(""), notes_value()
    if lens == "model":

        def work(pool: HostPool) -> LensGrid:
            from lab.service.look import model_grid

            return model_grid(record, lane, agent, tuple(kinds.split(",")), word, pool)

        grid = on_device(ctx, "lens", work)
    else:
        grid = stored_grid(record, lane, agent, tuple(kinds.split(",")), word)
    shown = lens_values(record, lane, agent, grid, shade, word)
    return *shown, *alignment_values(record, lane, agent)
