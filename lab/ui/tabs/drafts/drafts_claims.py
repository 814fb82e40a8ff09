"""The lower half of the drafts tab: claims about Mixture-of-Agents as cards, their figures, and
running them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from lab.errors import BadInput
from lab.experiments.harness import registry
from lab.files import EXPERIMENTS
from lab.panels.break_it import (
    compress_figure,
    fork_picture,
    forks_figure,
    plane_figure,
    tamper_figure,
)
from lab.panels.drafts import claim_cards as drafts_cards
from lab.panels.drafts import distill_figure, drafts_figures, routing_figure
from lab.panels.drafts.claim_cards import Card, titles_of
from lab.panels.drafts.drafts_value import ClaimCardsValue, ClaimOpened
from lab.panels.widget_values import NotesValue, notes_value, plot_value
from lab.records.results import ResultTable
from lab.service.job import Job
from lab.ui.frame.address import Arrival
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.controls import button, dropdown, notes, slider, stopping
from lab.ui.frame.menus import menu
from lab.ui.frame.waiting import person, place_sentence
from lab.ui.tabs.drafts import claim_knobs, routing_panel
from lab.ui.widgets import Kind, empty, message, plotly_widget
from lab.words import called, known, say, texts_of

CARDS = Kind("drafts_cards.js", ClaimCardsValue, {"open": ClaimOpened})


@dataclass(frozen=True)
class OwnFigure:
    """What is drawn in the place of bars, and what is told under it."""

    figure: Callable[[ResultTable], Any]
    told: Callable[[ResultTable], str]


OWN_FIGURES = {
    "compress": OwnFigure(compress_figure.accuracy_by_bytes, compress_figure.verdict),
    "tamper": OwnFigure(tamper_figure.alarms, tamper_figure.verdict),
    "plane": OwnFigure(plane_figure.depth_and_breadth, plane_figure.verdict),
    "distill": OwnFigure(distill_figure.students, distill_figure.verdict),
    "forks": OwnFigure(forks_figure.paths_and_nudges, forks_figure.verdict),
    "routing": OwnFigure(routing_figure.accuracy_by_tokens, routing_figure.verdict),
}
"""Experiments whose conditions are curves, which bars would not show; each draws all its metrics
that matter, so there is none to choose."""


@dataclass
class Parts:
    """The components of the cards."""

    cards: gr.HTML
    open: gr.State
    metric: gr.Dropdown
    n: gr.Slider
    knobs: list[gr.CheckboxGroup]
    """In the order of `claim_knobs.KNOBS`."""
    run: gr.Button
    stop: gr.Button
    job: gr.State
    """Id of the job that runs an experiment for this page, or None."""
    status: gr.HTML
    figure: gr.HTML
    space: gr.HTML
    routing: routing_panel.Parts


def build(ctx: Ctx) -> Parts:
    """The figure of the open card, the way to run it again, and the cards."""
    heading = gr.Markdown(ctx.t("drafts.claims_heading"))
    ctx.label(heading, "drafts.claims_heading", "value")
    status = notes("drafts-status", say("drafts.figure_hint"))
    figure = plotly_widget("drafts-figure")
    space = plotly_widget("drafts-space")
    routing = routing_panel.build(ctx)
    with gr.Row(elem_classes="panel-row"):
        metric = dropdown(ctx, "drafts.metric")
        n = slider(ctx, "drafts.n", 20, 240, 120, 20, elem_id="drafts-n")
        run = button(ctx, "drafts.run", elem_id="drafts-run")
        stop = button(ctx, "drafts.stop", elem_id="drafts-stop")
    with gr.Row(elem_classes="panel-row"):
        knobs = claim_knobs.build(ctx)
    cards = CARDS.widget(ClaimCardsValue(), elem_id="drafts-cards", label="claims")
    none = gr.State(None)
    none = gr.State(None)
    first = (cards, gr.State(None), metric, n, knobs, run, stop, none)
    return Parts(*first, status, figure, space, routing)


def wire(ctx: Ctx, parts: Parts) -> None:
    """Opening a card draws its figure; running it fills the bars in as conditions finish."""

    results = partial(_results, ctx)

    def arrive(name: str | None) -> ClaimCardsValue:
        return drafts_cards.cards_value(results(), name)

    def opened(evt: gr.EventData) -> Any:
        return open_card(message(ClaimOpened, evt).name)

    def open_card(name: str) -> list[Any]:
        card, found = drafts_cards.find_card(name), results()
        table = found.get(card.experiment)
        value = drafts_cards.cards_value(found, card.name)
        told = notes_value(notes_of(table))
        more = [*claim_knobs.shown_for(card.experiment), *routing_panel.shown_for(card, table)]
        return [card.name, value, *figures(card, table, None), told, *more]

    def run(name: str | None, n: int, *values: Any) -> Iterator[Any]:
        card = drafts_cards.find_card(name or "")
        job, tables = start(ctx, card, int(n), claim_knobs.settings(card.experiment, values))
        yield from followed(ctx, card, job, tables)
        table = results().get(card.experiment)
        done = say("drafts.measured", n=int(n)) if job.result == "finished" else ""
        said = notes_value(notes_of(table), strong=known(job.message) or done)
        yield [
            None,
            said,
            drafts_cards.cards_value(results(), card.name),
            *figures(card, table, None),
        ]

    def stop(job_id: str | None) -> Iterator[NotesValue]:
        yield from stopping(ctx, job_id, "drafts.stopping")

    ctx.when(ctx.tabs["drafts"].select, arrive, [parts.open], [parts.cards])
    drawn = [parts.metric, parts.figure, parts.space]
    shown = [parts.open, parts.cards, *drawn, parts.status, *parts.knobs, *parts.routing.all]
    ctx.when(parts.cards.open, opened, [], shown, errors=[parts.status])
    _wire_question(ctx, parts)
    _wire_metric(ctx, parts)

    def read(name: str | None, *values: Any) -> dict[str, Any]:
        said: dict[str, Any] = {}
        if name:
            with suppress(BadInput):  # a row without a tick: it is told when it is measured
                said = claim_knobs.settings(drafts_cards.find_card(name).experiment, values)
        return {"claim": name, "knobs": said or None}

    def put(arrival: Arrival) -> list[Any]:
        name, said = arrival.address.claim, arrival.address.knobs
        if name in {card.name for card in drafts_cards.cards()}:
            values = claim_knobs.linked(drafts_cards.find_card(str(name)).experiment, said)
            if values is None:
                arrival.ignore("knobs")
            opened = open_card(str(name))
            for box, value in zip(parts.knobs, values or [], strict=values is not None):
                opened[shown.index(box)] |= {"value": value}
            return opened
        if said:
            arrival.ignore("knobs")
        if name:
            arrival.ignore("claim")
        # elsewhere they are drawn when the tab comes to front
        cards = arrive(None) if arrival.address.tab == "drafts" else gr.skip()
        none = [None, cards, gr.skip(), None, None, notes_value([say("drafts.figure_hint")])]
        return [*none, *claim_knobs.shown_for(None), *routing_panel.hidden()]

    changes = [parts.open.change, *(box.input for box in parts.knobs)]
    ctx.addresses(Share([parts.open, *parts.knobs], read, shown, put, changes))
    outputs = [parts.job, parts.status, parts.cards, *drawn]
    ctx.when(
        parts.run.click,
        run,
        [parts.open, parts.n, *parts.knobs],
        outputs,
        device=True,
        errors=[parts.status],
    )
    ctx.when(parts.stop.click, stop, [parts.job], [parts.status])


def _wire_question(ctx: Ctx, parts: Parts) -> None:
    """Another question asks the router; ticks overrule it."""

    def of_question(name: str | None, seed: int, chosen: list[int] | None = None) -> list[Any]:
        card = drafts_cards.find_card(name or "")
        table = _results(ctx)[card.experiment]
        return routing_panel.shown(card, table, seed, chosen)

    def overruled(name: str | None, seed: int, chosen: list[int]) -> list[Any]:
        return of_question(name, seed, chosen)[1:]  # the ticks stay as the hand left them

    one = parts.routing
    asked = [parts.open, one.question]
    told = [one.told, one.heard, one.live]
    ctx.when(one.question.input, of_question, asked, [one.asked, *told], errors=[one.told])
    ticked = [*asked, one.asked]
    ctx.when(
        one.asked.input, overruled, ticked, told, errors=[one.told], trigger_mode="always_last"
    )


def _wire_metric(ctx: Ctx, parts: Parts) -> None:
    """Another metric is drawn as bars; its menu follows the page's language."""

    def other_metric(name: str | None, metric: str) -> Any:
        card = drafts_cards.find_card(name or "")
        return figures(card, _results(ctx).get(card.experiment), metric)[1:]

    def other_language(_record: str, name: str | None) -> Any:
        table = _results(ctx).get(drafts_cards.find_card(name).experiment) if name else None
        names = list(dict.fromkeys(table.summary()["metric"])) if table is not None else []
        return gr.update(choices=metric_menu(names)) if names else gr.skip()

    drawn = [parts.figure, parts.space]
    ctx.when(parts.metric.input, other_metric, [parts.open, parts.metric], drawn)
    ctx.redraw("drafts", other_language, [parts.open], [parts.metric])


