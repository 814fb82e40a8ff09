"""The router's chart: right answers against tokens as more proposers are asked, a panel per way in
which their knowledge is spread, every control beside it.
"""

from __future__ import annotations

import re

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    SYMBOLS,
    empty_figure,
    figure,
    legend_below,
    whiskers,
)
from lab.records.results import ResultTable
from lab.words import known, say

_K = re.compile(r"(?P<way>.+), k = (?P<k>\d+)")
LOOKS = {
    "router": (OKABE_ITO[0], "solid", SYMBOLS[0]),
    "best fixed": (OKABE_ITO[1], "dash", SYMBOLS[1]),
    "by lot": (NEUTRAL, "dot", SYMBOLS[2]),
    "router, past shuffled": (OKABE_ITO[3], "dot", SYMBOLS[3]),
    "oracle": (OKABE_ITO[2], "dashdot", SYMBOLS[4]),
}
"""Colour, dash and symbol of each way of choosing: told apart without colour too."""


def accuracy_by_tokens(table: ResultTable | None) -> go.Figure:
    """Accuracy against tokens for k = 1, 2, …, by way of choosing.

    Args:
        table: a ``routing`` experiment, or None.
    """
    if table is None or not len(table.rows):
        return empty_figure(say("said.routing.nothing_measured"))
    results = table.summary()
    spreads = list(dict.fromkeys(results["channel"]))
    fig = make_subplots(
        rows=len(spreads),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.1,
        subplot_titles=[say("said.routing.knowledge_spread", spread=known(s)) for s in spreads],
    )
    fig.update_layout(figure(height=120 + 270 * len(spreads), margin={"t": 32}).layout)
    for row, spread in enumerate(spreads, start=1):
        part = results[results["channel"] == spread]
        for way, (color, dash, symbol) in LOOKS.items():
            points = _points(part, way)
            if points.empty:
                continue
            fig.add_trace(
                go.Scatter(
                    x=points["tokens"],
                    y=points["value"],
                    mode="lines+markers+text" if way == "oracle" else "lines+markers",
                    textposition="top center",
                    name=known(way),
                    legendgroup=way,
                    showlegend=row == 1,
                    text=[say("said.routing.asked_k", k=k) for k in points["k"]],
                    error_y=whiskers(points.itertuples(), thickness=1),
                    line={"color": color, "dash": dash},
                    marker={"symbol": symbol, "size": 9},
                    hovertemplate="%{text}: %{y:.3g}, %{x:.3g}<extra>%{fullData.name}</extra>",
                ),
                row=row,
                col=1,
            )
        whole = part[part["condition"].str.fullmatch(r"all \d+")]
        points = _joined(whole)
        fig.add_trace(
            go.Scatter(
                x=points["tokens"],
                y=points["value"],
                mode="markers",
                name=say("said.routing.all_asked"),
                legendgroup="all",
                showlegend=row == 1,
                error_y=whiskers(points.itertuples(), thickness=1),
                marker={"symbol": "star", "size": 13, "color": OKABE_ITO[5]},
                hovertemplate="%{y:.3g}, %{x:.3g}<extra>%{fullData.name}</extra>",
            ),
            row=row,
            col=1,
        )
    fig.update_yaxes(title=say("said.routing.accuracy"), range=[0.4, 1.09])
    fig.update_xaxes(
        title=say("said.drafts_figures.tokens_read_and_written_per"), row=len(spreads), col=1
    )
    return legend_below(fig, 2)


def verdict(table: ResultTable | None) -> str:
    """The reading aid: the router with the fewest asked beside its controls and all, and the
    limits.

    Args:
        table: a ``routing`` experiment, or None.
    """
    if table is None or not len(table.rows):
        return ""
    results, told = table.summary(), list[str]()
    for spread in dict.fromkeys(results["channel"]):
        part = results[results["channel"] == spread]
        first = {way: points.iloc[0] for way in LOOKS if len(points := _points(part, way))}
        everybody = _joined(part[part["condition"].str.fullmatch(r"all \d+")])
        if len(first) < len(LOOKS) or not len(everybody):
            continue
        one, every = first["router"], everybody.iloc[0]
        told.append(
            say(
                "said.routing.reached",
                spread=known(spread),
                k=one["k"],
                tokens=one["tokens"],
                router=_share(one),
                fixed=_share(first["best fixed"]),
                lot=_share(first["by lot"]),
                blind=_share(first["router, past shuffled"]),
                oracle=_share(first["oracle"]),
                everybody=_share(every),
                all_tokens=every["tokens"],
            )
        )
    return " ".join([*told, say("said.routing.limits")])


def _share(line: pd.Series) -> str:
    return f"{100 * line['value']:.0f} % [{100 * line['low']:.0f}, {100 * line['high']:.0f}]"


def _points(part: pd.DataFrame, way: str) -> pd.DataFrame:
    """The points of one way of choosing by k, with value, interval and tokens."""
    found = part["condition"].str.fullmatch(re.escape(way) + r", k = \d+")
    points = _joined(part[found])
    points["k"] = [int(m["k"]) for m in map(_K.fullmatch, points.index) if m]
    return points.sort_values("k")


def _joined(part: pd.DataFrame) -> pd.DataFrame:
    accuracy = part[part["metric"] == "accuracy"].set_index("condition")
    tokens = part[part["metric"] == "tokens"].set_index("condition")["value"]
    return accuracy.assign(tokens=tokens.reindex(accuracy.index))
