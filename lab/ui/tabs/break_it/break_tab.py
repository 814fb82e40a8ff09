"""Break it: hand states from one model to another, break one condition, and see what the receiver
still knows.

A stage with two stacks of layers and three answers to one problem; bars over many problems that
fill in; a gallery of the constraints with recorded figures; and a prediction before the
reveal, for those who want one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from lab.errors import BadInput
from lab.panels.break_it import break_results
from lab.panels.break_it.break_results import CHANNEL_WORD, results_caption
from lab.panels.break_it.break_value import (
    CardClicked,
    GalleryValue,
    LayerClicked,
    LineClicked,
    StageValue,
)
from lab.panels.break_it.break_words import constraints
from lab.panels.break_it.measured_on import LEFT_OUT, MODELS, POCKET, PUBLIC, left_out
from lab.panels.widget_values import NotesValue, notes_value, plot_value, table_value
from lab.ui.frame.address import Arrival
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.controls import TABLE, button, dropdown, notes, radio, stopping
from lab.ui.frame.menus import menu
from lab.ui.frame.waiting import DeviceRequest
from lab.ui.tabs.break_it import break_address, break_choices, break_run
from lab.ui.tabs.break_it.break_choices import DEMO
from lab.ui.tabs.break_it.break_guess import GUESSES, begin, hide, masked, prediction_sentence
from lab.ui.tabs.break_it.break_values import (
    START,
    ask_of,
    cards_value,
    clicked,
    condition_of,
    figures,
    line_of,
    measured_sentence,
    models,
    named,
    new_problem,
    new_turn,
    newest,
    opens,
    stage_value,
    whole,
)
from lab.ui.widgets import Kind, message, plotly_widget
from lab.words import called, known, say

__all__ = ["build", "wire"]

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
        many = gr.Number(200, precision=0, min_width=110, scale=0, label=ctx.t("break.n"))
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


def _changed(turn: dict[str, Any], *values: Any) -> Any:
    """The stage for another setting; a menu that was left as it was changes nothing."""
    if turn["asked"] == list(values):  # a menu was opened and left as it was
        return [gr.skip()] * 5
    turn["n"] += 1
    turn |= {"asked": list(values), "answered": False}
    setting = named(values)
    if (
        setting["change"] not in break_choices.BREAKS
    ):  # the title of a card's line that was on the stage
        setting["change"] = "nothing"
    return [stage_value(setting, {}, None), {}, None, setting["change"], None]


def _hand_over(ctx: Ctx) -> Callable[..., Iterator[Any]]:
    """The handler that answers one problem at once, then tells the rates."""

    def hand_over(
        turn: dict[str, Any],
        layers: dict[str, Any],
        predict: bool,
        guess: str | None,
        *values: Any,
    ) -> Iterator[Any]:
        turn["n"] += 1
        mine = turn["n"]
        guess = None if turn["answered"] else guess  # one that was made of the answer before
        turn |= {"asked": list(values), "revealed": None, "measuring": True, "answered": True}
        busy = stage_value(named(values), layers, None, busy="…")
        keep = gr.skip()
        # An answer that is known already comes at once: the page would mix up hiding and showing.
        yield [busy, None, *(begin(guess) if predict else hide(False)), notes_value()]
        wanted = ask_of(values, layers)

        def stage(result: Any, busy: str = "") -> Any:
            return stage_value(named(values), layers, result, busy)

        def covered(result: Any) -> Any:
            return masked(result, predict and turn["revealed"] is None) if result else result

        def in_line(asked: DeviceRequest, result: Any) -> Iterator[Any]:
            """Tell the place in line; an answer to an earlier setting is not waited for."""
            told = ""
            for line in asked.lines():
                if turn["n"] != mine:
                    asked.cancel()
                if line and line != told and turn["n"] == mine:
                    yield [stage(covered(result), line), *[keep] * 4]
                    told = line

        one = break_run.try_one(ctx, wanted)
        yield from in_line(one, None)
        if turn["n"] != mine:
            return
        result = one.result()
        yield [stage(covered(result)), result, *hide(predict), keep]
        more = break_run.rates(ctx, wanted)
        yield from in_line(more, result)
        if turn["n"] != mine:
            return
        result = break_run.with_rates(result, more.result())
        turn["measuring"] = False
        said = turn["revealed"]
        told = keep if said is None else notes_value(strong=prediction_sentence(result, said))
        yield [stage(covered(result)), result, keep, keep, told]

    return hand_over


def _reveal(
    turn: dict[str, Any], layers: dict[str, Any], result: Any, guess: str, *values: Any
) -> Any:
    """Show what was hidden, beside the guess."""
    turn["revealed"] = guess
    text: Any = gr.skip()
    if result:
        text = notes_value(strong=prediction_sentence(result, guess, turn["measuring"]))
    return [stage_value(named(values), layers, result), gr.update(visible=False), text]


def wire(ctx: Ctx, parts: Parts) -> None:
    """Any setting redraws the stage; Hand over answers one problem; Measure fills the bars."""
    c = parts.c
    setting = [c[k] for k in ("sender", "receiver", "channel", "change", "seed", "depth", "steps")]
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

    hand_over = _hand_over(ctx)
    ctx.when(
        ctx.tabs["break"].select,
        arrive,
        [parts.open_card, c["models"]],
        [parts.cards, c["sender"], c["receiver"]],
    )
    for key in ("sender", "receiver", "channel", "change", "seed", "depth", "steps"):
        ctx.when(
            c[key].input,
            _changed,
            [parts.turn, *setting],
            [parts.stage, parts.layers, parts.result, c["change"], c["guess"]],
        )
    told = [parts.stage, parts.result, c["guess"], c["reveal"], parts.status]
    answer = ANSWER | {"errors": [parts.stage]}
    ctx.when(c["try"].click, hand_over, asked, told, **answer)
    drawn = ctx.when(c["new"].click, lambda: [new_problem(), None], [], [c["seed"], c["guess"]])
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
        put = ctx.when(c[f"demo.{step}"].click, _setting(values), [], chosen)
        ctx.when(put.then, hand_over, asked, told, **answer)
    ctx.when(
        c["reveal"].click,
        _reveal,
        [parts.turn, parts.layers, parts.result, c["guess"], *setting],
        [parts.stage, c["reveal"], parts.status],
    )
    _wire_layers(ctx, parts, setting)
    _wire_cards(ctx, parts, asked, hand_over, told)
    _wire_figures(ctx, parts, setting, look)
    _wire_address(ctx, parts, setting, hand_over, told)


def _setting(values: list[Any]) -> Callable[[], Any]:
    """A handler that puts these values into the controls."""

    def put() -> Any:
        return list(values)

    return put


def _wire_layers(ctx: Ctx, parts: Parts, setting: list[Any]) -> None:
    def pick(
        turn: dict[str, Any],
        layers: dict[str, Any],
        sender: str,
        receiver: str,
        channel: str,
        change: str,
        seed: float,
        depth: float,
        steps: float,
        evt: gr.EventData,
    ) -> Any:
        new = clicked(layers or {}, message(LayerClicked, evt))
        turn["n"] += 1
        turn |= {
            "asked": [sender, receiver, channel, change, seed, depth, steps],
            "answered": False,
        }
        return [stage_value(named(turn["asked"]), new, None), new, None]

    ctx.when(
        parts.stage.layer,
        pick,
        [parts.turn, parts.layers, *setting],
        [parts.stage, parts.layers, parts.c["guess"]],
    )


def _wire_cards(ctx: Ctx, parts: Parts, asked: list[Any], hand_over: Any, told: list[Any]) -> None:
    c = parts.c

    def opened(now: int | None, on: str, evt: gr.EventData) -> Any:
        clicked_on = message(CardClicked, evt).number
        number = None if clicked_on == now else clicked_on
        return [cards_value(ctx, number, on), number, gr.skip()]

    def line(on: str, evt: gr.EventData) -> Any:
        found = line_of(message(LineClicked, evt), on)
        title = found.get("title") or found["name"]
        return [
            found["sender"],
            found["receiver"],
            found["channel"],
            title,
            {"preset": found},
            gr.skip(),
            None,
        ]

    ctx.when(
        parts.cards.card,
        opened,
        [parts.open_card, c["models"]],
        [parts.cards, parts.open_card, parts.status],
        errors=[parts.status],
    )
    chosen = [c[name] for name in ("sender", "receiver", "channel", "change")]
    chosen += [parts.layers, parts.status, c["guess"]]
    set_up = ctx.when(parts.cards.line, line, [c["models"]], chosen)
    ctx.when(set_up.then, hand_over, asked, told, errors=[parts.stage], **ANSWER)


def _wire_address(
    ctx: Ctx, parts: Parts, setting: list[Any], hand_over: Any, told: list[Any]
) -> None:
    c = parts.c
    names = ("sender", "receiver", "channel", "change", "seed", "depth", "steps")

    def read(
        layers: dict[str, Any] | None,
        result: Any,
        card: int | None,
        figure: str,
        metric: str,
        on: str,
        *values: Any,
    ) -> dict[str, Any]:
        case = dict(zip(names, values, strict=True))
        part = break_address.written(case, layers, result, card, figure, metric, on)
        return {"break_it": part}

    def put(arrival: Arrival) -> list[Any]:
        case = break_address.opened(arrival, FIGURES, METRICS)
        here = arrival.address.tab == "break"
        cards = cards_value(ctx, case.card, case.models) if here else gr.skip()
        answered = bool(arrival.address.break_it.answered) and arrival.address.tab == "break"
        values = [case.setting[name] for name in names]
        return [
            stage_value(case.setting, case.layers, None),
            case.layers,
            None,
            cards,
            case.card,
            case.figure,
            case.metric,
            case.models,
            {"n": random.random(), "answered": answered},
            *values,
        ]

    def came(
        now: dict[str, Any],
        turn: dict[str, Any],
        layers: dict[str, Any],
        predict: bool,
        *values: Any,
    ) -> Iterator[Any]:
        if not opens(turn, now["n"]):
            yield [gr.skip()] * len(told)
            return
        turn["n"] += 1
        turn["asked"] = list(values)
        if now["answered"]:
            yield from hand_over(turn, layers, predict, None, *values)
        else:
            yield [gr.skip()] * len(told)

    shown = [parts.layers, parts.result, parts.open_card, c["show"], c["metric"], c["models"]]
    ctx.addresses(
        Share(
            [*shown, *setting],
            read,
            [parts.stage, *shown[:2], parts.cards, *shown[2:], parts.came, *setting],
            put,
            [
                *(state.change for state in shown[:3]),
                *(control.change for control in (*shown[3:], *setting)),
            ],
        )
    )
    ctx.when(
        parts.came.change,
        came,
        [parts.came, parts.turn, parts.layers, c["predict"], *setting],
        told,
        **ANSWER | {"errors": [parts.stage]},
    )


def _wire_figures(ctx: Ctx, parts: Parts, setting: list[Any], look: list[Any]) -> None:
    c = parts.c
    drawn = [parts.figure, parts.prices]

    def redraw(
        turn: dict[str, Any],
        show: str,
        metric: str,
        card: int | None,
        key: str | None,
        predict: bool,
        guess: str | None,
        on: str,
    ) -> Any:
        made = newest(
            turn,
            lambda: figures(
                parts.results, ctx, show, metric, card, key, guess if predict else None, on
            ),
        )
        return [gr.skip()] * 2 if made is None else made

    def redraw_here(front: str, *values: Any) -> Any:
        """Elsewhere it is drawn when the tab comes to front."""
        return redraw(*values) if front == "break" else [gr.skip()] * 2

    def measure(
        layers: dict[str, Any],
        n: float,
        predict: bool,
        guess: str | None,
        metric: str,
        *values: Any,
    ) -> Iterator[Any]:
        this = condition_of(values, layers)
        lines = break_choices.companions(this, [])
        only = {(this["name"], this["channel"])}
        yield from run(lines, n, values[6], metric, only, guess if predict else None, this)

    def measure_card(card: int | None, n: float, metric: str, steps: float) -> Iterator[Any]:
        if not card:
            raise BadInput(say("break.open_first"))
        if card in constraints() and (by_other := constraints()[card].results):
            raise BadInput(say("error.break_tab.measured_by", experiment=by_other))
        preset = [one for one in break_run.preset_lines() if one.get("constraint") == card]
        lines = break_choices.companions({**START, "name": "this"}, preset)
        yield from run(
            lines, n, steps, metric, {(one["name"], one["channel"]) for one in preset}, None
        )

    def run(
        lines: list[dict[str, Any]],
        n: float,
        steps: float,
        metric: str,
        only: Any,
        guess: str | None,
        this: dict[str, Any] | None = None,
    ) -> Any:
        keep = gr.skip()
        many, most = (
            whole(n, say("said.field.problems"), 1, 2000),
            whole(steps, say("said.field.steps"), 0, 60),
        )
        for job, key, share, table, text in break_run.measure(
            ctx, lines, many, most, parts.results
        ):
            told = results_caption(table) if table is not None else ""
            shown = (
                plot_value(break_results.bars(table, metric, only, guess), "break", told)
                if table
                else keep
            )
            refused = (
                [known(one) for one in dict.fromkeys((table.meta.get("refused") or {}).values())]
                if table is not None
                else []
            )
            done = measured_sentence(table, this, many) if share >= 1 and not job else ""
            yield [
                job or None,
                key,
                notes_value(refused, strong=f"{done or f'{share:.0%}'} {text}".strip()),
                shown,
                "bars",
            ]

    def stop(job_id: str | None) -> Iterator[NotesValue]:
        yield from stopping(ctx, job_id, "break.stopping")

    for key in ("show", "metric", "models"):
        ctx.when(c[key].input, redraw, look, drawn)
    ctx.when(
        c["models"].change,
        lambda on, card: [cards_value(ctx, card, on), figure_menu(on), notes_value(left_out(on))],
        [c["models"], parts.open_card],
        [parts.cards, c["show"], parts.status],
    )
    ctx.when(ctx.tabs["break"].select, redraw, look, drawn)
    for change in (parts.open_card.change, parts.came.change):
        ctx.when(change, redraw_here, [ctx.tab, *look], drawn)
    ctx.when(
        c["show"].change,
        lambda show: gr.update(interactive=show in MEASURED),
        [c["show"]],
        [c["metric"]],
    )
    out = [parts.job, parts.key, parts.status, parts.figure, c["show"]]
    head = [parts.layers, c["n"], c["predict"], c["guess"], c["metric"], *setting]
    ctx.when(c["measure"].click, measure, head, out, device=True, errors=[parts.status])
    ctx.when(
        c["measure_card"].click,
        measure_card,
        [parts.open_card, c["n"], c["metric"], c["steps"]],
        out,
        device=True,
        errors=[parts.status],
    )
    ctx.when(c["stop"].click, stop, [parts.job], [parts.status])
    ctx.when(c["predict"].input, lambda on: gr.update(visible=on), [c["predict"]], [c["guess"]])
    ctx.when(c["guess"].input, lambda: gr.update(interactive=True), [], [c["reveal"]])
