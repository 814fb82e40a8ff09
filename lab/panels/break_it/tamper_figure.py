"""Who notices an altered cache? Alarms of four checks and what the receiver answers, case by case,
from one recorded `tamper` experiment.
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
    figure,
    legend_below,
    span,
    stack_on_phones,
    whiskers,
)
from lab.records.results import ResultTable
from lab.words import known, say

CHECKS = ("norm_alarm", "classifier_alarm", "probe_alarm", "manifest_alarm")
ANSWERS = ("accuracy", "planted", "with_words")
COLOR = dict(zip((*CHECKS, *ANSWERS), (*OKABE_ITO[:4], *OKABE_ITO[4:], NEUTRAL), strict=True))
HONEST = ("floor", "control")
"""Roles of the cases in which nothing was altered: their alarms are false ones."""


def alarms(table: ResultTable | None) -> go.Figure:
    """Left the share of hand-overs at which each check raises an alarm, right what the receiver
    answers; 95 % intervals, honest cases on a grey ground.

    Args:
        table: a `tamper` experiment, or None.
    """
    if table is None or CHECKS[0] not in table.rows:
        return empty_figure(say("said.tamper.not_measured"))
    names = list(dict.fromkeys(table.rows["condition"]))
    fig = make_subplots(
        1,
        2,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=(say("said.tamper.alarms"), say("said.tamper.answers")),
    )
    for column, metrics in ((1, CHECKS), (2, ANSWERS)):
        for place, metric in enumerate(metrics):
            offset = 0.17 * (place - (len(metrics) - 1) / 2)
            fig.add_trace(_dots(table, names, metric, offset), 1, column)
    honest = [i for i, name in enumerate(names) if _role(table, name) in HONEST]
    fig.update_layout(figure(height=150 + 46 * len(names)).layout)
    if honest:
        fig.add_hrect(
            y0=min(honest) - 0.5,
            y1=max(honest) + 0.5,
            fillcolor=NEUTRAL,
            opacity=0.16,
            line_width=0,
            layer="below",
        )
    nominal = table.meta.get("thresholds", {}).get("false_alarms")
    if nominal is not None:
        fig.add_vline(x=nominal, line={"dash": "dot", "color": NEUTRAL, "width": 1}, col=1, row=1)
    fig.update_layout(margin={"t": 44, "l": 250})
    fig.update_yaxes(
        range=[len(names) - 0.4, -0.6],
        tickvals=list(range(len(names))),
        ticktext=[known(name) for name in names],
        showgrid=False,
        zeroline=False,
    )
    fig.update_xaxes(range=[-0.04, 1.04], title=say("said.tamper.share"))
    return legend_below(stack_on_phones(fig), 2)


def verdict(table: ResultTable | None) -> str:
    """The reading aid under the figure: false alarms beside detections, and the limits.

    Args:
        table: a `tamper` experiment, or None.
    """
    if table is None or CHECKS[0] not in table.rows:
        return ""
    rows = table.rows
    untouched = rows[rows["control"] == "floor"]
    changed = rows[rows["control"] == "control"]
    told = []
    for check in CHECKS:
        plain, moved = (part[check].astype(float).mean() for part in (untouched, changed))
        told.append(
            say(
                "said.tamper.check",
                check=say(f"metric.{check}"),
                plain=100 * plain,
                moved=100 * moved,
                false=100 * _mean(table, "false cache", check),
                lies=100 * _mean(table, "the sender itself lies", check),
            )
        )
    thresholds = table.meta.get("thresholds", {})
    limits = say(
        "said.tamper.limits",
        nominal=100 * thresholds.get("false_alarms", float("nan")),
        learn=thresholds.get("learn", 0),
        right=100 * thresholds.get("probe_right", float("nan")),
    )
    return " ".join([*told, limits])


def _dots(table: ResultTable, names: list[str], metric: str, offset: float) -> go.Scatter:
    found = []
    for place, name in enumerate(names):
        values = table.rows_of(name)[metric].astype(float).dropna()
        if len(values):
            found.append((place, stats.rate(values)))
    return go.Scatter(
        x=[e.value for _, e in found],
        y=[place + offset for place, _ in found],
        name=say(f"metric.{metric}"),
        mode="markers",
        marker={
            "color": COLOR[metric],
            "symbol": SYMBOLS[(*CHECKS, *ANSWERS).index(metric)],
            "size": 10,
        },
        error_x=whiskers((e for _, e in found), thickness=1.5),
        customdata=[[span(e.low, e.high), known(names[place]), e.n] for place, e in found],
        hovertemplate=say("said.tamper.hover"),
    )


def _role(table: ResultTable, name: str) -> str:
    return str(table.rows_of(name)["control"].iloc[0])


def _mean(table: ResultTable, name: str, metric: str) -> float:
    return float(table.rows_of(name)[metric].astype(float).mean())
