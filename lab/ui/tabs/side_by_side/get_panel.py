"""“Get a public model” in Set up: choose one of the catalogue, get it, see how far it is, stop it,
go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from lab.errors import BadInput
from lab.models.catalogue import CatalogueEntry, catalogue, require_entry
from lab.models.fetch_job import FetchJob, fetch, stop_fetch, was_stopped
from lab.panels.widget_values import NotesValue, notes_value
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import NOTES
from lab.words import say

SECONDS_BETWEEN_LOOKS = 0.5
Parts = dict[str, Any]


def installed() -> list[str]:
    """The public models that are on this machine."""
    return [entry.name for entry in catalogue() if entry.installed]


def build(ctx: Ctx) -> Parts:
    """A menu, two buttons and the line that says how far it is."""
    names = [(entry.title, entry.name) for entry in catalogue()]
    first = catalogue()[0]
    with gr.Row(elem_id="get-model"):
        menu = gr.Dropdown(names, value=first.name, label=ctx.t("setup.get"), min_width=150)
        ctx.label(menu, "setup.get")
        small: dict[str, Any] = {"size": "sm", "scale": 0}
        get = gr.Button(ctx.t("setup.get_button"), min_width=64, elem_id="get-button", **small)
        ctx.label(get, "setup.get_button", "value")
        stop = gr.Button(ctx.t("setup.get_stop"), min_width=96, elem_id="get-stop", **small)
        ctx.label(stop, "setup.get_stop", "value")
    line = NOTES.widget(about(first), elem_id="get-line", label="get")
    return {"menu": menu, "get": get, "stop": stop, "line": line}


def wire(ctx: Ctx, parts: Parts, host: gr.Dropdown) -> None:
    """The buttons; a model that has come can be chosen at once.

    Args:
        host: the menu of the chain's model.
    """

    def chosen(name: str) -> NotesValue:
        return about(require_entry(name))

    def get(name: str) -> Iterator[list[Any]]:
        if ctx.service.admit(False):
            raise BadInput(say("error.get_panel.not_in_this_room"))
        job = fetch(name)
        while not job.over:
            yield [how_far(job), gr.skip()]
            job.wait(SECONDS_BETWEEN_LOOKS)
        came = job.entry.installed
        yield [
            how_far(job),
            gr.Dropdown(choices=[*_without(host, name), name], value=name) if came else gr.skip(),
        ]

    def stop(name: str) -> Any:
        if ctx.service.admit(False):
            raise BadInput(say("error.get_panel.not_in_this_room"))
        stop_fetch(name)
        return gr.skip()

    outputs = [parts["line"], host]
    ctx.when(parts["menu"].input, chosen, [parts["menu"]], [parts["line"]])
    ctx.when(parts["get"].click, get, [parts["menu"]], outputs, concurrency_limit=None)
    ctx.when(parts["stop"].click, stop, [parts["menu"]], [parts["line"]])


def about(entry: CatalogueEntry) -> NotesValue:
    """What a model is, what it weighs and under which terms it comes."""
    if entry.installed:
        return notes_value([say("said.get.here", title=entry.title, name=entry.name)])
    lines = [
        say("said.get.about", title=entry.title, mb=entry.download_mb, licence=entry.licence),
        say("said.get.terms", terms=entry.terms) if entry.terms else "",
    ]
    return notes_value(lines)


def how_far(job: FetchJob) -> NotesValue:
    """Where a download stands, in a sentence."""
    entry, state = job.entry, job.state
    if job.over:
        if job.error is None:
            return about(entry)
        if was_stopped(job):
            return notes_value([say("said.get.stopped", title=entry.title)])
        return notes_value([str(job.error)])
    key = "said.get.converting" if state.converting else "said.get.fetching"
    percent = 0 if state.share is None else int(100 * state.share)
    return notes_value([say(key, title=entry.title, percent=percent, mb=entry.download_mb)])


def _without(menu: gr.Dropdown, name: str) -> list[Any]:
    return [choice for choice in menu.choices if choice[1] != name]
