"""Map: the run's hidden states on principal axes or by UMAP, with controls, and how far the picture
may be believed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from lab.panels.agent_colors import colors_of
from lab.panels.states import umap_fit
from lab.panels.states.choose import Choice, options
from lab.panels.states.map_figure import COLOR_BY
from lab.panels.states.map_frames import make_map
from lab.panels.states.map_values import map_values, most_frequent
from lab.panels.states.projection import MapSettings, measure
from lab.panels.style import KIND_WORD
from lab.panels.value import Lasso, Selection, Value
from lab.panels.widget_values import notes_value
from lab.records import Record
from lab.ui.frame.address import Address, Arrival, MapAddress
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.controls import (
    button,
    changed,
    dropdown,
    follow_live,
    ignore_unknown,
    linked,
    live_timer,
    notes,
    radio,
    slider,
)
from lab.ui.frame.menus import menu
from lab.ui.tabs.map import lasso, map_more
from lab.ui.tabs.map.lasso import LassoParts
from lab.ui.widgets import message, plotly_widget
from lab.words import agent_name, say

FRAME_SECONDS = 0.7
OF_RECORD = ("host", "lanes", "agents", "kinds", "layer", "upto")
"""Controls whose choices depend on the record."""
IN_RECORD = (*OF_RECORD, "only")
"""What an address says that depends on the record."""
MOST_FRAMES = 48


@dataclass
class Parts:
    """The tab's components."""

    known: gr.State
    """Id of the record that the choices were filled from."""
    controls: dict[str, Any]
    lasso: LassoParts
    umap: gr.Row
    """Settings that are shown for UMAP only."""
    play_layers: gr.Button
    play_steps: gr.Button
    plot: gr.HTML
    notes: gr.HTML
    strip: gr.HTML
    timer: gr.Timer
    more: map_more.Parts

    @property
    def inputs(self) -> list[Any]:
        return [*self.controls.values(), self.lasso.only]

    def settings(self, values: Sequence[Any]) -> dict[str, Any]:
        """The values of the inputs by name."""
        return dict(zip([*self.controls, "only"], values, strict=True))


def build(ctx: Ctx) -> Parts:
    """What is looked for and how, the map, its sentences, and more views folded away below."""
    c: dict[str, Any] = {}
    with gr.Row(elem_classes=["panel-row", "map-how"]):
        c["method"] = radio(ctx, "map.method", [("PCA", "pca"), ("UMAP", "umap")], "pca")
        c["dims"] = radio(ctx, "map.dims", [("2-D", 2), ("3-D", 3)], 2)
        c["color"] = dropdown(
            ctx, "map.color", [(say(f"choice.{name}"), name) for name in COLOR_BY[:-1]], "agent"
        )
        c["agents"] = dropdown(ctx, "map.agents", multiselect=True)
        c["find"] = ctx.label(gr.Textbox(label=ctx.t("map.find"), max_lines=1), "map.find")
    with gr.Row(elem_classes="panel-row", visible=False) as fold:
        c["neighbors"] = slider(ctx, "map.neighbors", 2, 100, 15)
        c["min_dist"] = slider(ctx, "map.min_dist", 0, 0.99, 0.1, 0.01)
        c["seed"] = ctx.label(gr.Number(0, precision=0, label=ctx.t("map.seed")), "map.seed")
    plot = plotly_widget("map-plot", hint=say("map.hint"), height=490)
    ctx.selects(plot)
    with gr.Row(elem_classes=["panel-row", "one-line"]):
        c["layer"] = slider(ctx, "map.layer", 0, 1, 1)
        play_layers = button(ctx, "map.play_layers", elem_id="map-play-layers")
        c["upto"] = slider(ctx, "map.upto", 1, 2, 2)
        play_steps = button(ctx, "map.play_steps", elem_id="map-play-steps")
        held = lasso.build(ctx)
    with gr.Accordion(ctx.t("map.more"), open=False, elem_id="map-more") as more_choices:
        ctx.label(more_choices, "map.more")
        with gr.Row(elem_classes="panel-row"):
            c["arrows"] = ctx.label(gr.Checkbox(True, label=ctx.t("map.arrows")), "map.arrows")
            c["words"] = ctx.label(gr.Checkbox(True, label=ctx.t("map.words")), "map.words")
            c["one_word"] = ctx.label(
                gr.Checkbox(True, label=ctx.t("map.one_word")), "map.one_word"
            )
        with gr.Row(elem_classes="panel-row"):
            c["norm"] = dropdown(
                ctx,
                "map.norm",
                [
                    (say("said.map_tab.l2_cosine"), "l2"),
                    (say("choice.unscaled"), "none"),
                    (say("choice.zscore"), "zscore"),
                ],
                "l2",
            )
            c["host"] = dropdown(ctx, "map.host")
            c["lanes"] = dropdown(ctx, "map.lanes", multiselect=True)
            c["kinds"] = dropdown(ctx, "map.kinds", multiselect=True)
    strip, under = notes("map-strip"), notes("map-notes")
    return Parts(
        gr.State(None),
        c,
        held,
        fold,
        play_layers,
        play_steps,
        plot,
        under,
        strip,
        live_timer(),
        map_more.build(ctx),
    )


