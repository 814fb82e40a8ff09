"""The look: Gradio's own theme brought to the lab's colours, the style sheet, and the files the
browser may load.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import plotly
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from lab.files import ASSETS


class Revalidated(StaticFiles):
    """Static files that the browser asks about each time, so that an updated lab is never drawn by
    old scripts."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file with ``Cache-Control: no-cache``: kept by the browser, but checked by its
        ETag."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def static_routes() -> list[Mount]:
    """The folders served under ``/lab``: own scripts and styles, and plotly.py's own plotly.js."""
    plotly_js = Path(plotly.__file__).parent / "package_data"
    return [
        Mount("/lab/js", Revalidated(directory=ASSETS / "js")),
        Mount("/lab/css", Revalidated(directory=ASSETS / "css")),
        Mount("/lab/plotly", Revalidated(directory=plotly_js)),
    ]


def theme() -> gr.themes.Base:
    """Gradio's controls in quiet ink on paper; colour is left to the agents."""
    look = gr.themes.Base(
        primary_hue=gr.themes.colors.slate,
        secondary_hue=gr.themes.colors.slate,
        neutral_hue=gr.themes.colors.slate,
        spacing_size=gr.themes.sizes.spacing_sm,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
        font=[
            gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)),
            "system-ui",
            "Noto Sans CJK SC",
            "sans-serif",
        ],
        font_mono=[
            gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)),
            "ui-monospace",
            "monospace",
        ],
    )
    return look.set(
        body_background_fill="#F6F5F1",
        body_background_fill_dark="#12151A",
        body_text_color="#1C2430",
        body_text_color_dark="#E8EBF0",
        body_text_color_subdued="#555F6D",
        body_text_color_subdued_dark="#A3ADBA",
        background_fill_primary="#FFFFFF",
        background_fill_primary_dark="#1A1E25",
        background_fill_secondary="#F6F5F1",
        background_fill_secondary_dark="#14181E",
        border_color_primary="#DEDCD5",
        border_color_primary_dark="#2E353F",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_label_text_color="#555F6D",
        block_label_text_color_dark="#A3ADBA",
        block_title_text_color="#555F6D",
        block_title_text_color_dark="#A3ADBA",
        block_title_text_size="12px",
        input_background_fill="#FFFFFF",
        input_background_fill_dark="#1A1E25",
        input_border_width="1px",
        input_border_color="#CFCCC3",
        input_border_color_dark="#3A424E",
        button_primary_background_fill="#1C2430",
        button_primary_background_fill_hover="#33405A",
        button_primary_text_color="#FFFFFF",
        button_primary_background_fill_dark="#E8EBF0",
        button_primary_background_fill_hover_dark="#FFFFFF",
        button_primary_text_color_dark="#12151A",
        button_secondary_background_fill="#FFFFFF",
        button_secondary_background_fill_dark="#1A1E25",
        button_secondary_border_color="#CFCCC3",
        button_secondary_border_color_dark="#3A424E",
        button_secondary_text_color="#1C2430",
        button_secondary_text_color_dark="#E8EBF0",
        slider_color="#3F4E66",
        slider_color_dark="#A3B4D0",
        checkbox_background_color_selected="#1C2430",
        checkbox_background_color_selected_dark="#5A6F94",
    )
