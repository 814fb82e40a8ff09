"""The one Plotly widget: a figure as JSON, clicks back as ``point_id``. It draws with plotly.py's
own plotly.js.
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from lab.panels.value import Pick
from lab.ui.widgets.base import Kind, empty
from lab.ui.widgets.widget_values import PlotlyFigure, PlotValue

PLOT = Kind("plotly.js", PlotValue, {"pick": Pick})


def plotly_widget(
    name: str, *, hint: str = "", height: int | None = None, **options: Any
) -> gr.HTML:
    """An empty chart.

    Args:
        name: element id, and the start of the names of saved files.
        hint: sentence shown until there is a figure.
        height: pixels; by default the figure's own.
    """
    value = empty(hint) if hint else None
    if height:
        options["min_height"] = height
    return PLOT.widget(value, elem_id=name, **options)


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