def wire(ctx: Ctx, parts: Parts) -> None:
    """Every control redraws the map; a new record fills the choices first."""
    c = parts.controls
    filled = [
        parts.known,
        *(c[name] for name in OF_RECORD),
        parts.lasso.only,
        parts.lasso.alone,
    ]

    def arrive(
        record_id: str,
        known: str | None,
        selection: Selection | None,
        arrived: Address,
        *values: Any,
    ) -> tuple[Any, ...]:
        record = ctx.open(record_id)
        settings = parts.settings(values)
        updates: list[Any] = [gr.skip()] * len(filled)
        # Another record, or the same asked again before the browser has had the first answer.
        if known != record_id or settings["host"] not in options(record)["hosts"]:
            settings |= first_values(record, selection, record_id)
            if arrived.record == record_id:
                settings |= of_record(record, arrived.map)
            updates = [record_id, *choice_updates(record, settings)]
        umap_fit.warm_up()
        return (*updates, *draw(record, settings))

    def redraw(record_id: str, *values: Any) -> tuple[Any, ...]:
        return draw(ctx.open(record_id), parts.settings(values))

    def judge(record_id: str, *values: Any) -> Iterator[Value]:
        settings = parts.settings(values)
        yield notes_value([say("map.measuring")])
        data = make_map(
            ctx.open(record_id), choice_of(settings), int(settings["layer"]), map_settings(settings)
        )
        yield notes_value(honesty=measure(data))

    def follow(
        record_id: str,
        selection: Selection | None,
        known: str | None,
        arrived: Address,
        *values: Any,
    ) -> tuple[Any, ...]:
        settings = parts.settings(values)
        if selection is None or not selection.lies_in(record_id) or record_id != known:
            return (gr.skip(),) * 3
        if arrived.came_with(selection) and arrived.map.layer is not None:
            return (gr.skip(),) * 3
        layer = selection.layer
        if layer == settings["layer"]:
            return (gr.skip(),) * 3
        return (layer, *draw(ctx.open(record_id), settings | {"layer": layer}))

    shown, given = (
        [*filled, parts.plot, parts.notes],
        [
            parts.known,
            ctx.selection,
            ctx.arrived,
            *parts.inputs,
        ],
    )
    ctx.redraw("map", arrive, given, shown)
    follow_live(ctx, "map", parts.timer, arrive, given, shown)
    _wire_lasso(ctx, parts)
    for name, control in c.items():
        event = _event(control)
        ctx.when(event, redraw, [ctx.record, *parts.inputs], [parts.plot, parts.notes])
        if name not in ("color", "arrows", "words", "find", "upto"):
            ctx.when(event, judge, [ctx.record, *parts.inputs], [parts.strip])
    # The strip follows the first drawing, when the choices have reached the controls.
    ctx.when(parts.known.change, judge, [ctx.record, *parts.inputs], [parts.strip])
    ctx.when(
        c["method"].input,
        lambda method: gr.update(visible=method == "umap"),
        [c["method"]],
        [parts.umap],
    )
    ctx.on_selection(
        "map",
        follow,
        [parts.known, ctx.arrived, *parts.inputs],
        [c["layer"], parts.plot, parts.notes],
    )
    _wire_play(ctx, parts)
    _wire_address(ctx, parts)
    map_more.wire(ctx, parts.more, parts.inputs, [*c, "only"], choice_of)