def _results(ctx: Ctx) -> dict[str, ResultTable]:
    """Own results first, then those that came with the lab."""
    return drafts_cards.results_in(own_folder(ctx), EXPERIMENTS)


def own_folder(ctx: Ctx) -> Path:
    """Where experiments that were run from the page are kept."""
    return Path(ctx.service.records_dir) / "experiments"


def start(
    ctx: Ctx, card: Card, n: int, changed: dict[str, Any] | None = None
) -> tuple[Any, list[ResultTable]]:
    """Queue an experiment; returns its job and the list into which tables are put as conditions
    finish.

    Args:
        card: whose experiment.
        n: how many questions.
        changed: further settings.
    """
    tables: list[ResultTable] = []
    entry = registry.find(card.experiment)
    changed = changed or {}
    folder = own_folder(ctx) / claim_knobs.folder_of(card.experiment, n, changed)

    def work(progress: Any, cancelled: Any) -> str:
        from lab.experiments.harness.driver import Watch

        watch = Watch(progress, cancelled.is_set, tables.append)
        settings = registry.load_settings(entry, {"n": n, **changed})
        return str(ctx.service.experiment(entry, settings, folder, watch).meta["status"])

    return ctx.service.submit_task(f"experiment {card.experiment}", work, person()), tables


def followed(ctx: Ctx, card: Card, job: Job, tables: list[ResultTable]) -> Iterator[list[Any]]:
    """What the page shows of an experiment until it is over; a page that goes away stops it, and
    what was measured is kept.

    Args:
        card: whose experiment.
        job: that runs it.
        tables: as `start` returned them.

    Yields:
        values for job id, status, cards, metric, figure and map.
    """
    keep = [gr.skip()] * 4
    try:
        while not job.over:
            share, text = job.progress
            place = place_sentence(ctx.service, job)
            yield [job.id, notes_value(strong=place or f"{share:.0%} {known(text)}"), *keep]
            job.changed(job.state, job.place_in_queue, job.progress, 1.0)
            keep = [gr.skip()] * 4
            if tables:
                keep = [gr.skip(), *figures(card, tables[-1], None)]
                tables.clear()
    finally:
        if not job.over:
            job.cancel()


