"""The components of “Break it”: what is chosen, the stage, the figures and the gallery."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from lab.panels.break_it.break_results import CHANNEL_WORD
from lab.panels.break_it.break_value import (
    CardClicked,
    GalleryValue,
    LayerClicked,
    LineClicked,
    StageValue,
)
from lab.panels.break_it.measured_on import LEFT_OUT, MODELS, POCKET, PUBLIC
from lab.panels.widget_values import table_value
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import TABLE, button, dropdown, notes, radio
from lab.ui.frame.menus import menu
from lab.ui.tabs.break_it import break_choices, break_run
from lab.ui.tabs.break_it.break_choices import DEMO
from lab.ui.tabs.break_it.break_guess import GUESSES
from lab.ui.tabs.break_it.break_values import (
    START,
    models,
    new_turn,
    stage_value,
)
from lab.ui.widgets import Kind, plotly_widget
from lab.words import called, known, say

STAGE = Kind("stage.js", StageValue, {"layer": LayerClicked})
GALLERY = Kind("stage_cards.js", GalleryValue, {"card": CardClicked, "line": LineClicked})

FIGURES = (
    "bars",
    "dial",
    "layers",
    "growth",
    "geometry",
    "probe",
    "compress",
    "tamper",
    "plane",
    "forks",
    "fork-paths",
    "routes",
    "relay",
    "tasks",
)
ANSWER: dict[str, Any] = {"device": True, "trigger_mode": "multiple"}
"""Options of everything that asks for an answer: a newer question need not wait for an older
one."""
MEASURED = ("bars", "dial", "layers", "relay")
"""Figures of which there is one per metric."""
SETTING = ("sender", "receiver", "channel", "change", "seed", "depth", "steps")
"""Controls that say what is handed over, and on which problem."""
PROBLEMS = 200
"""Over how many a condition is measured, unless somebody says otherwise."""
METRICS = ("accuracy", "nll", "kl", "tokens", "ms", "bytes")


@dataclass
class Parts:
    """The tab's components."""

    c: dict[str, Any]
    """Controls by name."""
    stage: gr.HTML
    cards: gr.HTML
    status: gr.HTML
    figure: gr.HTML
    prices: gr.HTML
    layers: gr.State
    """{read, write, title, preset}: what was clicked, or the condition that a card put on the
    stage."""
    result: gr.State
    """The last three answers, or None."""
    open_card: gr.State
    turn: gr.State
    """What the handlers of one page share while they run, see `new_turn`."""
    job: gr.State
    key: gr.State
    """Key of the last measurement."""
    results: break_run.ResultShelf
    came: gr.State
    """``{"n": …, "answered": …}``: changes with every address that was opened."""


def build(ctx: Ctx) -> Parts:
    """Controls, the stage, the bars and the gallery."""
    c: dict[str, Any] = {}
    names = models()
    with gr.Row(elem_classes="panel-row"):
        for step, _ in DEMO:
            c[f"demo.{step}"] = button(ctx, f"break.demo.{step}", elem_id=f"break-demo-{step}")
        gr.HTML("", elem_classes="panel-gap")
        c["new"] = button(ctx, "break.new", elem_id="break-new")
        c["try"] = button(ctx, "break.try", variant="primary", elem_id="break-try")
    with gr.Row(elem_classes="panel-row"):
        c["sender"] = dropdown(ctx, "break.sender", names, START["sender"], allow_custom_value=True)
        c["receiver"] = dropdown(
            ctx, "break.receiver", names, START["receiver"], allow_custom_value=True
        )
        c["change"] = dropdown(
            ctx,
            "break.change",
            [
                (say("choice.unchanged") if name == START["change"] else known(name), name)
                for name in break_choices.BREAKS
            ],
            START["change"],
            allow_custom_value=True,
        )
    with gr.Row(elem_classes=["panel-row", "break-how"]):
        words = [(CHANNEL_WORD[name], name) for name in break_choices.CHANNELS]
        c["channel"] = radio(ctx, "break.channel", words, START["channel"])
        for key, value in (("seed", 1), ("depth", 2), ("steps", 36)):
            field = gr.Number(value, precision=0, min_width=80, label=ctx.t(f"break.{key}"))
            c[key] = ctx.label(field, f"break.{key}")
        c["predict"] = ctx.label(
            gr.Checkbox(
                False, label=ctx.t("break.predict"), min_width=120, elem_id="break-predict"
            ),
            "break.predict",
        )
    stage = STAGE.widget(stage_value(START, None, None), elem_id="break-stage", label="stage")
    with gr.Row(elem_classes=["panel-row", "break-predicts"]):
        words = [(say(f"choice.guess_{one}"), one) for one in GUESSES]
        c["guess"] = radio(
            ctx,
            "break.guess",
            words,
            None,
            visible=False,
            min_width=320,
            elem_id="break-guess",
            info=ctx.t("break.guess_info"),
        )
        ctx.label(c["guess"], "break.guess_info", "info")
        c["reveal"] = button(ctx, "break.reveal", visible=False, elem_id="break-reveal")
    with gr.Row(elem_classes="panel-row"):
        many = gr.Number(PROBLEMS, precision=0, min_width=110, scale=0, label=ctx.t("break.n"))
        c["n"] = ctx.label(many, "break.n")
        c["measure"] = button(ctx, "break.measure", elem_id="break-measure")
        c["measure_card"] = button(ctx, "break.measure_card", elem_id="break-measure-card")
        c["stop"] = button(ctx, "break.stop", elem_id="break-stop")
    status = notes("break-status", say("break.hint"))
    on = [(say(f"choice.{name}"), name) for name in MODELS]
    c["models"] = radio(ctx, "break.models", on, POCKET, elem_id="break-models")
    cards = GALLERY.widget(GalleryValue(), elem_id="break-cards", label="constraints")
    with gr.Row(elem_classes="panel-row"):
        c["show"] = radio(
            ctx, "break.show", [(say(f"choice.{name}"), name) for name in FIGURES], "bars"
        )
        c["metric"] = dropdown(
            ctx, "break.metric", [(say(f"metric.{name}"), name) for name in METRICS], "accuracy"
        )
    figure = plotly_widget("break-figure", height=300)
    prices = TABLE.widget(table_value([], []), elem_id="break-prices", label="routes")
    return Parts(
        c,
        stage,
        cards,
        status,
        figure,
        prices,
        gr.State({}),
        gr.State(None),
        gr.State(None),
        gr.State(new_turn()),
        gr.State(None),
        gr.State(None),
        break_run.ResultShelf(),
        gr.State({"n": 0, "answered": False}),
    )


def figure_menu(on: str) -> Any:
    """The figures that these models have.

    Args:
        on: one of `MODELS`.
    """
    kept = [name for name in FIGURES if on != PUBLIC or name not in LEFT_OUT]
    return gr.update(choices=menu(kept, partial(called, "choice")))