def _event(control: Any) -> Any:
    """What a control tells when somebody has changed it."""
    if isinstance(control, gr.Slider):
        return control.release
    return control.submit if isinstance(control, gr.Textbox) else control.input


def _wire_lasso(ctx: Ctx, parts: Parts) -> None:
    """What a lasso holds is told, and can be looked at alone."""

    only, held, alone = parts.lasso.only, parts.lasso.held, parts.lasso.alone

    def caught(record_id: str, before: tuple[int, ...], evt: gr.EventData) -> tuple[Any, ...]:
        points = ctx.open(record_id).points
        chosen = points[points["point_id"].isin(message(Lasso, evt).point_ids)]
        moments = tuple(int(moment) for moment in chosen["moment"].unique())
        if not moments:
            return (), lasso.alone_button(before), gr.skip()
        words = most_frequent(chosen["token"])
        said = notes_value([say("said.map_tab.held", n=len(moments), words=words)])
        return moments, lasso.alone_button(before, moments), said

    def pressed(record_id: str, moments: tuple[int, ...], *values: Any) -> tuple[Any, ...]:
        settings = parts.settings(values)
        settings["only"] = moments  # none are held: all again
        shown = draw(ctx.open(record_id), settings)
        return (settings["only"], (), lasso.alone_button(settings["only"]), *shown)

    ctx.when(parts.plot.lasso, caught, [ctx.record, only], [held, alone, parts.notes])
    ctx.when(
        alone.click,
        pressed,
        [ctx.record, held, *parts.inputs],
        [only, held, alone, parts.plot, parts.notes],
    )