def figures(card: Card, table: ResultTable | None, metric: str | None) -> list[Any]:
    """Choices of the metric, the bars, and the map of samples where the experiment has one."""
    if table is None or not len(table.rows):
        hint = empty(say("said.drafts_tab.nothing_measured_yet_press_run", title=card.title))
        choices = metric_menu([card.metric])
        return [gr.update(choices=choices, value=card.metric, visible=False), hint, None]
    summary = table.summary()
    names = list(dict.fromkeys(summary["metric"]))
    chosen = str(next((one for one in (metric, card.metric) if one in names), names[0]))
    units = {m.name: m.unit for m in table.metrics}
    text = caption_of(table)
    key = f"experiment.{card.experiment}.rows"
    rows = say(key) if key in texts_of("en") else ""
    titles = titles_of(table)
    figure = drafts_figures.bars(summary, chosen, units.get(chosen, ""), card.title, rows, titles)
    if card.experiment == "gate" and chosen == "accuracy":
        figure = drafts_figures.trade(summary)
    if card.experiment in OWN_FIGURES:
        own = OWN_FIGURES[card.experiment]
        figure, text = own.figure(table), f"{own.told(table)} {text}"
    place = drafts_figures.sample_map(table.meta["map"]) if table.meta.get("map") else None
    space = plot_value(place, f"{card.experiment}-map", text) if place else None
    if card.experiment == "forks":
        space = plot_value(fork_picture.paths(table), "fork-paths", fork_picture.told(table))
    several = card.experiment not in OWN_FIGURES and len(names) > 1
    return [
        gr.update(choices=metric_menu(names), value=chosen, visible=several),
        plot_value(figure, card.experiment, text),
        space,
    ]


def metric_menu(names: Sequence[str]) -> list[tuple[str, str]]:
    """Choices of the metric, in the language of whoever asks."""
    return menu(names, partial(called, "metric"))


def caption_of(table: ResultTable) -> str:
    """Models, size, seed and versions of an experiment."""
    spec, versions = table.meta.get("spec", {}), table.meta.get("versions", {})
    hosts = ", ".join(
        f"{name} ({str(info.get('digest', ''))[:8]})"
        for name, info in table.meta.get("hosts", {}).items()
    )
    told = ", ".join(f"{name} {value}" for name, value in versions.items())
    return f"{table.experiment}: n = {spec.get('n')}, seed {spec.get('seed')}; {hosts}; {told}"


def notes_of(table: ResultTable | None) -> list[str]:
    """What the reader of an experiment must know."""
    return [known(note) for note in table.meta.get("notes", [])] if table is not None else []
