"""The data factory: questions, a team's answers, filters, a set to take along, and a student that
is trained on it in the background.
"""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from lab.errors import BadInput, LabError
from lab.files import EXPERIMENTS
from lab.panels.drafts import distill_figure
from lab.panels.drafts.factory_tables import sample_table, sieve_table
from lab.panels.widget_values import NotesValue, notes_value, plot_value
from lab.records.results import ResultTable, read_result
from lab.service import Job
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import TABLE, button, dropdown, notes, slider, stopping
from lab.ui.frame.waiting import browser, person, place_sentence
from lab.ui.widgets import plotly_widget, sentence
from lab.words import for_the_page, known, say

if TYPE_CHECKING:
    from lab.zoo.data_factory import Filters
    from lab.zoo.distill import Factory

FILTERS = ("agreement", "rule", "confidence")
RATES = (0.0005, 0.0015, 0.005, 0.05, 0.5)
"""Learning rates to choose from; with the last one a student diverges."""
KEPT = 16


class FactoryShelf:
    """What teams said, by a key that only their page knows; the oldest gives way."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, Factory] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: str, factory: Factory) -> None:
        """Keep it."""
        with self._lock:
            self._made[key] = factory
            while len(self._made) > KEPT:
                self._made.popitem(last=False)

    def get(self, key: str | None) -> Factory:
        """What is kept under a key.

        Raises:
            BadInput: if there is nothing, or no longer.
        """
        with self._lock:
            made = self._made.get(key or "")
        if made is None:
            raise BadInput(say("error.factory_panel.no_set"))
        return made


@dataclass
class Parts:
    """The components of the factory."""

    key: gr.State
    """Of the team's answers on the shelf."""
    job: gr.State
    n: gr.Slider
    plant: gr.Checkbox
    make: gr.Button
    stop: gr.Button
    status: gr.HTML
    filters: gr.CheckboxGroup
    least: gr.Slider
    sieves: gr.HTML
    preview: gr.HTML
    line: gr.Textbox
    file: gr.File
    tokens: gr.Slider
    rate: gr.Dropdown
    teach: gr.Button
    training: gr.HTML
    """How far the student is, and what came of it."""
    figure: gr.HTML


def build(ctx: Ctx) -> Parts:
    """A folded part of the tab."""
    with gr.Accordion(ctx.t("drafts.factory.title"), open=False, elem_id="factory") as fold:
        ctx.label(fold, "drafts.factory.title")
        ctx.label(gr.Markdown(ctx.t("drafts.factory.text")), "drafts.factory.text", "value")
        with gr.Row(elem_classes="panel-row factory-row"):
            n = slider(
                ctx, "drafts.factory.n", 120, 720, 720, 120, elem_id="factory-n", min_width=220
            )
            plant = ctx.label(
                gr.Checkbox(True, label=ctx.t("drafts.factory.plant"), min_width=260),
                "drafts.factory.plant",
            )
            make = button(ctx, "drafts.factory.make", elem_id="factory-make", variant="primary")
        status = notes("factory-status", say("drafts.factory.hint"))
        with gr.Row(elem_classes="panel-row factory-row"):
            choices = [(say(f"drafts.factory.sieve.{name}"), name) for name in FILTERS]
            filters = ctx.label(
                gr.CheckboxGroup(
                    choices,
                    value=list(FILTERS),
                    label=ctx.t("drafts.factory.filters"),
                    elem_id="factory-filters",
                    min_width=300,
                ),
                "drafts.factory.filters",
            )
            least = slider(
                ctx, "drafts.factory.least", 0, 1, 0.5, 0.05, elem_id="factory-least", min_width=220
            )
        sieves = TABLE.widget(None, elem_id="factory-sieves", label="filters")
        preview = TABLE.widget(None, elem_id="factory-preview", label="first lines of the set")
        line = ctx.label(
            gr.Textbox(
                label=ctx.t("drafts.factory.line"),
                lines=4,
                max_lines=8,
                interactive=False,
                visible=False,
                elem_id="factory-line",
            ),
            "drafts.factory.line",
        )
        file = gr.File(show_label=False, interactive=False, visible=False, elem_id="factory-file")
        with gr.Row(elem_classes="panel-row factory-row"):
            tokens = slider(
                ctx, "drafts.factory.tokens", 10, 320, 160, 10, elem_id="factory-tokens"
            )
            rate = dropdown(ctx, "drafts.factory.rate", [(f"{r:g}", r) for r in RATES], RATES[1])
            teach = button(ctx, "drafts.factory.teach", elem_id="factory-teach", variant="primary")
            stop = button(ctx, "drafts.stop", elem_id="factory-stop")
        training = notes("factory-training")
        figure = plotly_widget("factory-figure")
    return Parts(
        gr.State(None),
        gr.State(None),
        n,
        plant,
        make,
        stop,
        status,
        filters,
        least,
        sieves,
        preview,
        line,
        file,
        tokens,
        rate,
        teach,
        training,
        figure,
    )


