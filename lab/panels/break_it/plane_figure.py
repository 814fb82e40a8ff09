"""Depth or breadth? Accuracy against passes, and the plane of latent steps × proposers × layers,
from one recorded `plane` experiment.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab import stats
from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    SEQUENTIAL,
    SYMBOLS,
    empty_figure,
    figure,
    legend_below,
    span,
    stack_on_phones,
    whiskers,
)
from lab.records.results import ResultTable
from lab.words import say

WORLDS = ("ledger", "almanac")
BUDGET = (30, 50)
"""Least and most passes that count as the same cost."""
LAYERED = 8
"""Latent steps of the proposer on the line along which layers grow."""


@dataclass(frozen=True)
class Road:
    """One line of the upper panels: what is held, what grows."""

    key: str
    channel: str
    held: tuple[tuple[str, int], ...]
    grows: str
    color: str
    dash: str = "solid"


ROADS = (
    Road("depth", "vote", (("proposers", 1), ("layers", 1)), "m", OKABE_ITO[0]),
    Road("depth_three", "vote", (("proposers", 3), ("layers", 1)), "m", OKABE_ITO[0], "dash"),
    Road("breadth", "vote", (("m", 0), ("layers", 1)), "proposers", OKABE_ITO[1]),
    Road("layers", "vote", (("proposers", 3), ("layers", 2)), "m", OKABE_ITO[3], "dash"),
    Road("more_layers", "vote", (("proposers", 1), ("m", LAYERED)), "layers", OKABE_ITO[3]),
    Road("kv", "kv", (("proposers", 1),), "m", OKABE_ITO[2]),
    Road("kv_three", "kv", (("proposers", 3),), "m", OKABE_ITO[2], "dash"),
    Road("words", "text", (("m", -1),), "proposers", NEUTRAL),
)
ROWS = (
    *(("vote", n, 1) for n in (1, 2, 3, 6)),
    *(("vote", n, layers) for layers in (2, 3) for n in (1, 3)),
    *(("kv", n, 1) for n in (1, 2, 3)),
)
"""Lines of the plane from below: how drafts are joined, proposers, layers."""
Point = tuple[int, float, stats.Estimate]
"""What grows, mean passes, share of right answers."""


def depth_and_breadth(table: ResultTable | None) -> go.Figure:
    """A column per world. Above, accuracy against passes with 95 % intervals, the judge alone and
    another question's caches as bands; below, the plane in per cent. What costs as much is banded
    above and framed below.

    Args:
        table: a `plane` experiment, or None.
    """
    if table is None or "proposers" not in table.rows:
        return empty_figure(say("said.plane.not_measured"))
    fig = make_subplots(
        2,
        2,
        vertical_spacing=0.16,
        horizontal_spacing=0.19,
        subplot_titles=[say(f"said.plane.{kind}_{w}") for kind in ("cost", "grid") for w in WORLDS],
    )
    for column, world in enumerate(WORLDS, start=1):
        rows = table.rows[table.rows["world"] == world]
        for place, road in enumerate(ROADS):
            points = points_of(rows, road)
            if points:
                fig.add_trace(_line(road, points, place, column == 1), 1, column)
        _bands(fig, rows, column)
        grid = _grid(rows)
        fig.add_trace(grid, 2, column)
        fig.add_trace(_framed(grid, column == 1), 2, column)
        fig.update_xaxes(range=[-0.5, len(grid.x) - 0.5], row=2, col=column)
        fig.update_yaxes(range=[-0.5, len(grid.y) - 0.5], row=2, col=column)
    fig.update_layout(figure(height=920).layout)
    fig.update_layout(margin_t=44)
    for column in (1, 2):
        fig.update_xaxes(title=say("said.plane.passes"), type="log", row=1, col=column)
        fig.update_xaxes(tickvals=[2, 6, 20, 60, 200], tickangle=0, row=1, col=column)
        fig.update_xaxes(title=say("said.plane.steps"), type="category", row=2, col=column)
        fig.update_yaxes(range=[-0.12, 1.06], row=1, col=column)
        fig.update_yaxes(type="category", showgrid=False, row=2, col=column)
    fig.update_yaxes(title=say("said.break_figures.right_answers_share"), row=1, col=1)
    return legend_below(stack_on_phones(fig), 3)


def points_of(rows: pd.DataFrame, road: Road) -> list[Point]:
    """The points of one line, cheapest first.

    Args:
        rows: of one world.
        road: which.
    """
    part = rows[(rows["channel"] == road.channel) & rows["control"].isin(("method", ""))]
    for name, value in road.held:
        part = part[part[name] == value]
    found = [
        (
            int(str(grown)),
            float(some["passes"].astype(float).mean()),
            stats.rate(some["accuracy"].astype(float)),
        )
        for grown, some in part.groupby(road.grows)
    ]
    return sorted(found, key=lambda point: point[1])


def verdict(table: ResultTable | None, budget: tuple[int, int] = BUDGET) -> str:
    """The reading aid: what each road reaches for about the same passes, and the limits.

    Args:
        table: a `plane` experiment, or None.
        budget: least and most passes that count as the same.
    """
    if table is None or "proposers" not in table.rows:
        return ""
    told = []
    for world in WORLDS:
        rows = table.rows[table.rows["world"] == world]
        reached = []
        for road in ROADS:
            inside = [p for p in points_of(rows, road) if budget[0] <= p[1] <= budget[1]]
            if inside:
                _, passes, e = max(inside, key=lambda point: point[2].value)
                reached.append(
                    say(
                        "said.plane.reached",
                        road=say(f"said.plane.{road.key}"),
                        right=100 * e.value,
                        low=100 * e.low,
                        high=100 * e.high,
                        passes=passes,
                    )
                )
        told.append(
            say(
                "said.plane.at_equal",
                world=say(f"choice.{world}"),
                least=budget[0],
                most=budget[1],
                reached="; ".join(reached),
            )
        )
    return " ".join([*told, say("said.plane.limits")])


def _line(road: Road, points: list[Point], place: int, legend: bool) -> go.Scatter:
    return go.Scatter(
        x=[passes for _, passes, _ in points],
        y=[e.value for _, _, e in points],
        name=say(f"said.plane.{road.key}"),
        legendgroup=road.key,
        showlegend=legend,
        mode="lines+markers",
        line={"color": road.color, "dash": road.dash, "width": 2},
        marker={"symbol": SYMBOLS[place], "size": 8},
        error_y=whiskers((e for _, _, e in points), thickness=1),
        customdata=[[span(e.low, e.high), grown, e.n] for grown, _, e in points],
        hovertemplate=say(f"said.plane.hover_{road.grows}"),
    )


def _bands(fig: go.Figure, rows: pd.DataFrame, column: int) -> None:
    axes = "" if column == 1 else "2"
    fig.add_vrect(
        x0=BUDGET[0],
        x1=BUDGET[1],
        fillcolor=OKABE_ITO[5],
        opacity=0.1,
        line_width=0,
        layer="below",
        row=1,
        col=column,
    )
    for control, channel, key in (("floor", "none", "alone"), ("control", "kv", "other")):
        part = rows[(rows["control"] == control) & (rows["channel"] == channel)]
        if not len(part):
            continue
        e = stats.rate(part["accuracy"].astype(float))
        fig.add_hrect(
            y0=e.low, y1=e.high, fillcolor=NEUTRAL, opacity=0.2, line_width=0, row=1, col=column
        )
        fig.add_annotation(
            x=0.99 if key == "alone" else 0.01,
            xref=f"x{axes} domain",
            xanchor="right" if key == "alone" else "left",
            y=e.value if key == "alone" else e.low,
            yref=f"y{axes}",
            yanchor="middle" if key == "alone" else "top",
            text=say(f"said.plane.{key}"),
            showarrow=False,
            font={"size": 11},
        )


def _grid(rows: pd.DataFrame) -> go.Heatmap:
    part = rows[rows["control"] == "method"]
    steps = sorted(int(m) for m in part["m"].unique())
    labels, z, shown = [], [], []
    for channel, size, layers in ROWS:
        line = part[
            (part["channel"] == channel) & (part["proposers"] == size) & (part["layers"] == layers)
        ]
        if not len(line):
            continue
        labels.append(say(f"said.plane.row_{channel}", size=size, layers=layers))
        cells = [line[line["m"] == m] for m in steps]
        found = [stats.rate(c["accuracy"].astype(float)) if len(c) else None for c in cells]
        z.append([None if e is None else e.value for e in found])
        shown.append(
            [
                ["", ""]
                if e is None
                else [
                    span(e.low, e.high),
                    f"{c['passes'].astype(float).mean():.0f}",
                ]
                for e, c in zip(found, cells, strict=True)
            ]
        )
    return go.Heatmap(
        x=[str(m) for m in steps],
        y=labels,
        z=z,
        zmin=0,
        zmax=1,
        text=[["" if v is None else f"{100 * v:.0f}" for v in row] for row in z],
        texttemplate="%{text}",
        customdata=shown,
        hovertemplate=say("said.plane.hover_cell"),
        colorscale=SEQUENTIAL,
        showscale=False,
        xgap=1,
        ygap=1,
    )


def _framed(grid: go.Heatmap, legend: bool) -> go.Scatter:
    """Frames around the cells of equal cost."""
    found = [
        (x, y)
        for y, cells in zip(grid.y, grid.customdata, strict=True)
        for x, (_, passes) in zip(grid.x, cells, strict=True)
        if passes and BUDGET[0] <= float(passes) <= BUDGET[1]
    ]
    return go.Scatter(
        x=[x for x, _ in found],
        y=[y for _, y in found],
        mode="markers",
        name=say("said.plane.budget", least=BUDGET[0], most=BUDGET[1]),
        legendgroup="budget",
        showlegend=legend,
        hoverinfo="skip",
        marker={
            "symbol": "square-open",
            "size": 22,
            "color": OKABE_ITO[5],
            "line": {"width": 2.5},
        },
    )
