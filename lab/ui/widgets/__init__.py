"""Small widgets: JSON in, one ES module draws, events out. See `lab.ui` for the contract."""

from lab.ui.widgets.base import empty, sentence, widget
from lab.ui.widgets.plotly import plot_value, plotly_widget

__all__ = ["empty", "plot_value", "plotly_widget", "sentence", "widget"]
