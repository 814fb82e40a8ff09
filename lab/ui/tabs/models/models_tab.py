"""Models: meet the pocket family. Cards, measured abilities, what each one breaks, and a word with
any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from lab.panels.model_cards import family_view
from lab.service.meet import family, speak, together
from lab.ui.frame.context import Ctx
from lab.ui.frame.parts import button, dropdown, on_device
from lab.ui.widgets import empty, widget
from lab.worlds import check, make_problem

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


def build(ctx: Ctx) -> Parts:
    """The family, then the playground."""
    with gr.Accordion(ctx.t("models.play"), open=True) as fold:
        ctx.label(fold, "models.play")
        with gr.Row(elem_classes="panel-row"):
            model = dropdown(ctx, "models.model", ["pocket-base"], "pocket-base")
            role = dropdown(
                ctx,
                "models.role",
                [("think, then answer", "solo"), ("answer at once", "solo_at_once")],
                "solo",
            )
            world = dropdown(ctx, "models.world", ["ledger", "almanac"], "ledger")
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
        spoken = widget(
            "spoken.js", empty(ctx.t("models.hint")), elem_id="models-spoken", label="answer"
        )
    table = widget(
        "family.js", empty(ctx.t("models.none")), elem_id="models-family", label="models"
    )
    return Parts(table, model, role, world, seed, facts, question, ask, spoken)


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
        shown = family_view(models, together()) if models else empty(ctx.t("models.none"))
        drawn = (gr.skip(), gr.skip()) if question else draw_problem(world, seed)
        return (shown, gr.update(choices=names), *drawn)

    def answer(
        name: str, role: str, world: str, seed: float, facts: str, question: str
    ) -> dict[str, Any]:
        said = on_device(ctx, "playground", lambda pool: speak(pool, name, role, question, facts))
        drawn = make_problem(world, int(seed or 0))
        verdict = (
            check(drawn, said.answer)
            if drawn.question == question and drawn.facts == facts
            else None
        )
        return {
            "model": name,
            "prompt": said.prompt,
            "words": [list(word) for word in said.words],
            "truth": drawn.truth if verdict else None,
            "correct": verdict.correct if verdict else None,
        }

    shown = [parts.family, parts.model, *problem]
    ctx.when(ctx.tabs["models"].select, arrive, [parts.world, parts.seed, parts.question], shown)
    for event in (parts.world.input, parts.seed.change):
        ctx.when(event, draw_problem, [parts.world, parts.seed], problem)
    asked = [parts.model, parts.role, parts.world, parts.seed, parts.facts, parts.question]
    for event in (parts.ask.click, parts.question.submit):
        ctx.when(event, answer, asked, [parts.spoken], device=True)


def draw_problem(world: str, seed: float | None) -> tuple[str, str]:
    """Facts and question of the held-out problem with this number."""
    drawn = make_problem(world, int(seed or 0) % MOST_SEEDS)
    return drawn.facts, drawn.question


WORDS = {
    "en": {
        "models.play": "A word with a model",
        "models.model": "Model",
        "models.role": "Asked to",
        "models.world": "World",
        "models.seed": "Problem number",
        "models.facts": "Facts",
        "models.question": "Question",
        "models.ask": "Ask",
        "models.hint": "Draw a problem by its number, or write your own in the words of the two "
        "worlds, and ask. "
        "A pocket model speaks these worlds and nothing else.",
        "models.none": "No pocket models are on this machine: train one with python -m lab zoo "
        "train pocket-base.",
        "js.models.measured": "Right answers on held-out problems, greedy, with 95 % intervals; "
        "from the cards, "
        "measured by: python -m lab zoo eval --all",
        "js.models.together": "Handed to pocket-base by its twin, and Mixture-of-Agents",
        "js.models.twins": "Made by arithmetic when asked for",
        "js.models.breaks": "differs in",
        "js.models.ability": "ability",
        "js.models.n": "n = {n}",
        "js.models.why": "First two rows, column by column: what pocket-base makes of each model's "
        "thoughts and of "
        "its cache. Below, every model by itself: it hands thoughts to itself nearly as well in "
        "latents as in words.",
        "js.models.truth": "truth {truth}",
        "js.models.prompt": "asked",
    },
    "zh": {
        "models.play": "与模型对话",
        "models.model": "模型",
        "models.role": "要求",
        "models.world": "世界",
        "models.seed": "题号",
        "models.facts": "事实",
        "models.question": "问题",
        "models.ask": "提问",
        "models.hint": "按题号取一道题，或用这两个世界的词句自己写，然后提问。口袋模型只会说这两个世界的话。",
        "models.none": "本机没有口袋模型：用 python -m lab zoo train pocket-base 训练一个。",
        "js.models.measured": "未见过的题目上的正确率（贪心解码），含 95 % 区间；来自模型卡，"
        "由 python -m lab zoo eval --all 测得",
        "js.models.together": "由孪生模型交给 pocket-base，以及混合智能体",
        "js.models.twins": "需要时由算术得到",
        "js.models.breaks": "不同之处",
        "js.models.ability": "能力",
        "js.models.n": "n = {n}",
        "js.models.why": "前两行按列读：pocket-base 能从每个模型的思维和缓存中得到什么。"
        "下面是每个模型自己：用潜在状态把思路交给自己，几乎与用文字一样好。",
        "js.models.truth": "正确答案 {truth}",
        "js.models.prompt": "提问",
    },
}
