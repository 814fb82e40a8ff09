"""What the map's widgets are given."""

from __future__ import annotations

import pandas as pd

from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.states.choose import Choice
from lab.panels.states.geometry import normalise
from lab.panels.states.honesty import nearest
from lab.panels.states.map_figure import map_figure, matches
from lab.panels.states.projection import MapData
from lab.panels.style import visible
from lab.panels.widget_values import NotesValue, PlotValue, notes_value, plot_value
from lab.records import Record
from lab.words import say

NEAR = 5
"""Neighbours that light up."""
MOST_LIT = 3000
"""Points up to which neighbours are sent with the map."""


def map_values(
    record: Record,
    data: MapData,
    choice: Choice,
    *,
    color: str = "agent",
    trajectories: bool = True,
    upto: int | None = None,
    find: str = "",
    words: bool = True,
    live: bool = True,
) -> tuple[PlotValue, NotesValue]:
    """A map and the sentences under it.

    Args:
        choice: what the map was made of.
        color: see `lab.panels.states.map_figure.COLOR_BY`.
        upto: the last step shown, or None for all.
        find: part of a word whose points stay bright.
        words: write words where there is room.
        live: with the lasso, and neighbours that light up; a page without a server goes without.
    """
    last = int(data.chosen.points["step"].max())
    figure = map_figure(
        data,
        colors_of(record),
        color=color,
        trajectories=trajectories,
        upto=upto if upto is not None and upto < last else None,
        find=find,
        words=words,
    )
    method, what = data.settings.method.upper(), choice.without_layer_text()
    what = say("said.map_tab.of_layer", method=method, layer=data.layer, choice=what)
    value = plot_value(figure, "map", caption(record, choice.host, what))
    near = nearest_points(data) if live else {}
    value = value.model_copy(update={"lasso": live, "near": near})
    notes = [say("said.map_tab.shape_and_colour_agent_faint"), *data.notes]
    if near:
        width = data.chosen.x.shape[1]
        notes.append(say("said.map_tab.hover_lights", n=NEAR, width=width))
    if find.strip():
        drawn = data.drawn
        hits = drawn[matches(drawn, find)]
        notes.insert(
            0,
            say(
                "said.map_tab.found",
                find=visible(find.strip()),
                n=len(hits),
                all=len(drawn),
                words=most_frequent(hits["token"]),
            ),
        )
    return value, notes_value(notes)


def nearest_points(data: MapData) -> dict[str, tuple[int, ...]]:
    """By point: the `NEAR` nearest drawn points in the full space (not on the map); empty for maps
    of too few or too many points."""
    ids = data.chosen.points["point_id"].iloc[data.keep].to_numpy()
    if not NEAR < len(ids) <= MOST_LIT:
        return {}
    x = normalise(data.chosen.x[data.keep], data.settings.norm)
    return {
        str(point): tuple(map(int, ids[row]))
        for point, row in zip(ids, nearest(x, NEAR), strict=True)
    }


def most_frequent(tokens: pd.Series, most: int = 5) -> str:
    """The words that occur most among these, each with how often: “‘box’ ×4, ‘.’ ×2”."""
    counts = tokens.astype(str).value_counts()
    told = [f"‘{visible(word)}’ ×{n}" for word, n in counts.head(most).items()]
    return ", ".join([*told, *(["…"] if len(counts) > most else [])])
