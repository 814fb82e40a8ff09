"""The lower half of the drafts tab: claims about Mixture-of-Agents as cards, their figures, and
running them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from lab.experiments.harness import registry
from lab.files import EXPERIMENTS
from lab.panels.break_it import compress_figure, forks_figure, plane_figure, tamper_figure
from lab.panels.drafts import claim_cards as drafts_cards
from lab.panels.drafts import drafts_figures, routing_figure
from lab.panels.drafts.claim_cards import Card
from lab.panels.drafts.drafts_value import ClaimCardsValue, ClaimOpened
from lab.panels.widget_values import NotesValue, notes_value, plot_value
from lab.records.results import ResultTable
from lab.ui.frame.address import Arrival
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.controls import button, dropdown, notes, slider, stopping
from lab.ui.frame.menus import menu
from lab.ui.frame.waiting import person, place_sentence
from lab.ui.widgets import Kind, empty, message, plotly_widget
from lab.words import called, known, say

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
    "forks": OwnFigure(forks_figure.paths_and_nudges, forks_figure.verdict),
}
"""Experiments whose conditions are curves, which bars would not show."""


@dataclass
class Parts:
    """The components of the cards."""

    cards: gr.HTML
    open: gr.State
    metric: gr.Dropdown
    n: gr.Slider
    run: gr.Button
    stop: gr.Button
    job: gr.State
    """Id of the job that runs an experiment for this page, or None."""
    status: gr.HTML
    figure: gr.HTML
    space: gr.HTML


def build(ctx: Ctx) -> Parts:
    """The figure of the open card, the way to run it again, and the cards."""
    heading = gr.Markdown(ctx.t("drafts.claims_heading"))
    ctx.label(heading, "drafts.claims_heading", "value")
    status = notes("drafts-status", say("drafts.figure_hint"))
    figure = plotly_widget("drafts-figure")
    space = plotly_widget("drafts-space")
    with gr.Row(elem_classes="panel-row"):
        metric = dropdown(ctx, "drafts.metric")
        n = slider(ctx, "drafts.n", 20, 240, 120, 20)
        run = button(ctx, "drafts.run", elem_id="drafts-run")
        stop = button(ctx, "drafts.stop", elem_id="drafts-stop")
    cards = CARDS.widget(ClaimCardsValue(), elem_id="drafts-cards", label="claims")
    return Parts(cards, gr.State(None), metric, n, run, stop, gr.State(None), status, figure, space)


def wire(ctx: Ctx, parts: Parts) -> None:
    """Opening a card draws its figure; running it fills the bars in as conditions finish."""

    def results() -> dict[str, ResultTable]:
        return drafts_cards.results_in(own_folder(ctx), EXPERIMENTS)

    def arrive(name: str | None) -> ClaimCardsValue:
        return drafts_cards.cards_value(results(), name)

    def opened(evt: gr.EventData) -> Any:
        return open_card(message(ClaimOpened, evt).name)

    def open_card(name: str) -> list[Any]:
        card, found = drafts_cards.find_card(name), results()
        table = found.get(card.experiment)
        value = drafts_cards.cards_value(found, card.name)
        return [card.name, value, *figures(card, table, None), notes_value(notes_of(table))]

    def other_metric(name: str | None, metric: str) -> Any:
        card = drafts_cards.find_card(name or "")
        return figures(card, results().get(card.experiment), metric)[1:]

    def run(name: str | None, n: int) -> Iterator[Any]:
        card = drafts_cards.find_card(name or "")
        job, tables = start(ctx, card, int(n))
        keep = [gr.skip()] * 4
        while not job.over:
            share, text = job.progress
            place = place_sentence(ctx.service, job)
            yield [job.id, notes_value(strong=place or f"{share:.0%} {text}"), *keep]
            job.changed(job.state, job.place_in_queue, job.progress, 1.0)
            if tables:
                partial = tables[-1]
                tables.clear()
                keep = [gr.skip(), *figures(card, partial, None)]
            else:
                keep = [gr.skip()] * 4
        table = results().get(card.experiment)
        said = notes_value(notes_of(table), strong=known(job.message))
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
    shown = [parts.open, parts.cards, *drawn, parts.status]
    ctx.when(parts.cards.open, opened, [], shown, errors=[parts.status])
    ctx.when(
        parts.metric.input, other_metric, [parts.open, parts.metric], [parts.figure, parts.space]
    )

    def read(name: str | None) -> dict[str, Any]:
        return {"claim": name}

    def put(arrival: Arrival) -> list[Any]:
        name = arrival.address.claim
        if name in {card.name for card in drafts_cards.cards()}:
            return open_card(str(name))
        if name:
            arrival.ignore("claim")
        hint = notes_value([say("drafts.figure_hint")])
        return [None, drafts_cards.cards_value(results(), None), gr.skip(), None, None, hint]

    ctx.addresses(Share([parts.open], read, shown, put, [parts.open.change]))
    outputs = [parts.job, parts.status, parts.cards, *drawn]
    ctx.when(parts.run.click, run, [parts.open, parts.n], outputs, device=True)
    ctx.when(parts.stop.click, stop, [parts.job], [parts.status])


def own_folder(ctx: Ctx) -> Path:
    """Where experiments that were run from the page are kept."""
    return Path(ctx.service.records_dir) / "experiments"


def start(ctx: Ctx, card: Card, n: int) -> tuple[Any, list[ResultTable]]:
    """Queue an experiment; returns its job and the list into which tables are put as conditions
    finish."""
    tables: list[ResultTable] = []
    entry = registry.find(card.experiment)
    folder = own_folder(ctx) / f"{card.experiment}-{n}"

    def work(progress: Any, cancelled: Any) -> str:
        from lab.experiments.harness.driver import Watch

        watch = Watch(progress, cancelled.is_set, tables.append)
        settings = registry.load_settings(entry, {"n": n})
        return str(ctx.service.experiment(entry, settings, folder, watch).meta["status"])

    return ctx.service.submit_task(f"experiment {card.experiment}", work, person()), tables


def figures(card: Card, table: ResultTable | None, metric: str | None) -> list[Any]:
    """Choices of the metric, the bars, and the map of samples where the experiment has one."""
    if table is None or not len(table.rows):
        hint = empty(say("said.drafts_tab.nothing_measured_yet_press_run", title=card.title))
        return [
            gr.update(choices=menu([card.metric], partial(called, "metric")), value=card.metric),
            hint,
            None,
        ]
    summary = table.summary()
    names = list(dict.fromkeys(summary["metric"]))
    chosen = str(next((one for one in (metric, card.metric) if one in names), names[0]))
    units = {m.name: m.unit for m in table.metrics}
    text = caption_of(table)
    figure = drafts_figures.bars(summary, chosen, units.get(chosen, ""), card.title)
    if card.experiment == "gate" and chosen == "accuracy":
        figure = drafts_figures.trade(summary)
    if card.experiment in OWN_FIGURES:
        own = OWN_FIGURES[card.experiment]
        figure, text = own.figure(table), f"{own.told(table)} {text}"
    if card.experiment == "routing" and chosen == "accuracy":
        figure = routing_figure.routing(summary)
    place = drafts_figures.sample_map(table.meta["map"]) if table.meta.get("map") else None
    space = plot_value(place, f"{card.experiment}-map", text) if place else None
    return [
        gr.update(choices=menu(names, partial(called, "metric")), value=chosen),
        plot_value(figure, card.experiment, text),
        space,
    ]


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
    return list(table.meta.get("notes", [])) if table is not None else []
