"""Run the notebooks in a real kernel: for the tests, and to store their outputs anew.

``python -m tests.notebooks.execute`` (or ``make notebooks``) runs all of them and writes them back.
Figures are stored as PNG, so that they are seen wherever a notebook is shown, and stay small.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from tests import REPOSITORY
from tests.browser import get_chromium

FOLDER = REPOSITORY / "notebooks"
PLOTLY = "application/vnd.plotly.v1+json"
SECONDS_PER_CELL = 600
WIDTH = 860
"""Pixels of a stored figure."""


def notebooks() -> list[Path]:
    """All notebooks, by name."""
    return sorted(FOLDER.glob("*.ipynb"))


def execute(path: Path, folder: Path) -> Any:
    """The notebook with fresh outputs; figures are Plotly's own JSON.

    Args:
        folder: where the kernel runs.

    Raises:
        CellExecutionError: if a cell raises.
    """
    book = nbformat.read(path, as_version=4)
    env = os.environ | {
        "PYTHONPATH": str(REPOSITORY),
        "PLOTLY_RENDERER": "plotly_mimetype",
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore:IProgress not found",
    }
    client = NotebookClient(
        book,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=env)
    return book


def printed(book: Any) -> list[str]:
    """What every code cell printed."""
    return [
        "".join(
            out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout"
        )
        for cell in book.cells
        if cell.cell_type == "code"
    ]


def shown(book: Any) -> list[set[str]]:
    """How every code cell's value is shown, besides in one line: ``text/html`` or ``picture``."""
    return [
        {
            "picture" if kind in (PLOTLY, "image/png") else kind
            for out in cell.outputs
            if out.output_type in ("execute_result", "display_data")
            for kind in out.data
            if kind != "text/plain"
        }
        for cell in book.cells
        if cell.cell_type == "code"
    ]


def store(path: Path) -> None:
    """Run a notebook and write it back, its figures as PNG."""
    import tempfile

    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        book = execute(path, Path(folder))
    executable = get_chromium.find()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": 600})
        for cell in book.cells:
            for out in cell.get("outputs", []):
                figure = out.get("data", {}).pop(PLOTLY, None)
                if figure is not None:
                    out.data["image/png"] = png(page, figure)
                    out.data["text/plain"] = "Figure"
                    out.metadata = {}
        chromium.close()
    book.metadata.pop("language_info", None)
    nbformat.write(book, path)


def png(page: Any, figure: dict[str, Any]) -> str:
    """A figure as base64 of a PNG."""
    import plotly.graph_objects as go
    import plotly.io

    drawn = go.Figure(json.loads(json.dumps({k: figure[k] for k in ("data", "layout")})))
    drawn.update_layout(width=WIDTH)
    config = {"displayModeBar": False}
    page.set_content(plotly.io.to_html(drawn, include_plotlyjs=True, config=config))
    plot = page.locator(".js-plotly-plot .main-svg").first
    plot.wait_for()
    return base64.b64encode(page.locator(".js-plotly-plot").screenshot()).decode("ascii")


if __name__ == "__main__":
    for wanted in [FOLDER / name for name in sys.argv[1:]] or notebooks():
        store(wanted)
        print(wanted.name, f"{wanted.stat().st_size / 1024:.0f} KB")
