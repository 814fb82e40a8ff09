"""Below the map, folded away: statistics by layer and step, the three vectors of a word, a second
record.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from lab.errors import BadInput
from lab.panels import style
from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.export_html import export_html
from lab.panels.states.choose import Choice, choose_from_two
from lab.panels.states.layer_statistics import (
    layer_statistics,
    layers_figure,
    settle_sentence,
    step_statistics,
    steps_figure,
)
from lab.panels.states.map_figure import map_figure
from lab.panels.states.projection import MapSettings, map_of
from lab.panels.states.three_vectors import three_vectors, three_vectors_figure
from lab.panels.widget_values import notes_value, plot_value, table_value
from lab.records import export_zip
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import button, dropdown, notes, table
from lab.ui.frame.menus import in_menu
from lab.ui.widgets import plotly_widget
from lab.words import known, say


@dataclass
class Parts:
    """The folded views."""

    layers: gr.HTML
    steps: gr.HTML
    settle: gr.HTML
    stats: gr.Button
    word: gr.Textbox
    compare_word: gr.Button
    three: gr.HTML
    three_notes: gr.HTML
    contexts: gr.HTML
    other: gr.Dropdown
    both: gr.Button
    both_plot: gr.HTML
    both_notes: gr.HTML
    zip: gr.Button
    html: gr.Button
    files: gr.File
    export_notes: gr.HTML


def build(ctx: Ctx) -> Parts:
    """Three folds."""
    with gr.Accordion(ctx.t("map.stats"), open=False) as fold:
        ctx.label(fold, "map.stats")
        stats = button(ctx, "map.measure")
        layers = plotly_widget("map-layers", hint=say("map.stats_hint"))
        steps, settle = plotly_widget("map-steps"), notes("map-settle")
    with gr.Accordion(ctx.t("map.three"), open=False) as fold:
        ctx.label(fold, "map.three")
        with gr.Row(elem_classes="panel-row"):
            word = ctx.label(gr.Textbox(label=ctx.t("map.word"), max_lines=1), "map.word")
            compare_word = button(ctx, "map.compare_word")
        three_notes = notes("map-three-notes", say("map.three_hint"))
        three, contexts = plotly_widget("map-three"), table(ctx, "map-contexts")
    with gr.Accordion(ctx.t("map.two"), open=False) as fold:
        ctx.label(fold, "map.two")
        with gr.Row(elem_classes="panel-row"):
            other = dropdown(ctx, "map.other")
            both = button(ctx, "map.draw_both")
        both_plot, both_notes = (
            plotly_widget("map-both", hint=say("map.two_hint")),
            notes("map-both-notes"),
        )
    with gr.Accordion(ctx.t("map.export"), open=False) as fold:
        ctx.label(fold, "map.export")
        with gr.Row(elem_classes="panel-row"):
            zipped, page = button(ctx, "map.zip"), button(ctx, "map.html")
        export_notes = notes("map-export-notes", say("map.export_hint"))
        files = gr.File(show_label=False, interactive=False, visible=False, elem_id="map-files")
    for plot in (layers, steps, both_plot):
        ctx.selects(plot)
    return Parts(
        layers,
        steps,
        settle,
        stats,
        word,
        compare_word,
        three,
        three_notes,
        contexts,
        other,
        both,
        both_plot,
        both_notes,
        zipped,
        page,
        files,
        export_notes,
    )


def wire(
    ctx: Ctx,
    parts: Parts,
    inputs: list[Any],
    names: list[str],
    choice_of: Callable[[dict[str, Any]], Choice],
) -> None:
    """Each fold has its own button, so that nothing is computed unseen."""

    def statistics(record_id: str, *values: Any) -> tuple[Any, ...]:
        record, chosen = ctx.open(record_id), dict(zip(names, values, strict=True))
        choice, layer, agents = choice_of(chosen), int(chosen["layer"]), colors_of(record)
        steps = step_statistics(record, choice, layer)
        text = caption(record, chosen.get("host"), choice.without_layer_text())
        return (
            plot_value(layers_figure(layer_statistics(record, choice), agents), "layers", text),
            plot_value(steps_figure(steps, agents, layer), "steps", text),
            notes_value(strong=settle_sentence(steps)),
        )

    def three(record_id: str, word: str, *values: Any) -> tuple[Any, ...]:
        record, host = ctx.open(record_id), dict(zip(names, values, strict=True)).get("host")
        if not (word or "").strip():
            raise BadInput(say("error.map_more.three_vectors_word_run"))
        data = three_vectors(record, str(host), word)
        rows = [[r.agent, r.kind, r.text] for r in data.contexts.itertuples()]
        return (
            notes_value(data.sentences_text()[1:], strong=data.sentences_text()[0]),
            plot_value(three_vectors_figure(data), "three-vectors", caption(record, host)),
            table_value(
                ["agent", "kind", "in this place"],
                rows,
                data.contexts["point_id"].tolist(),
                wide=True,
            ),
        )

    def both(record_id: str, other_id: str | None, *values: Any) -> tuple[Any, ...]:
        if not other_id:
            raise BadInput(say("error.map_more.two_records_second_record"))
        a, b, chosen = (
            ctx.open(record_id),
            ctx.open(other_id),
            dict(zip(names, values, strict=True)),
        )
        data = map_of(
            choose_from_two(a, b, choice_of(chosen), int(chosen["layer"])),
            MapSettings(norm=chosen["norm"]),
        )
        figure = map_figure(
            data, colors_of(a).with_more(colors_of(b)), color="record", trajectories=False
        )
        folders = {a.run_id: record_id, b.run_id: other_id}
        _name_records(figure, data.drawn, folders)
        text = caption(a, chosen.get("host"), say("said.map_tab.together_with", run_id=b.run_id))
        return plot_value(figure, "two-records", text), notes_value(data.notes)

    ctx.when(
        parts.stats.click,
        statistics,
        [ctx.record, *inputs],
        [parts.layers, parts.steps, parts.settle],
    )
    shown = [parts.three_notes, parts.three, parts.contexts]
    for event in (parts.compare_word.click, parts.word.submit):
        ctx.when(event, three, [ctx.record, parts.word, *inputs], shown)
    ctx.when(
        parts.both.click,
        both,
        [ctx.record, parts.other, *inputs],
        [parts.both_plot, parts.both_notes],
    )

    def export(record_id: str, kind: str) -> tuple[Any, ...]:
        record, folder = ctx.open(record_id), Path(tempfile.mkdtemp(prefix="latent-lab-"))
        target = folder / f"{record_id}.{kind}"
        made = export_zip(record.folder, target) if kind == "zip" else export_html(record, target)
        size = style.amount_of_bytes(made.stat().st_size)
        return gr.update(value=str(made), visible=True), notes_value([f"{made.name}, {size}."])

    def as_zip(record_id: str) -> tuple[Any, ...]:
        return export(record_id, "zip")

    def as_html(record_id: str) -> tuple[Any, ...]:
        return export(record_id, "html")

    for control, fn in ((parts.zip, as_zip), (parts.html, as_html)):
        ctx.when(control.click, fn, [ctx.record], [parts.files, parts.export_notes])
    ctx.redraw(
        "map",
        lambda record_id: gr.update(choices=_other_records(ctx, record_id)),
        [],
        [parts.other],
    )


def _other_records(ctx: Ctx, record_id: str) -> list[tuple[str, str]]:
    """Label and id of all records but the open one."""
    found = [item for folder in ctx.folders for item in ctx.listed(folder)]
    names = [
        (
            f"{in_menu(known(str(item['title'] or item['name'])))} · {item['id']}",
            Path(item["folder"]).name,
        )
        for item in found
    ]
    return [(label, name) for label, name in names if name != record_id]


def _name_records(figure: Any, drawn: Any, folders: dict[str, str]) -> None:
    """Give every mark its record besides its point, so that a click selects in the right one."""
    by_place: dict[int, Any] = {}
    for (_agent, _kind), rows in drawn.groupby(["agent", "kind"], sort=False):
        by_place[len(by_place)] = [
            [{"record": folders[r], "point_id": int(p)}]
            for r, p in zip(rows["record"], rows["point_id"], strict=True)
        ]
    for trace, custom in zip(figure.data, by_place.values(), strict=False):
        trace.customdata = custom
