"""Break it: hand states from one model to another, break one condition, and see what the receiver
still knows.

A stage with two stacks of layers and three answers to one problem; bars over many problems that
fill in; a gallery of the constraints with recorded figures; and a prediction before the
reveal, for those who want one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from lab.ui.frame.context import Ctx
from lab.ui.tabs.break_it.break_choices import DEMO
from lab.ui.tabs.break_it.break_links import wire_links
from lab.ui.tabs.break_it.break_measured import wire_figures
from lab.ui.tabs.break_it.break_parts import ANSWER, SETTING, Parts, build
from lab.ui.tabs.break_it.break_stage import (
    changed,
    guessed,
    hand_over_of,
    reveal,
    wire_cards,
    wire_layers,
)
from lab.ui.tabs.break_it.break_values import (
    START,
    cards_value,
    models,
    new_problem,
)

__all__ = ["build", "wire"]


def wire(ctx: Ctx, parts: Parts) -> None:
    """Any setting redraws the stage; Hand over answers one problem; Measure fills the bars."""
    c = parts.c
    setting = [c[k] for k in SETTING]
    asked = [parts.turn, parts.layers, c["predict"], c["guess"], *setting]
    look = [
        parts.turn,
        c["show"],
        c["metric"],
        parts.open_card,
        parts.key,
        c["predict"],
        c["guess"],
        c["models"],
    ]

    def arrive(open_card: int | None, models_: str) -> Any:
        return [
            cards_value(ctx, open_card, models_),
            gr.update(choices=models()),
            gr.update(choices=models()),
        ]

    hand_over = hand_over_of(ctx)
    ctx.when(
        ctx.tabs["break"].select,
        arrive,
        [parts.open_card, c["models"]],
        [parts.cards, c["sender"], c["receiver"]],
    )
    for key in SETTING:
        ctx.when(
            c[key].input,
            changed,
            [parts.turn, *setting],
            [parts.stage, parts.layers, parts.result, c["change"], c["guess"]],
        )
    told = [parts.stage, parts.result, c["guess"], c["reveal"], parts.status]
    answer = ANSWER | {"errors": [parts.stage]}
    ctx.when(c["try"].click, hand_over, asked, told, **answer)
    drawn = ctx.when(c["new"].click, drawn_anew, [parts.turn], [c["seed"], c["guess"]])
    ctx.when(drawn.then, hand_over, asked, told, **answer)
    chosen = [c["sender"], c["receiver"], c["channel"], c["change"], parts.layers, c["guess"]]
    for step, what in DEMO:
        values = [
            what["sender"],
            START["receiver"],
            "latent",
            what["change"],
            what.get("layers", {}),
            None,
        ]
        put = ctx.when(c[f"demo.{step}"].click, _setting(values), [parts.turn], chosen)
        ctx.when(put.then, hand_over, asked, told, **answer)
    ctx.when(c["guess"].input, guessed, [parts.turn, c["guess"]], [c["guess"], c["reveal"]])
    ctx.when(
        c["reveal"].click,
        reveal,
        [parts.turn, parts.layers, parts.result, c["guess"], *setting],
        [parts.stage, c["reveal"], parts.status],
    )
    wire_layers(ctx, parts, setting)
    wire_cards(ctx, parts, asked, hand_over, told)
    wire_figures(ctx, parts, setting, look)
    wire_links(ctx, parts, setting, hand_over, told)


def drawn_anew(turn: dict[str, Any]) -> Any:
    """Another problem, of which nothing is guessed yet."""
    turn["guess"] = None
    return [new_problem(), None]


def _setting(values: list[Any]) -> Callable[..., Any]:
    """A handler that puts these values into the controls."""

    def put(turn: dict[str, Any]) -> Any:
        turn["guess"] = None
        return list(values)

    return put
