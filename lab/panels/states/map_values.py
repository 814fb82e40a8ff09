"""What the map's widgets are given."""

from __future__ import annotations

from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.states.choose import Choice
from lab.panels.states.map_figure import map_figure
from lab.panels.states.projection import MapData
from lab.panels.widget_values import NotesValue, PlotValue, notes_value, plot_value
from lab.records import Record
from lab.words import say


def map_values(
    record: Record,
    data: MapData,
    choice: Choice,
    *,
    color: str = "agent",
    trajectories: bool = True,
    upto: int | None = None,
) -> tuple[PlotValue, NotesValue]:
    """A map and the sentences under it.

    Args:
        choice: what the map was made of.
        color: see `lab.panels.states.map_figure.COLOR_BY`.
        upto: the last step shown, or None for all.
    """
    last = int(data.chosen.points["step"].max())
    figure = map_figure(
        data,
        colors_of(record),
        color=color,
        trajectories=trajectories,
        upto=upto if upto is not None and upto < last else None,
    )
    method, what = data.settings.method.upper(), choice.without_layer_text()
    what = say("said.map_tab.of_layer", method=method, layer=data.layer, choice=what)
    value = plot_value(figure, "map", caption(record, choice.host, what))
    return value, notes_value([say("said.map_tab.shape_and_colour_agent_faint"), *data.notes])
