"""The papers' table on the page: right answers against passes through the model, and the table
under it, from one `tasks` result.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from lab import stats
from lab.panels.break_it.paper_lines import HEADS, PaperLine, paper_cells, paper_lines
from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    SYMBOLS,
    empty_figure,
    figure,
    legend_below,
    span,
    whiskers,
)
from lab.records.results import ResultTable
from lab.words import called, known, say


def accuracy_by_passes(table: ResultTable | None) -> go.Figure:
    """A mark per method: passes per question (tokens written and latent steps) across, the share
    of right answers with its 95 % interval upwards; controls are open.

    Args:
        table: a `tasks` result, or None.
    """
    lines = [] if table is None or "passes" not in table.rows else paper_lines(table)
    if table is None or not lines:
        return empty_figure(say("said.paper.not_measured"))
    fig = figure(height=380, xaxis={"title": say("said.paper.passes"), "type": "log"})
    fig.update_yaxes(title=say("said.break_figures.right_answers_share"), range=[-0.04, 1.06])
    for i, line in enumerate(lines):
        fig.add_trace(_mark(line, i, table))
    return legend_below(fig, 2)


def _mark(line: PaperLine, i: int, table: ResultTable) -> go.Scatter:
    rows = table.rows_of(line.method)
    passes = stats.mean(rows["passes"].astype(float))
    control = line.control == "control"
    color = NEUTRAL if control else OKABE_ITO[i % 6]
    return go.Scatter(
        x=[passes.value],
        y=[line.accuracy.value],
        mode="markers",
        name=known(line.method),
        marker={
            "size": 13,
            "symbol": SYMBOLS[i % len(SYMBOLS)] + ("-open" if control else ""),
            "color": color,
            "line": {"width": 2, "color": color},
        },
        error_x=whiskers([passes], thickness=1),
        error_y=whiskers([line.accuracy], thickness=1),
        customdata=[[span(line.accuracy.low, line.accuracy.high), line.n]],
        hovertemplate="%{fullData.name}<br>%{y:.2f} (%{customdata[0]}), n = %{customdata[1]}, "
        "%{x:.1f}<extra></extra>",
    )


def paper_table(table: ResultTable | None) -> dict[str, Any]:
    """Headers and rows of the table under the figure."""
    heads = [say(f"said.paper.head.{place}") for place in range(len(HEADS))]
    lines = [] if table is None or "passes" not in table.rows else paper_lines(table)
    rows = [[known(line.method), *paper_cells(line)[1:]] for line in lines]
    return {"headers": heads, "rows": rows}


def verdict(table: ResultTable | None) -> str:
    """The reading aid: which task, how many questions, and that a task which all solve, or none,
    can show no gain.

    Args:
        table: a `tasks` result, or None.
    """
    if table is None or "passes" not in table.rows or not len(table.rows):
        return ""
    lines, spec = paper_lines(table), table.meta["spec"]
    told = say(
        "said.paper.caption", task=called("choice", spec["task"]), model=spec["model"], n=lines[0].n
    )
    rights = {line.accuracy.value for line in lines}
    if rights <= {1.0}:
        return f"{say('said.paper.all_right')} {told}"
    if rights <= {0.0}:
        return f"{say('said.paper.none_right')} {told}"
    return told
