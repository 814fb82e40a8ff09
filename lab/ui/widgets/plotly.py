"""The one Plotly widget: a figure as JSON, clicks back as ``point_id``. It draws with plotly.py's
own plotly.js.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from lab.panels.value import Lasso, Pick
from lab.panels.widget_values import PlotValue
from lab.ui.widgets.base import Kind, empty

PLOT = Kind("plotly.js", PlotValue, {"pick": Pick, "lasso": Lasso})


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
