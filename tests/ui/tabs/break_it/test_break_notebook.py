"""The notebook of Break it: run in a real kernel it measures what the page measures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import lab
from lab.files import ASSETS
from lab.ui.frame.address import parse
from lab.ui.frame.context import Ctx
from lab.ui.frame.downloads import record_routes
from lab.ui.frame.page_words import Words
from lab.ui.tabs.break_it import break_choices, break_run
from lab.ui.tabs.break_it.break_notebook import break_notebook
from tests.notebooks.execute import execute

CASE = "tab=break&break.sender=pocket-reseed&break.channel=latent&break.steps=20"


def fetched(query: str) -> Any:
    ctx = Ctx(None, [ASSETS / "records"], Words())
    answer = TestClient(Starlette(routes=record_routes(ctx))).get(f"/lab/break-it.ipynb?{query}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith('"break-it.ipynb"')
    return nbformat.reads(answer.text, as_version=4)


@pytest.mark.slow
def test_it_measures_the_conditions_of_the_stage_as_the_page_does(tmp_path: Path) -> None:
    query = dict(part.split("=") for part in CASE.split("&"))
    address = parse({**query, "break.change": "repair: ridge map"}).address
    path = tmp_path / "break-it.ipynb"
    path.write_bytes(break_notebook(address, problems=8))
    book = execute(path, tmp_path)
    this = break_choices.condition("pocket-reseed", "pocket-base", "latent", "repair: ridge map")
    lines = break_choices.companions(this, [])
    mine = lab.experiment("relay", **break_run.relay_settings(lines, 8, 20)).summary()
    rates = mine.query("metric == 'accuracy'")
    shown = rates[["condition", "channel", "value", "low", "high", "n"]].round(3)
    assert {"this", "nothing", "text", "random vectors"} <= set(shown["condition"])
    outputs = [out for cell in book.cells for out in cell.get("outputs", [])]
    assert repr(shown) in [out.get("data", {}).get("text/plain") for out in outputs]


def test_a_link_with_nonsense_still_gives_a_notebook_of_what_is_known() -> None:
    book = fetched(f"{CASE}&break.receiver=../../etc&break.change=nonsense&break.depth=99")
    assert "pocket-reseed → pocket-base" in book.cells[0].source
    assert "etc" not in json.dumps(book) and "nonsense" not in json.dumps(book)
    assert "n=200, steps=20" in book.cells[3].source


def test_it_is_in_the_language_of_the_page() -> None:
    assert "打破它" in fetched(f"{CASE}&lang=zh").cells[0].source
