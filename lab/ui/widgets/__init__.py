"""Small widgets: a typed value in, one ES module draws, messages out.

See `lab.ui` for the contract.
"""

from lab.ui.widgets.base import Kind, empty, message, sentence
from lab.ui.widgets.plotly import plotly_widget

__all__ = ["Kind", "empty", "message", "plotly_widget", "sentence"]