def wire(ctx: Ctx, parts: Parts) -> None:
    """Making the set, filters that answer at once, and the student."""
    shelf = FactoryShelf()

    def make(n: int, plant: bool, on: list[str], least: float) -> Iterator[list[Any]]:
        def work(progress: Any, _cancelled: Any) -> Any:
            from lab.zoo.live_factory import open_factory

            with for_the_page():
                progress(0.0, say("said.distill.team"))
                return open_factory(int(n), plant, ctx.service.pool.get)

        job = ctx.service.submit_task("data factory: set", work, person())
        for told in _followed(ctx, job):
            yield [job.id, gr.skip(), told, *[gr.skip()] * 5]
        if job.state != "finished":
            raise BadInput(known(job.message))
        shelf.put(job.id, job.result)
        yield [None, job.id, *filtered(job.id, on, least), notes_value()]

    def filtered(key: str | None, on: list[str], least: float) -> list[Any]:
        from lab.zoo.data_factory import as_lines
        from lab.zoo.live_factory import samples, sieves

        factory, filters = shelf.get(key), chosen(on, least)
        table = sieve_table(sieves(factory, filters), on)
        try:
            items = factory.passed(filters)
        except LabError as error:
            hidden = gr.update(value=None, visible=False)
            return [sentence(error), table, None, hidden, hidden]
        text = as_lines(items)
        target = Path(tempfile.mkdtemp(prefix="latent-lab-")) / "set.jsonl"
        target.write_text(text, encoding="utf-8")
        told = say("drafts.factory.made", n=len(items), held=len(factory.channels["not taught"]))
        return [
            notes_value([told]),
            table,
            sample_table(samples(factory, items)),
            gr.update(value=text.split("\n", 1)[0], visible=True),
            gr.update(value=str(target), visible=True),
        ]

    def other(key: str | None, on: list[str], least: float) -> list[Any]:
        return filtered(key, on, least) if key else [gr.skip()] * 5

    def teach(
        key: str | None, on: list[str], least: float, tokens: int, rate: Any
    ) -> Iterator[list[Any]]:
        ctx.rooms.check_training(browser())
        factory, filters = shelf.get(key), chosen(on, least)
        factory.passed(filters)
        if rate not in RATES:
            raise BadInput(say("error.factory_panel.rate", rate=rate))

        def work(progress: Any, _cancelled: Any) -> ResultTable:
            from lab.zoo.live_factory import teach_student

            with for_the_page():
                return teach_student(factory, filters, 1000 * int(tokens), float(rate), progress)

        job = ctx.service.submit_task("data factory: student", work, person())
        for told in _followed(ctx, job):
            yield [job.id, told, gr.skip()]
        if job.state != "finished":
            raise BadInput(known(job.message))
        yield [None, *outcome(job.result)]

    def stop(job_id: str | None) -> Iterator[NotesValue]:
        yield from stopping(ctx, job_id, "drafts.factory.stopping")

    four = [parts.sieves, parts.preview, parts.line, parts.file]
    asked = [parts.filters, parts.least]
    ctx.when(
        parts.make.click,
        make,
        [parts.n, parts.plant, *asked],
        [parts.job, parts.key, parts.status, *four, parts.training],
        device=True,
        errors=[parts.status],
    )
    for event in (parts.filters.input, parts.least.release):
        shown = [parts.status, *four]
        ctx.when(event, other, [parts.key, *asked], shown, errors=[parts.status])
    ctx.when(
        parts.teach.click,
        teach,
        [parts.key, *asked, parts.tokens, parts.rate],
        [parts.job, parts.training, parts.figure],
        device=True,
        errors=[parts.training],
    )
    ctx.when(parts.stop.click, stop, [parts.job], [parts.training])


def chosen(on: Sequence[str], least: float) -> Filters:
    """The filters as the page sets them."""
    from lab.zoo.data_factory import Filters

    return Filters(**{name: name in on for name in FILTERS}, least=least)


def outcome(live: ResultTable) -> list[Any]:
    """The student in words, and in the figure below the recorded ones."""
    folder = EXPERIMENTS / "distill"
    recorded = read_result(folder) if (folder / "record.json").is_file() else None
    student = distill_figure.LIVE[-1]
    told = distill_figure.told(live, student, ("best proposer alone", "mixture"))
    figure = plot_value(
        distill_figure.students(recorded, live), "data-factory", say("said.distill.limits")
    )
    return [notes_value([told]), figure]


def _followed(ctx: Ctx, job: Job) -> Iterator[NotesValue]:
    """Until the job is over, its place in line or how far it is; who leaves the page stops it."""
    try:
        while not job.over:
            share, text = job.progress
            place = place_sentence(ctx.service, job)
            yield notes_value(strong=place or f"{share:.0%} {known(text)}")
            job.changed(job.state, job.place_in_queue, job.progress, 1.0)
    finally:
        if not job.over:
            job.cancel()
