"""How much memory is needed? Accuracy against bytes handed over, for every rule by which positions
are chosen, from one recorded `compress` experiment.
"""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab import stats
from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    SYMBOLS,
    amount_of_bytes,
    empty_figure,
    figure,
    legend_below,
    span,
    stack_on_phones,
    whiskers,
)
from lab.records.results import REAL, ResultTable
from lab.words import Sayings, say

RULE = Sayings(
    {
        rule: f"said.compress.{rule}"
        for rule in (
            "receiver_attention",
            "neighbours",
            "unlike",
            "newest",
            "low_rank",
            "sender_attention",
            "neighbours_older",
            "alike",
            "oldest",
            "random",
        )
    }
)
"""What the rules are called, in the order of the legend; the lot, their control, comes last."""
STYLE = {
    rule: (OKABE_ITO[i % 6], "solid" if i < 6 else "dash", SYMBOLS[i])
    for i, rule in enumerate(RULE)
    if rule != "random"
} | {"random": (NEUTRAL, "dot", "circle-open")}
PARTS = ("all", "latent")


def accuracy_by_bytes(table: ResultTable | None) -> go.Figure:
    """Two panels, all positions and the latents alone: a line per rule with 95 % intervals, the
    whole memory and the sender's words as points, no hand-over and another problem's memory as
    bands.

    Args:
        table: a `compress` experiment, or None.
    """
    if table is None or not len(table.rows) or "curve" not in table.rows:
        return empty_figure(say("said.compress.not_measured"))
    fig = make_subplots(
        1,
        2,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=(say("said.compress.all"), say("said.compress.latent")),
    )
    for place, part in enumerate(PARTS, start=1):
        for rule in RULE:
            line = curve_of(table, part, rule)
            if line:
                fig.add_trace(_line(rule, line, place == 1), 1, place)
        for name, channel, symbol, key in (
            ("whole memory" if part == "all" else "all latents, no prompt", "kv", "star", "whole"),
            ("text", "text", "diamond-tall", "text"),
        ):
            point = _point(table, name, channel)
            if point is not None:
                fig.add_trace(_mark(point, symbol, key, place == 1), 1, place)
    _bands(fig, table)
    fig.update_layout(figure(height=520).layout)
    fig.update_layout(margin_t=44)
    fig.update_xaxes(
        type="log",
        title=say("said.compress.bytes"),
        tickvals=[100, 1e3, 1e4, 1e5],
        ticktext=["100 B", "1 KB", "10 KB", "100 KB"],
    )
    fig.update_yaxes(range=[-0.09, 1.06])
    fig.update_yaxes(title=say("said.break_figures.right_answers_share"), col=1)
    return legend_below(stack_on_phones(fig), 3)


Point = tuple[float, float, stats.Estimate]
"""Budget (positions or rank), mean bytes of one hand-over, share of right answers."""


def curve_of(table: ResultTable, part: str, rule: str) -> list[Point]:
    """The budgets of one rule, smallest first; those that leave the memory whole are left out.

    Args:
        table: a `compress` experiment.
        part: ``all`` positions, or the ``latent`` ones alone.
        rule: a key of `RULE`.
    """
    rows = table.rows[table.rows["curve"] == f"{part}/{rule}"]
    found = []
    whole = _point(table, "whole memory" if part == "all" else "all latents, no prompt", "kv")
    for budget, some in rows.groupby("x"):
        size = float(some["bytes"].astype(float).mean())
        if whole is None or size < whole[1]:
            found.append((float(budget), size, stats.rate(some["accuracy"].astype(float))))
    return found


def enough(table: ResultTable, part: str, rule: str) -> Point | None:
    """The smallest budget of a rule whose interval reaches that of the whole memory, or None.

    Args:
        table, part, rule: as in `curve_of`.
    """
    whole = _point(table, "whole memory" if part == "all" else "all latents, no prompt", "kv")
    if whole is None:
        return None
    return next((p for p in curve_of(table, part, rule) if p[2].high >= whole[2].low), None)


def verdict(table: ResultTable | None) -> str:
    """The reading aid under the figure: what each rule needs to be as good as the whole memory, and
    whether the least alike positions do better than positions by lot.

    Args:
        table: a `compress` experiment, or None.
    """
    if table is None or "curve" not in table.rows:
        return ""
    needs = []
    for rule in RULE:
        point = enough(table, "all", rule)
        name = RULE[rule]
        if point is not None:
            needs.append(f"{name} {amount_of_bytes(point[1])}")
        elif curve_of(table, "all", rule):
            needs.append(f"{name} –")
    told = [say("said.compress.enough", needs="; ".join(needs))] if needs else []
    pairs = {p[0]: p[2] for p in curve_of(table, "all", "random")}
    for budget, _, least in curve_of(table, "all", "unlike"):
        lot = pairs.get(budget)
        if lot is not None and budget == 8:
            told.append(
                say(
                    "said.compress.least",
                    budget=int(budget),
                    least=100 * least.value,
                    least_low=100 * least.low,
                    least_high=100 * least.high,
                    lot=100 * lot.value,
                    lot_low=100 * lot.low,
                    lot_high=100 * lot.high,
                )
            )
    models = "public" if table.study.endswith(REAL) else "pocket"
    told += [say("said.compress.limits"), say(f"said.compress.one_{models}")]
    return " ".join(told)


def _point(table: ResultTable, name: str, channel: str) -> Point | None:
    rows = table.rows_of(name, channel)
    if not len(rows):
        return None
    size = float(rows["bytes"].astype(float).mean())
    return float("nan"), size, stats.rate(rows["accuracy"].astype(float))


def _line(rule: str, points: list[Point], legend: bool) -> go.Scatter:
    color, dash, symbol = STYLE[rule]
    return go.Scatter(
        x=[size for _, size, _ in points],
        y=[e.value for _, _, e in points],
        name=RULE[rule],
        legendgroup=rule,
        showlegend=legend,
        mode="lines+markers",
        line={"color": color, "dash": dash, "width": 2},
        marker={"symbol": symbol, "size": 8},
        error_y=whiskers((e for _, _, e in points), thickness=1),
        customdata=[[span(e.low, e.high), int(b), e.n] for b, _, e in points],
        hovertemplate=say(
            "said.compress.hover_rank" if rule == "low_rank" else "said.compress.hover"
        ),
    )


def _mark(point: Point, symbol: str, key: str, legend: bool) -> go.Scatter:
    return go.Scatter(
        x=[point[1]],
        y=[point[2].value],
        name=say(f"said.compress.{key}"),
        legendgroup=key,
        showlegend=legend,
        mode="markers",
        marker={"symbol": symbol, "size": 13, "color": NEUTRAL},
        error_y=whiskers([point[2]], thickness=1),
    )


def _bands(fig: go.Figure, table: ResultTable) -> None:
    """What is right without the memory, and with another problem's."""
    for name, channel, key in (("nothing", "none", "nothing"), ("another problem", "kv", "other")):
        point = _point(table, name, channel)
        if point is None:
            continue
        e = point[2]
        fig.add_hrect(y0=e.low, y1=e.high, fillcolor=NEUTRAL, opacity=0.2, line_width=0)
        fig.add_annotation(
            x=0.01,
            xref="x domain",
            xanchor="left",
            y=e.high if key == "nothing" else e.low,
            yanchor="bottom" if key == "nothing" else "top",
            text=say(f"said.compress.{key}"),
            showarrow=False,
            font={"size": 11},
        )
