"""Models: meet the pocket family. Cards, measured abilities, what each one breaks, and a word with
any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from lab.panels.model_cards import family_view
from lab.panels.model_values import FamilyValue, SpokenValue, SpokenWord
from lab.service.meet import family, speak, together
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import button, dropdown, on_device
from lab.ui.tabs.models.machines_panel import MachineParts, build_machines, wire_machines
from lab.ui.widgets import Kind, empty
from lab.words import say
from lab.worlds import check, make_problem

FAMILY = Kind("family.js", FamilyValue)
SPOKEN = Kind("spoken.js", SpokenValue)
MOST_SEEDS = 1_000_000


@dataclass
class Parts:
    """The tab's components."""

    family: gr.HTML
    model: gr.Dropdown
    role: gr.Dropdown
    world: gr.Dropdown
    seed: gr.Number
    facts: gr.Textbox
    question: gr.Textbox
    ask: gr.Button
    spoken: gr.HTML
    machines: MachineParts | None


def build(ctx: Ctx) -> Parts:
    """The family, then the playground."""
    with gr.Accordion(ctx.t("models.play"), open=True) as fold:
        ctx.label(fold, "models.play")
        with gr.Row(elem_classes="panel-row"):
            model = dropdown(ctx, "models.model", ["pocket-base"], "pocket-base")
            role = dropdown(
                ctx,
                "models.role",
                [
                    (say("said.models_tab.think_then_answer"), "solo"),
                    (say("said.models_tab.answer_at_once"), "solo_at_once"),
                ],
                "solo",
            )
            world = dropdown(
                ctx,
                "models.world",
                [(say(f"choice.{name}"), name) for name in ("ledger", "almanac")],
                "ledger",
            )
            seed = ctx.label(
                gr.Number(0, precision=0, minimum=0, label=ctx.t("models.seed")), "models.seed"
            )
        facts = ctx.label(
            gr.Textbox(label=ctx.t("models.facts"), lines=1, max_lines=4), "models.facts"
        )
        with gr.Row(elem_classes="panel-row"):
            question = ctx.label(
                gr.Textbox(label=ctx.t("models.question"), lines=1), "models.question"
            )
            ask = button(ctx, "models.ask", variant="primary")
        spoken = SPOKEN.widget(empty(say("models.hint")), elem_id="models-spoken", label="answer")
    machines = build_machines(ctx)
    table = FAMILY.widget(empty(say("models.none")), elem_id="models-family", label="models")
    return Parts(table, model, role, world, seed, facts, question, ask, spoken, machines)


def wire(ctx: Ctx, parts: Parts) -> None:
    """Cards when the tab comes to front; a new problem with its number; an answer on demand."""
    problem = [parts.facts, parts.question]

    def arrive(world: str, seed: float, question: str) -> tuple[Any, ...]:
        models = family()
        names = [m["name"] for m in models]
        names += (
            ["pocket-gauge", "pocket-vocab", "pocket-base:int8", "pocket-base:int4"]
            if names
            else []
        )
        shown = family_view(models, together()) if models else empty(say("models.none"))
        drawn = (gr.skip(), gr.skip()) if question else draw_problem(world, seed)
        return (shown, gr.update(choices=names), *drawn)

    def answer(
        name: str, role: str, world: str, seed: float, facts: str, question: str
    ) -> SpokenValue:
        drawn = make_problem(world, int(seed or 0))
        own = (drawn.question, drawn.facts) != (question, facts)
        said = on_device(
            ctx, "playground", lambda pool: speak(pool, name, role, question, facts), own
        )
        verdict = None if own else check(drawn, said.answer)
        return SpokenValue(
            model=name,
            prompt=said.prompt,
            words=tuple(SpokenWord(text=text, p=p) for text, p in said.words),
            truth=drawn.truth if verdict else None,
            correct=verdict.correct if verdict else None,
        )

    shown = [parts.family, parts.model, *problem]
    ctx.when(ctx.tabs["models"].select, arrive, [parts.world, parts.seed, parts.question], shown)
    for event in (parts.world.input, parts.seed.change):
        ctx.when(event, draw_problem, [parts.world, parts.seed], problem)
    asked = [parts.model, parts.role, parts.world, parts.seed, parts.facts, parts.question]
    for event in (parts.ask.click, parts.question.submit):
        ctx.when(event, answer, asked, [parts.spoken], device=True)
    wire_machines(ctx, parts.machines)


def draw_problem(world: str, seed: float | None) -> tuple[str, str]:
    """Facts and question of the held-out problem with this number."""
    drawn = make_problem(world, int(seed or 0) % MOST_SEEDS)
    return drawn.facts, drawn.question
