"""The students of the data factory beside their controls: what they know of questions that were
taught and of others, and how often they say a false fact that all drafts shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    empty_figure,
    figure,
    legend_below,
    stack_on_phones,
    whiskers,
)
from lab.records.results import ResultTable
from lab.words import known, say

ROWS = (
    "best proposer alone",
    "mixture",
    "student before",
    "student of filtered mixture",
    "student of unfiltered mixture",
    "student of best proposer",
    "student of shuffled mixture",
)
"""From above; the proposers one by one are left to the table."""
LIVE = ("best proposer alone", "mixture", "student before", "student of this set")
STUDENTS = frozenset(ROWS[3:5]) | {LIVE[-1]}
"""What the factory is about; everything else is a control and grey."""


@dataclass(frozen=True)
class StudentMark:
    """One kind of mark: a measure on one kind of question."""

    key: str
    channel: str
    metric: str
    symbol: str
    color: str
    offset: float
    panel: int


MARKS = (
    StudentMark("taught", "taught", "accuracy", "circle", OKABE_ITO[0], 0.14, 1),
    StudentMark("held_out", "not taught", "accuracy", "circle-open", OKABE_ITO[0], -0.14, 1),
    StudentMark("says_false", "planted", "says_false", "x", OKABE_ITO[5], 0.14, 2),
    StudentMark("says_true", "planted", "accuracy", "diamond-open", OKABE_ITO[2], -0.14, 2),
)


@dataclass(frozen=True)
class _Pupil:
    label: str
    condition: str
    table: pd.DataFrame

    @property
    def ours(self) -> bool:
        return self.condition in STUDENTS


def students(table: ResultTable | None, live: ResultTable | None = None) -> go.Figure:
    """Two panels with 95 % intervals: share of right answers to taught and to held-out questions;
    on questions whose drafts all shared one false fact, share of answers that say it and of right
    ones. Controls are grey.

    Args:
        table: a `distill` experiment, or None.
        live: a student that was trained just now with its controls, or None.
    """
    rows = [*_rows(table, ROWS, None), *_rows(live, LIVE, "said.distill.here")]
    if not rows:
        return empty_figure(say("said.distill.not_measured"))
    fig = make_subplots(
        1,
        2,
        shared_yaxes=True,
        horizontal_spacing=0.06,
        subplot_titles=[say("said.distill.panel_right"), say("said.distill.panel_false")],
    )
    for mark in MARKS:
        for ours in (True, False):
            found = _marks(rows, mark, ours)
            if len(found):
                fig.add_trace(_trace(found, mark, ours), 1, mark.panel)
    places = list(range(len(rows)))
    fig.update_layout(figure(height=150 + 40 * len(rows), margin={"l": 210, "t": 40}).layout)
    fig.update_yaxes(
        tickvals=places,
        ticktext=[row.label for row in rows],
        range=[len(rows) - 0.4, -0.6],
        zeroline=False,
    )
    fig.update_xaxes(range=[-0.03, 1.03], tickformat=".0%", zeroline=False)
    fig.update_xaxes(title=say("said.distill.share_right"), row=1, col=1)
    fig.update_xaxes(title=say("said.distill.share_planted"), row=1, col=2)
    return legend_below(stack_on_phones(fig), 2)


def _rows(table: ResultTable | None, order: Sequence[str], key: str | None) -> list[_Pupil]:
    if table is None or not len(table.rows):
        return []
    summary = table.summary()
    there = set(summary["condition"])
    return [
        _Pupil(known(name) if key is None else say(key, name=known(name)), name, summary)
        for name in order
        if name in there
    ]


def _marks(rows: Sequence[_Pupil], mark: StudentMark, ours: bool) -> pd.DataFrame:
    """The lines of one mark with their place (``y``) and label."""
    found = []
    for place, row in enumerate(rows):
        lines = row.table[
            (row.table["condition"] == row.condition)
            & (row.table["channel"] == mark.channel)
            & (row.table["metric"] == mark.metric)
        ]
        if row.ours == ours and len(lines):
            found.append(lines.assign(y=place - mark.offset, label=row.label))
    return pd.concat(found) if found else pd.DataFrame()


def _trace(found: pd.DataFrame, mark: StudentMark, ours: bool) -> go.Scatter:
    color = mark.color if ours else NEUTRAL
    return go.Scatter(
        x=found["value"],
        y=found["y"],
        mode="markers",
        name=say(f"said.distill.{mark.key}"),
        legendgroup=mark.key,
        showlegend=ours,
        error_x=whiskers(found.itertuples(), thickness=1.5, color=color),
        marker={
            "symbol": mark.symbol,
            "size": 10,
            "color": color,
            "line": {"width": 2, "color": color},
        },
        text=found["label"],
        customdata=found["n"],
        hovertemplate="%{text}: %{x:.1%}<br>n = %{customdata}<extra>%{fullData.name}</extra>",
    )


def verdict(table: ResultTable | None) -> str:
    """The reading aid: the student against its controls, and whether it took over the false fact.

    Args:
        table: a `distill` experiment, or None.
    """
    if table is None or not len(table.rows):
        return ""
    return (
        told(table, "student of filtered mixture", ("student of best proposer",))
        + " "
        + say("said.distill.limits")
    )


def told(table: ResultTable, student: str, controls: Sequence[str]) -> str:
    """One student in words, as far as it is measured.

    Args:
        table: with its conditions.
        student: condition of the student.
        controls: conditions beside it on taught questions, before “student before”.
    """
    summary, parts = table.summary(), list[str]()
    for key, channel, metric in (
        ("told_taught", "taught", "accuracy"),
        ("told_held_out", "not taught", "accuracy"),
        ("told_false", "planted", "says_false"),
    ):
        lines = summary[(summary["channel"] == channel) & (summary["metric"] == metric)]
        by_name = lines.set_index("condition")
        if student not in by_name.index:
            continue
        beside = [name for name in (*controls, "student before") if name in by_name.index]
        parts.append(
            say(
                f"said.distill.{key}",
                student=_share(by_name.loc[student]),
                beside=", ".join(
                    say("said.distill.beside", name=known(name), share=_share(by_name.loc[name]))
                    for name in beside
                ),
            )
        )
    return " ".join(parts)


def _share(line: pd.Series) -> str:
    return f"{100 * line['value']:.0f} % [{100 * line['low']:.0f}, {100 * line['high']:.0f}]"
