"""Addresses of “Break it”: what its controls show stands in the page's, and one that came is put
there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import gradio as gr

from lab.ui.frame.address import Arrival
from lab.ui.frame.context import Ctx, Share
from lab.ui.tabs.break_it import break_address
from lab.ui.tabs.break_it.break_parts import ANSWER, FIGURES, METRICS, SETTING, Parts
from lab.ui.tabs.break_it.break_values import (
    cards_value,
    opens,
    stage_value,
)


def wire_links(ctx: Ctx, parts: Parts, setting: list[Any], hand_over: Any, told: list[Any]) -> None:
    c = parts.c

    def read(
        layers: dict[str, Any] | None,
        result: Any,
        card: int | None,
        figure: str,
        metric: str,
        on: str,
        *values: Any,
    ) -> dict[str, Any]:
        case = dict(zip(SETTING, values, strict=True))
        part = break_address.written(case, layers, result, card, figure, metric, on)
        return {"break_it": part}

    def put(arrival: Arrival) -> list[Any]:
        case = break_address.opened(arrival, FIGURES, METRICS)
        here = arrival.address.tab == "break"
        cards = cards_value(ctx, case.card, case.models) if here else gr.skip()
        answered = bool(arrival.address.break_it.answered) and arrival.address.tab == "break"
        values = [case.setting[name] for name in SETTING]
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
        turn |= {"asked": list(values), "guess": None}
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
