"""Where do two answers part? Uncertainty and distance along the paths, aligned at the fork, and
what a nudge does, from one recorded `forks` experiment.
"""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab import stats
from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    SYMBOLS,
    empty_figure,
    escaped,
    figure,
    legend_below,
    stack_on_phones,
    whiskers,
)
from lab.records.results import ResultTable
from lab.words import say

WHO = {"one model": ("one", OKABE_ITO[0]), "several models": ("several", OKABE_ITO[1])}
PLACES = {
    "at": (OKABE_ITO[2], "solid"),
    "start": (OKABE_ITO[3], "solid"),
    "before": (OKABE_ITO[4], "solid"),
    "after": (NEUTRAL, "dash"),
    "random": (NEUTRAL, "dot"),
}
"""Where nudges are given: colour and dash; the last two are controls."""
Point = tuple[float, stats.Estimate]


def paths_and_nudges(table: ResultTable | None) -> go.Figure:
    """Three panels with 95 % intervals: entropy of the next token by its place from the fork;
    distance of two samples' states that end in one answer and in two; share of answers that a nudge
    turns, by its size.

    Args:
        table: a `forks` experiment, or None.
    """
    if table is None or "flipped" not in table.rows:
        return empty_figure(say("said.forks.not_measured"))
    fig = make_subplots(
        1,
        3,
        horizontal_spacing=0.1,
        subplot_titles=[say(f"said.forks.{key}") for key in ("entropy", "distance", "nudge")],
    )
    for place, (who, (key, color)) in enumerate(WHO.items()):
        line = {"color": color, "width": 2}
        points = path_of(table, who, "entropy")
        fig.add_trace(_line(points, say(f"said.forks.{key}"), line, SYMBOLS[place]), 1, 1)
        for metric, dash, symbol in (
            ("other_mode", "solid", SYMBOLS[place]),
            ("same_mode", "dot", SYMBOLS[place] + "-open"),
        ):
            name = say(f"said.forks.{key}_{metric}")
            points = path_of(table, who, metric)
            fig.add_trace(_line(points, name, {**line, "dash": dash}, symbol), 1, 2)
    for place, (kind, (color, dash)) in enumerate(PLACES.items(), start=2):
        name = say(f"said.forks.{kind}")
        line = {"color": color, "dash": dash, "width": 2}
        fig.add_trace(_line(nudge_of(table, kind, "flipped"), name, line, SYMBOLS[place]), 1, 3)
    fig.update_layout(figure(height=520).layout)
    fig.update_layout(margin_t=44)
    fig.update_annotations(font_size=14)
    for column in (1, 2):
        fig.update_xaxes(title=say("said.forks.token"), dtick=1, row=1, col=column)
        fig.add_vline(x=0, line={"dash": "dot", "color": NEUTRAL, "width": 1}, row=1, col=column)
    fig.update_xaxes(
        title=say("said.forks.size"),
        type="log",
        tickvals=[0.05, 0.1, 0.2, 0.4, 0.8],
        row=1,
        col=3,
    )
    fig.update_yaxes(rangemode="tozero")
    for column, key in enumerate(("axis_entropy", "axis_distance", "axis_nudge"), start=1):
        fig.update_yaxes(title=say(f"said.forks.{key}"), row=1, col=column)
    fig.update_yaxes(range=[-0.03, 1.03], row=1, col=3)
    return legend_below(stack_on_phones(fig), 4)


def path_of(table: ResultTable, who: str, metric: str) -> list[Point]:
    """A metric by place from the fork, mean over questions.

    Args:
        table: a `forks` experiment.
        who: ``one model`` or ``several models``.
        metric: of the paths.
    """
    rows = table.rows[(table.rows["channel"] == "paths") & (table.rows["who"] == who)]
    found = []
    for x, part in rows.groupby("x"):
        values = part[metric].astype(float).dropna()
        if len(values):
            found.append((float(str(x)), stats.mean(values)))
    return found


def nudge_of(table: ResultTable, kind: str, metric: str) -> list[Point]:
    """A share by size of the nudge.

    Args:
        table: a `forks` experiment.
        kind: a key of `PLACES`.
        metric: ``flipped`` or ``derailed``.
    """
    rows = table.rows[(table.rows["channel"] == "nudge") & (table.rows["who"] == kind)]
    return [
        (float(str(x)), stats.rate(part[metric].astype(float))) for x, part in rows.groupby("x")
    ]


def verdict(table: ResultTable | None) -> str:
    """The reading aid: where the forks are, an example, a nudge with its control, and the limits.

    Args:
        table: a `forks` experiment, or None.
    """
    if table is None or "flipped" not in table.rows:
        return ""
    forks, told = table.meta["forks"], []
    for who, (key, _) in WHO.items():
        if who in forks:
            told.append(
                say(
                    f"said.forks.found_{key}",
                    questions=forks[who]["questions"],
                    of=forks[who]["of"],
                    at_value=100 * forks[who]["at_value"],
                )
            )
    told += _apart(table)
    for example in table.meta.get("examples", [])[:1]:
        told.append(
            say(
                "said.forks.example",
                shared=escaped(example["shared"], 60),
                first=escaped(example["first"]),
                second=escaped(example["second"]),
            )
        )
    at, lot = (dict(nudge_of(table, kind, "flipped")) for kind in ("at", "random"))
    size = 0.2 if 0.2 in at else min(at, default=None)
    if size is not None and size in lot:
        e, c = at[size], lot[size]
        off = dict(nudge_of(table, "at", "derailed"))[size]
        told.append(
            say(
                "said.forks.turned",
                size=100 * size,
                right=100 * e.value,
                low=100 * e.low,
                high=100 * e.high,
                lot=100 * c.value,
                lot_low=100 * c.low,
                lot_high=100 * c.high,
                off=100 * off.value,
            )
        )
    return " ".join([*told, say("said.forks.limits")])


def _apart(table: ResultTable) -> list[str]:
    """How far apart several models are at the fork and one token before, by answer."""
    lines = [dict(path_of(table, "several models", m)) for m in ("same_mode", "other_mode")]
    if not all(0.0 in line and -1.0 in line for line in lines):
        return []
    found = {
        f"{name}_{what}": value
        for name, line in zip(("same", "other"), lines, strict=True)
        for what, value in (
            ("before", line[-1.0].value),
            ("here", line[0.0].value),
            ("low", line[0.0].low),
            ("high", line[0.0].high),
        )
    }
    return [say("said.forks.apart", **found)]


def _line(points: list[Point], name: str, line: dict[str, object], symbol: str) -> go.Scatter:
    return go.Scatter(
        x=[x for x, _ in points],
        y=[e.value for _, e in points],
        name=name,
        mode="lines+markers",
        line=line,
        marker={"symbol": symbol, "size": 8},
        error_y=whiskers((e for _, e in points), thickness=1),
        customdata=[[f"{e.low:.3g} – {e.high:.3g}", e.n] for _, e in points],
        hovertemplate=say("said.forks.hover"),
    )
