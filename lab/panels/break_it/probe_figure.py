"""Is it there, is it used? Two heat-maps of one recorded `probe` experiment: what a linear probe
reads from the sender's latents, and what the receiver answers when they are handed over.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab import stats
from lab.panels.style import SEQUENTIAL, colorbar, empty_figure, figure, stack_on_phones
from lab.records.results import ResultTable
from lab.words import say

LEVEL = 0.05


def there_and_used(table: ResultTable | None) -> go.Figure:
    """Step across, layer upwards; ◆ marks a cell that is read above the corrected null and more
    often than the receiver answers right, the intervals apart: decodable but unused.

    Args:
        table: a `probe` experiment, or None.
    """
    if table is None or "probe" not in table.meta or "read" not in table.rows:
        return empty_figure(say("said.probe_figure.not_measured"))
    cells = summary(table)
    fig = make_subplots(
        1,
        2,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        subplot_titles=(say("said.probe_figure.there"), say("said.probe_figure.used")),
    )
    for place, (value, low, high) in enumerate(
        (("read", "read_low", "read_high"), ("used", "used_low", "used_high")), start=1
    ):
        grid = cells.pivot(index="layer", columns="step", values=value)
        texts = [
            [_text(cells, step, layer, value) for step in grid.columns] for layer in grid.index
        ]
        spans = [
            [_span(cells, step, layer, low, high) for step in grid.columns] for layer in grid.index
        ]
        fig.add_trace(
            go.Heatmap(
                x=[str(step) for step in grid.columns],
                y=[str(layer) for layer in grid.index],
                z=grid.to_numpy(),
                zmin=0,
                zmax=1,
                text=texts,
                texttemplate="%{text}",
                customdata=spans,
                hovertemplate=say("said.probe_figure.hover"),
                colorscale=SEQUENTIAL,
                showscale=place == 2,
                colorbar=colorbar(say("said.break_figures.right_answers_share")),
                xgap=1,
                ygap=1,
            ),
            1,
            place,
        )
    fig.update_layout(figure(height=460).layout)
    fig.update_layout(margin_t=48)
    fig.update_xaxes(title=say("said.probe_figure.step"), type="category", showgrid=False)
    fig.update_yaxes(type="category", showgrid=False)
    fig.update_yaxes(title=say("said.break_figures.layer_0_is_the_embedding"), col=1)
    return stack_on_phones(fig)


def verdict(table: ResultTable | None) -> str:
    """The reading aid under the figure: floor, ceiling, null, control task, and how many cells are
    decodable but unused; that it cannot tell where the ceiling is not above the floor.

    Args:
        table: a `probe` experiment, or None.
    """
    if table is None or "probe" not in table.meta:
        return ""
    floor, ceiling = _rate(table, "floor"), _rate(table, "ceiling")
    if floor is None or ceiling is None:
        return ""
    cells = summary(table)
    told = say(
        "said.probe_figure.caption",
        unused=int(cells["unused"].sum()),
        cells=len(cells),
        floor=100 * floor.value,
        ceiling=100 * ceiling.value,
        null=100 * table.meta["probe"]["threshold"],
        control=100 * float(table.rows["control_task"].astype(float).mean()),
        permutations=table.meta["probe"]["permutations"],
    )
    if ceiling.low <= floor.high:
        return f"{say('said.probe_figure.cannot_tell')} {told}"
    return told


def summary(table: ResultTable) -> pd.DataFrame:
    """A line per (step, layer): ``read`` and ``used`` with 95 % bounds (shares), ``p`` corrected
    for all cells, and ``unused``. ``used`` is NaN behind the last layer, where there is only the
    head.

    Args:
        table: a `probe` experiment.
    """
    lines: list[dict[str, Any]] = []
    for name, part in table.rows[table.rows["channel"] == "probe"].groupby("condition", sort=False):
        read = stats.rate(part["read"].astype(float))
        handed = table.rows_of(str(name), "latent")["accuracy"].astype(float)
        used = stats.rate(handed) if len(handed) else None
        p = table.meta["probe"]["p"][name]
        lines.append(
            {
                "step": int(part["x"].iloc[0]),
                "layer": int(str(part["curve"].iloc[0]).split()[-1]),
                "read": read.value,
                "read_low": read.low,
                "read_high": read.high,
                "used": used.value if used else np.nan,
                "used_low": used.low if used else np.nan,
                "used_high": used.high if used else np.nan,
                "p": p,
                "unused": p < LEVEL and used is not None and used.high < read.low,
            }
        )
    return pd.DataFrame(lines)


def _rate(table: ResultTable, control: str) -> stats.Estimate | None:
    part = table.rows[table.rows["control"] == control]["accuracy"].astype(float)
    return stats.rate(part) if len(part) else None


def _cell(cells: pd.DataFrame, step: int, layer: int) -> pd.Series:
    return cells[(cells["step"] == step) & (cells["layer"] == layer)].iloc[0]


def _text(cells: pd.DataFrame, step: int, layer: int, value: str) -> str:
    cell = _cell(cells, step, layer)
    if not np.isfinite(cell[value]):
        return ""
    mark = " ◆" if value == "read" and cell["unused"] else ""
    return f"{100 * cell[value]:.0f}{mark}"


def _span(cells: pd.DataFrame, step: int, layer: int, low: str, high: str) -> str:
    cell = _cell(cells, step, layer)
    if not np.isfinite(cell[low]):
        return ""
    return f"{100 * cell[low]:.0f} – {100 * cell[high]:.0f} %"
