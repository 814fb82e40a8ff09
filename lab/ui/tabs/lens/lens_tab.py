"""Lens: every captured vector of an agent read as words, layer by layer; when the answer appears;
asking a latent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.states.alignment_table import alignment_figure, alignment_sentence, alignment_table
from lab.panels.states.lens import LensGrid, ModelLens, StoredLens, lens_grid, word_to_id
from lab.panels.states.lens_figure import SHADES, lens_figure
from lab.panels.value import Selection, Value
from lab.panels.widget_values import notes_value, plot_value
from lab.plan import LatentMASLane
from lab.records import Record
from lab.roster import plan_of_lane
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import dropdown, follow_live, live_timer, notes, on_device, radio
from lab.ui.tabs.lens import lens_more
from lab.ui.widgets import empty, plotly_widget
from lab.words import say

MOST_COLUMNS = 400
SHADE_NAMES = {
    "probability": say("said.lens_tab.top_word"),
    "entropy": "entropy",
    "rank": say("said.lens_tab.rank_of_word"),
    "watched": say("said.lens_tab.p_of_word"),
    "kl": say("said.lens_tab.kl_to_last"),
}
KINDS = [
    (say("said.lens_tab.thoughts_and_words"), "latent,token"),
    ("prompt", "prompt"),
    ("all", "prompt,latent,token"),
]
NORM_NOTE = say("said.lens_tab.a_cell_shows_the_next")


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
        who = dropdown(ctx, "lens.who")
        kinds = dropdown(ctx, "lens.kinds", KINDS, "latent,token")
        shade = dropdown(
            ctx, "lens.shade", [(text, key) for key, text in SHADE_NAMES.items()], "probability"
        )
        word = ctx.label(gr.Textbox(label=ctx.t("lens.word"), max_lines=1), "lens.word")
        lens = radio(ctx, "lens.lens", [("stored", "stored"), ("model", "model")], "stored")
    plot = plotly_widget("lens-plot", hint=ctx.t("lens.hint"))
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

    def arrive(record_id: str, known: str | None, *values: Any) -> tuple[Any, ...]:
        record = ctx.open(record_id)
        if known == record_id:
            return (gr.skip(), gr.update(choices=whos(record)), *draw(ctx, record, *values))
        names = whos(record)
        first = best_who(record, names)
        update = gr.update(choices=names, value=first)
        return (record_id, update, *draw(ctx, record, first, *values[1:]))

    def redraw(record_id: str, *values: Any) -> tuple[Any, ...]:
        return draw(ctx, ctx.open(record_id), *values)

    def follow(
        record_id: str, selection: Selection | None, who: str | None, kinds: str, *values: Any
    ) -> tuple[Any, ...]:
        record = ctx.open(record_id)
        if selection is None or selection.error:
            return (gr.skip(),) * 6
        name, kind = f"{selection.agent} · {selection.lane}", selection.kind
        if name not in whos(record):
            return (gr.skip(),) * 6
        if name == who and kind in kinds:
            return (gr.skip(),) * 6
        kinds = kinds if kind in kinds else "prompt,latent,token"
        return (name, kinds, *draw(ctx, record, name, kinds, *values))

    given, filled = [parts.known, *parts.inputs], [parts.known, parts.who, *shown]
    ctx.redraw("lens", arrive, given, filled)
    follow_live(ctx, "lens", parts.timer, arrive, given, filled)
    for control in (parts.who, parts.kinds, parts.shade, parts.lens):
        ctx.when(control.input, redraw, [ctx.record, *parts.inputs], shown, device=True)
    ctx.when(parts.word.submit, redraw, [ctx.record, *parts.inputs], shown, device=True)
    ctx.on_selection("lens", follow, parts.inputs, [parts.who, parts.kinds, *shown])
    lens_more.wire(ctx, parts.more, parts.who, parts.kinds)


def whos(record: Record) -> list[str]:
    """“agent · lane” of every agent with captured vectors, in order."""
    pairs = record.points[["lane", "agent"]].drop_duplicates().itertuples(index=False)
    return [f"{agent} · {lane}" for lane, agent in pairs]


def best_who(record: Record, names: list[str]) -> str | None:
    """The agent to begin with: the first that thinks in latents, else the first."""
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
        return empty(ctx.t("lens.no_agent")), notes_value(), empty(""), notes_value()
    if lens == "model":
        grid = on_device(
            ctx,
            "lens",
            lambda pool: model_grid(record, lane, agent, tuple(kinds.split(",")), word, pool),
        )
    else:
        grid = stored_grid(record, lane, agent, tuple(kinds.split(",")), word)
    lines = (
        [NORM_NOTE]
        if not grid.word
        else [
            say("said.lens_tab.watched_the_token_that_stands", word=grid.word, strip=word.strip()),
            NORM_NOTE,
        ]
    )
    if len(grid.moments) >= MOST_COLUMNS:
        lines.insert(
            0,
            say("said.lens_tab.only_steps_1_to_are", MOST_COLUMNS=MOST_COLUMNS),
        )
    text = caption(
        record,
        grid.host,
        say("said.lens_tab.in_shade", lens=grid.lens, agent=agent, lane=lane, x=SHADES[shade]),
    )
    value = plot_value(lens_figure(grid, shade), f"lens-{agent}", text)
    return value, notes_value(lines), *draw_alignment(record, lane, agent)


def stored_grid(
    record: Record, lane: str, agent: str, kinds: tuple[str, ...], word: str
) -> LensGrid:
    """The grid from what was recorded."""
    steps = (1, MOST_COLUMNS)
    host = _host(record, lane, agent)
    word_id = word_to_id(record, host, word)[0] if (word or "").strip() else None
    return lens_grid(
        record, lane, agent, kinds=kinds, steps=steps, lens=StoredLens(), word_id=word_id
    )


def model_grid(
    record: Record, lane: str, agent: str, kinds: tuple[str, ...], word: str, pool: Any
) -> LensGrid:
    """The grid recomputed by the record's model; runs on the device worker."""
    from lab.service.look import decoder

    host = _host(record, lane, agent)
    made = decoder(record, host, pool)
    word_id = word_to_id(record, host, word, made)[0] if (word or "").strip() else None
    steps = (1, MOST_COLUMNS)
    return lens_grid(
        record, lane, agent, kinds=kinds, steps=steps, lens=ModelLens(made), word_id=word_id
    )


def draw_alignment(record: Record, lane: str, agent: str) -> tuple[Value, Value]:
    """Before and after the alignment, for agents that think in latents."""
    df = record.points
    mine = df[(df["lane"] == lane) & (df["agent"] == agent) & (df["kind"] == "latent")]
    if not len(mine) or not (mine["layer"] == 0).any():
        return empty(say("said.lens_tab.took_no_captured_latent_steps", agent=agent)), notes_value()
    table = alignment_table(record, lane, agent)
    host = str(mine["host"].iloc[0])
    tied = bool(record.host(host).get("tied"))
    plan = plan_of_lane(record.plan, lane)
    method = plan.alignment if isinstance(plan, LatentMASLane) else "identity"
    if method == "auto":
        method = "identity" if tied else "ridge"
    color = colors_of(record).color(lane, agent)
    value = plot_value(
        alignment_figure(table, agent, color), f"alignment-{agent}", caption(record, host)
    )
    return value, notes_value(strong=alignment_sentence(table, tied, method))


def _host(record: Record, lane: str, agent: str) -> str:
    df = record.points
    return str(df[(df["lane"] == lane) & (df["agent"] == agent)]["host"].iloc[0])
