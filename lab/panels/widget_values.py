"""Values of the widgets that several tabs use: sentences, tables and figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from lab.panels.states.honesty import HonestyStrip
from lab.panels.style import OKABE_ITO, THEMES
from lab.panels.value import Value


class HonestyMeasure(Value):
    """One measure of a map, beside the same measure of shuffled data."""

    name: str
    value: float
    shuffled: float


class HonestyView(Value):
    """How far a map may be believed."""

    measures: tuple[HonestyMeasure, ...]
    n: int
    """Points it was measured on."""
    sentence: str

    @classmethod
    def of(cls, strip: HonestyStrip) -> HonestyView:
        """The strip of a map as drawn."""
        rows = [
            HonestyMeasure(name=m.name, value=m.value, shuffled=m.shuffled) for m in strip.measures
        ]
        return cls(measures=tuple(rows), n=strip.n, sentence=strip.sentence)


class NotesValue(Value):
    """Sentences under a figure."""

    lines: tuple[str, ...] = ()
    strong: str = ""
    """The sentence above the others."""
    honesty: HonestyView | None = None


def notes_value(
    lines: Sequence[str] = (), strong: str = "", honesty: HonestyStrip | None = None
) -> NotesValue:
    """Sentences as a widget's value; empty ones are left out."""
    return NotesValue(
        lines=tuple(line for line in lines if line),
        strong=strong,
        honesty=HonestyView.of(honesty) if honesty else None,
    )


class TableRow(Value):
    """A row of texts."""

    cells: tuple[str, ...]
    point_id: int | None = None
    """The point that a click selects."""


class TableValue(Value):
    """A table of texts."""

    headers: tuple[str, ...] = ()
    rows: tuple[TableRow, ...] = ()
    wide: bool = False
    """The last column holds running text."""


def table_value(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    points: Sequence[int | None] = (),
    wide: bool = False,
) -> TableValue:
    """A table as a widget's value.

    Args:
        points: the point of each row, as far as it has one.
        wide: the last column holds running text.
    """
    known = [*points, *[None] * (len(rows) - len(points))]
    drawn = [
        TableRow(cells=tuple(row), point_id=point) for row, point in zip(rows, known, strict=True)
    ]
    return TableValue(headers=tuple(headers), rows=tuple(drawn), wide=wide)


class Ink(Value):
    """Colours of one theme."""

    ink: str
    grid: str
    paper: str


class Look(Value):
    """What figures bring no colours for: they follow the page."""

    light: Ink
    dark: Ink
    ring: str
    """Frame of the selected cell of a heat-map."""


LOOK = Look(light=Ink(**THEMES["light"]), dark=Ink(**THEMES["dark"]), ring=OKABE_ITO[5])


class PlotlyFigure(Value):
    """A Plotly figure."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class PlotValue(Value):
    """A figure with what is said and saved with it."""

    figure: PlotlyFigure
    name: str
    """Start of the names of saved files."""
    caption: str
    lasso: bool = False
    """The toolbar offers lasso and box, and what they hold is sent."""
    near: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    """By point_id: its nearest points in the full space, which light up when it is hovered."""
    look: Look = LOOK


def plot_value(figure: Any, name: str = "figure", caption: str = "") -> PlotValue:
    """The widget's value for a figure.

    Args:
        figure: a ``plotly.graph_objects.Figure`` or its JSON dict.
        name: start of the names of files saved from the toolbar.
        caption: plain text under the figure (model, revision, seed, versions); also written into
            the CSV.
    """
    data = figure if isinstance(figure, dict) else json.loads(figure.to_json())
    drawn = PlotlyFigure(data=data["data"], layout=data.get("layout", {}))
    return PlotValue(figure=drawn, name=name, caption=caption)
