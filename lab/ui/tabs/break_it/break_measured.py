"""The figures of “Break it”: recorded ones by name, and bars that fill in while they are
measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from lab.errors import BadInput
from lab.panels.break_it import break_results
from lab.panels.break_it.break_results import results_caption
from lab.panels.break_it.break_words import constraints
from lab.panels.break_it.measured_on import left_out
from lab.panels.widget_values import NotesValue, notes_value, plot_value
from lab.ui.frame.context import Ctx
from lab.ui.frame.controls import stopping
from lab.ui.tabs.break_it import break_choices, break_run
from lab.ui.tabs.break_it.break_parts import MEASURED, Parts, figure_menu
from lab.ui.tabs.break_it.break_values import (
    START,
    cards_value,
    condition_of,
    figures,
    measured_sentence,
    newest,
    whole,
)
from lab.words import known, say


def wire_figures(ctx: Ctx, parts: Parts, setting: list[Any], look: list[Any]) -> None:
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