def _wire_play(ctx: Ctx, parts: Parts) -> None:
    c = parts.controls

    def frames(name: str, record_id: str, values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        record, settings = ctx.open(record_id), parts.settings(values)
        if name == "layer":
            stops = sorted(int(v) for v in record.points["layer"].unique())
        else:
            last = max(2, options(record)["steps"][1])
            stops = list(range(1, last + 1, max(1, last // MOST_FRAMES)))
        for stop in stops:
            began = time.monotonic()
            yield (stop, *draw(record, settings | {name: stop}))
            pace = FRAME_SECONDS if name == "layer" else FRAME_SECONDS / 3
            time.sleep(max(0.0, pace - (time.monotonic() - began)))

    def layers(record_id: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        yield from frames("layer", record_id, values)

    def steps(record_id: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        yield from frames("upto", record_id, values)

    inputs = [ctx.record, *parts.inputs]
    ctx.when(
        parts.play_layers.click,
        layers,
        inputs,
        [c["layer"], parts.plot, parts.notes],
        trigger_mode="once",
    )
    ctx.when(
        parts.play_steps.click,
        steps,
        inputs,
        [c["upto"], parts.plot, parts.notes],
        trigger_mode="once",
    )


def _wire_address(ctx: Ctx, parts: Parts) -> None:
    c = parts.controls
    fixed = {name: control for name, control in c.items() if name not in OF_RECORD}

    def read(
        record_id: str | None,
        arrived: Address,
        known: str | None,
        selection: Selection | None,
        *values: Any,
    ) -> dict[str, Any]:
        settings = parts.settings(values)
        said = changed(fixed, settings) | {"find": (settings["find"] or "").strip() or None}
        if record_id and known == record_id:
            first = first_values(ctx.open(record_id), selection, record_id)
            said |= {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in ((name, settings[name]) for name in OF_RECORD)
                if value != first[name]
            }
            said["only"] = lasso.written(settings["only"])
        elif arrived.record == record_id:
            said |= {name: getattr(arrived.map, name) for name in IN_RECORD}
        return {"map": MapAddress.model_validate(said)}

    def put(arrival: Arrival) -> list[Any]:
        part = arrival.address.map
        values = linked(fixed, part, "map", arrival)
        if arrival.address.record:
            ignore_unknown(arrival, "map", IN_RECORD, lambda one: of_record(ctx.open(one), part))
        umap = dict(zip(fixed, values, strict=True))["method"] == "umap"
        return [None, gr.update(visible=umap), *values]

    changes = [_event(control) for control in c.values()]
    ctx.addresses(
        Share(
            [ctx.record, ctx.arrived, parts.known, ctx.selection, *parts.inputs],
            read,
            [parts.known, parts.umap, *fixed.values()],
            put,
            [parts.known.change, parts.lasso.only.change, *changes],
        )
    )


def of_record(record: Record, part: MapAddress) -> dict[str, Any]:
    """What an address says of the choices that depend on the record, where the record has it."""
    known = options(record)
    said: dict[str, Any] = {}
    layers, last = known["layers"] or [0], known["steps"][1]
    if part.host in known["hosts"]:
        said["host"] = part.host
    for name in ("lanes", "agents", "kinds"):
        chosen = getattr(part, name)
        if chosen and set(chosen) <= set(known[name]):
            said[name] = list(chosen)
    if part.layer in layers:
        said["layer"] = part.layer
    if part.upto is not None and 1 <= part.upto <= last:
        said["upto"] = part.upto
    if moments := lasso.moments_of(record, part.only):
        said["only"] = moments
    return said


def first_values(
    record: Record, selection: Selection | None = None, record_id: str | None = None
) -> dict[str, Any]:
    """What a fresh record shows: its most captured host, everything, the last layer or that of the
    selection, all steps."""
    known = options(record)
    host = str(record.points["host"].value_counts().index[0]) if len(record.points) else None
    return {
        "host": host,
        "lanes": [],
        "agents": [],
        "kinds": [],
        "layer": selection.layer
        if selection and selection.lies_in(record_id)
        else (known["layers"] or [0])[-1],
        "upto": max(2, known["steps"][1]),
        "only": (),
    }


def choice_updates(record: Record, values: dict[str, Any]) -> list[Any]:
    """Choices and values of the controls that depend on the record, in the order host … upto,
    and the lasso's."""
    known = options(record)
    called = {
        "lanes": colors_of(record).lane,
        "agents": agent_name,
        "kinds": KIND_WORD.__getitem__,
    }
    multi = [
        gr.update(choices=menu(known[name], called[name]), value=values[name]) for name in called
    ]
    layers = known["layers"] or [0, 1]
    return [
        gr.update(choices=known["hosts"], value=values["host"], visible=len(known["hosts"]) > 1),
        *multi,
        gr.update(minimum=layers[0], maximum=max(layers[-1], layers[0] + 1), value=values["layer"]),
        gr.update(minimum=1, maximum=max(2, known["steps"][1]), value=values["upto"]),
        values["only"],
        lasso.alone_button(values["only"]),
    ]


def choice_of(values: dict[str, Any]) -> Choice:
    """The chosen points."""
    several = {name: tuple(values.get(name) or ()) for name in ("lanes", "agents", "kinds")}
    return Choice(**several, host=values.get("host"), moments=tuple(values.get("only") or ()))


def map_settings(values: dict[str, Any]) -> MapSettings:
    """How the map is made."""
    return MapSettings(
        values["method"],
        values["norm"],
        int(values["dims"]),
        int(values["seed"] or 0),
        int(values["neighbors"]),
        float(values["min_dist"]),
        bool(values["one_word"]),
    )


def draw(record: Record, values: dict[str, Any]) -> tuple[Value, Value]:
    """The figure's value and the sentences under it.

    Raises:
        LabError: with the reason why there is no map.
    """
    data = make_map(record, choice_of(values), int(values["layer"]), map_settings(values))
    return map_values(
        record,
        data,
        choice_of(values),
        color=values["color"],
        trajectories=bool(values["arrows"]),
        upto=int(values["upto"]),
        find=values["find"] or "",
        words=bool(values["words"]),
    )
