"""The notebook of what is on screen: run in a real kernel it finds what the page shows."""

from __future__ import annotations

import ast
import base64
import json
import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import lab
from lab.files import ASSETS
from lab.records import Record
from lab.ui.frame.address import parse
from lab.ui.frame.context import Ctx
from lab.ui.frame.downloads import record_routes
from lab.ui.frame.page_words import Words
from lab.ui.frame.screen_notebook import TABS, screen_notebook
from lab.ui.tabs.lens.lens_tab import split_who, whos
from lab.ui.tabs.map import map_tab
from tests.make_record import make_record
from tests.notebooks.execute import PLOTLY, execute, printed

SHIPPED = ASSETS / "records"
HOSTILE = "x'''; import os #</h1><script>\n`$a$"


def fetched(folder: Path, address: str, target: Path) -> Path:
    """The notebook of an address of a page whose own records lie in the folder."""
    ctx = Ctx(None, [folder, SHIPPED], Words())
    answer = TestClient(Starlette(routes=record_routes(ctx))).get(f"/lab/records/{address}")
    assert answer.status_code == 200 and ".ipynb" in answer.headers["content-disposition"]
    target.write_bytes(answer.content)
    nbformat.validate(nbformat.read(target, as_version=4))
    return target


def figures(book: Any) -> list[dict[str, Any]]:
    outputs = [out for cell in book.cells for out in cell.get("outputs", [])]
    return [out.data[PLOTLY] for out in outputs if PLOTLY in out.get("data", {})]


def numbers(values: Any) -> Any:
    """The numbers of a trace, whichever way its JSON says them; gaps left out."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return np.array([value for value in values or () if value is not None], float)


@pytest.mark.slow
def test_a_map_is_drawn_from_the_same_numbers_as_the_pages(tmp_path: Path) -> None:
    query = "tab=map&map.layer=2&map.norm=none&map.kinds=latent"
    path = fetched(tmp_path, f"side-by-side.ipynb?{query}", tmp_path / "a.ipynb")
    book = execute(path, tmp_path)
    assert "as on the page: True\n" in printed(book)
    (found,) = figures(book)
    record = Record.open(SHIPPED / "side-by-side")
    first = map_tab.first_values(record) | {"layer": 2, "norm": "none", "kinds": ["latent"]}
    settings = {"method": "pca", "dims": 2, "seed": 0, "neighbors": 15, "min_dist": 0.1}
    looks = {"one_word": True, "color": "agent", "arrows": True, "find": "", "words": True}
    value, _ = map_tab.draw(record, first | settings | looks)
    page = json.loads(value.model_dump_json())["figure"]["data"]
    assert len(page) == len(found["data"]) > 0
    for mine, its in zip(page, found["data"], strict=True):
        for axis in ("x", "y"):
            assert np.allclose(numbers(mine[axis]), numbers(its[axis]), atol=1e-4, equal_nan=True)


@pytest.mark.slow
def test_ones_own_run_is_made_again_with_the_same_answers(tmp_path: Path) -> None:
    lab.run("relay", {"problem.seed": 3}, out=tmp_path / "records" / "mine")
    path = fetched(tmp_path / "records", "mine.ipynb?tab=lens", tmp_path / "a.ipynb")
    book = execute(path, tmp_path)
    assert "as on the page: True\n" in printed(book) and len(figures(book)) == 1


@pytest.mark.parametrize("tab", ["map", "lens", "memory", "drafts", "break", "nowhere"])
def test_every_tab_has_a_notebook_and_hostile_words_stay_words(tmp_path: Path, tab: str) -> None:
    folder = make_record(tmp_path / "run")
    shutil.copytree(folder, tmp_path / "hostile")
    head = json.loads((folder / "record.json").read_text())
    text = json.dumps(head).replace(json.dumps(head["problem"]["question"]), json.dumps(HOSTILE))
    (tmp_path / "hostile" / "record.json").write_text(text)
    record = Record.open(tmp_path / "hostile")
    assert record.problem.question == HOSTILE
    agent, lane = split_who(whos(record)[-1])
    query = f"tab={tab}&lens.who={agent} · {lane}&map.layer=99&drafts.reader={HOSTILE[:9]}"
    file = screen_notebook(record, "hostile", parse(query).address, shipped=False)
    book = nbformat.reads(file.decode(), 4)
    nbformat.validate(book)
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            assert "<script>" not in cell["source"] and "\n" not in cell["source"]
        else:
            ast.parse(cell["source"])
            assert "\nimport os" not in cell["source"]
    drawn = book["cells"][-1]["source"]
    assert drawn.startswith(f"record.{tab}(" if tab in TABS else "on_the_page")
    assert f"agent={agent!r}" in drawn or tab != "lens"
