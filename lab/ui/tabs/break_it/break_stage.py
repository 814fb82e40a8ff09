"""The stage of “Break it”: one problem is handed over and answered at once, its rates follow; a
layer or a line of a card puts another case on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from lab.panels.break_it.break_value import (
    CardClicked,
    LayerClicked,
    LineClicked,
)
from lab.panels.widget_values import notes_value
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import DeviceRequest
from lab.ui.tabs.break_it import break_choices, break_run
from lab.ui.tabs.break_it.break_guess import (
    GUESSES,
    begin,
    hidden,
    masked,
    prediction_sentence,
    to_reveal,
)
from lab.ui.tabs.break_it.break_parts import ANSWER, Parts
from lab.ui.tabs.break_it.break_values import (
    ask_of,
    cards_value,
    clicked,
    line_of,
    named,
    stage_value,
)
from lab.ui.widgets import message


def changed(turn: dict[str, Any], *values: Any) -> Any:
    """The stage for another setting; a menu that was left as it was changes nothing."""
    if turn["asked"] == list(values):  # a menu was opened and left as it was
        return [gr.skip()] * 5
    turn["n"] += 1
    turn |= {"asked": list(values), "answered": False, "guess": None}
    setting = named(values)
    if (
        setting["change"] not in break_choices.BREAKS
    ):  # the title of a card's line that was on the stage
        setting["change"] = "nothing"
    return [stage_value(setting, {}, None), {}, None, setting["change"], None]


def hand_over_of(ctx: Ctx) -> Callable[..., Iterator[Any]]:
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
        before, since = guess, turn["guess"]
        if turn["answered"]:  # it was made of the answer before
            guess = None
        if since not in (None, before):  # made after the button was pressed
            guess = since
        turn |= {"asked": list(values), "revealed": None, "measuring": True, "answered": True}
        turn["guess"] = guess  # until another one is made
        busy = stage_value(named(values), layers, None, busy="…")
        keep = gr.skip()
        # An answer that is known already comes at once: the page would mix up hiding and showing.
        yield [busy, None, *(begin(guess, before) if predict else hidden()), notes_value()]
        wanted = ask_of(values, layers)

        def stage(result: Any, busy: str = "") -> Any:
            return stage_value(named(values), layers, result, busy)

        def covered(result: Any) -> Any:
            return masked(result, predict and turn["revealed"] is None) if result else result

        def in_line(request: DeviceRequest, result: Any) -> Iterator[Any]:
            """Tell the place in line; an answer to an earlier setting is not waited for."""
            told = ""
            for line in request.lines():
                if turn["n"] != mine:
                    request.cancel()
                if line and line != told and turn["n"] == mine:
                    yield [stage(covered(result), line), *[keep] * 4]
                    told = line

        one = break_run.try_one(ctx, wanted)
        yield from in_line(one, None)
        if turn["n"] != mine:
            return
        result = one.result()
        shown = to_reveal(turn["guess"]) if predict else hidden()
        yield [stage(covered(result)), result, *shown, keep]
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


def guessed(turn: dict[str, Any], guess: str | None) -> Any:
    """A prediction was chosen: it can be held against the answer."""
    turn["guess"] = guess
    return [gr.update(value=guess), gr.update(interactive=guess in GUESSES)]


def reveal(
    turn: dict[str, Any], layers: dict[str, Any], result: Any, guess: str | None, *values: Any
) -> Any:
    """Show what was hidden, beside the guess; nothing without one."""
    guess = guess or turn["guess"]
    if guess not in GUESSES:
        return [gr.skip()] * 3
    turn["revealed"] = guess
    text: Any = gr.skip()
    if result:
        text = notes_value(strong=prediction_sentence(result, guess, turn["measuring"]))
    return [stage_value(named(values), layers, result), gr.update(visible=False), text]


def wire_layers(ctx: Ctx, parts: Parts, setting: list[Any]) -> None:
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
            "guess": None,
        }
        return [stage_value(named(turn["asked"]), new, None), new, None]

    ctx.when(
        parts.stage.layer,
        pick,
        [parts.turn, parts.layers, *setting],
        [parts.stage, parts.layers, parts.c["guess"]],
    )


def wire_cards(ctx: Ctx, parts: Parts, asked: list[Any], hand_over: Any, told: list[Any]) -> None:
    c = parts.c

    def opened(now: int | None, on: str, evt: gr.EventData) -> Any:
        clicked_on = message(CardClicked, evt).number
        number = None if clicked_on == now else clicked_on
        return [cards_value(ctx, number, on), number, gr.skip()]

    def line(turn: dict[str, Any], on: str, evt: gr.EventData) -> Any:
        turn["guess"] = None
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
    set_up = ctx.when(parts.cards.line, line, [parts.turn, c["models"]], chosen)
    ctx.when(set_up.then, hand_over, asked, told, errors=[parts.stage], **ANSWER)
