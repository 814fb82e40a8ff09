"""The page is built without torch; its files and records have plain addresses; nothing outside its
folders does.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lab.errors import RecordDamaged
from lab.service import Service
from lab.ui.frame.context import Ctx
from lab.ui.frame.downloads import record_routes
from lab.ui.frame.page import build
from lab.ui.frame.page_words import Words
from lab.ui.frame.theme import static_routes
from tests import REPOSITORY
from tests.make_record import make_record


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Ctx:
    folder = tmp_path_factory.mktemp("records")
    make_record(folder / "demo-record")
    return Ctx(None, [folder], Words())


@pytest.fixture(scope="module")
def client(ctx: Ctx) -> TestClient:
    return TestClient(Starlette(routes=[*static_routes(), *record_routes(ctx)]))


def test_building_the_page_loads_no_model_library(tmp_path: Path) -> None:
    code = (
        "import sys; from lab.service import Service; from lab.ui.frame.page import build, "
        "launch_options;"
        f"page = build(Service({str(tmp_path)!r})); launch_options(page);"
        "slow = {'torch', 'transformers', 'umap', 'numba'} & set(sys.modules); assert not slow, "
        "slow"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-1500:]


@pytest.mark.parametrize(
    "path", ["lab/js/widget.js", "lab/css/lab.css", "lab/plotly/plotly.min.js"]
)
def test_static_files_are_checked_each_time(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_record_is_downloaded_as_zip_and_as_page(client: TestClient) -> None:
    packed = client.get("lab/records/demo-record.zip")
    assert "demo-record/record.json" in zipfile.ZipFile(io.BytesIO(packed.content)).namelist()
    page = client.get("lab/records/demo-record.html")
    assert page.status_code == 200
    assert "<html" in page.text[:200]


@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fetc", "%2e%2e"])
def test_other_addresses_are_one_sentence(client: TestClient, name: str) -> None:
    answer = client.get(f"lab/records/{name}.zip")
    assert answer.status_code == 404
    assert client.get("lab/records/demo-record.exe").status_code == 404


@pytest.mark.parametrize("name", ["nothing", "%2e%2e", "a%00b", "x" * 3000])
def test_a_missing_record_is_told_in_the_readers_words(client: TestClient, name: str) -> None:
    answer = client.get(f"lab/records/{name}.zip")
    assert answer.status_code == 404 and answer.text.startswith("There is no record named")
    chinese = client.get(f"lab/records/{name}.zip", headers={"Cookie": "lab-language=zh"})
    assert chinese.status_code == 404 and not chinese.text.isascii()
    assert "\ue000" not in answer.text + chinese.text


@pytest.mark.parametrize(
    "name", ["../demo-record", "", ".", "..", "/etc", "nothing", "x" * 3000, "a\0b"]
)
def test_records_outside_the_folders_do_not_exist(ctx: Ctx, name: str) -> None:
    with pytest.raises(RecordDamaged, match="There is no record named"):
        ctx.open(name)


def test_an_opened_record_is_shared_and_read_again_when_it_grew(ctx: Ctx) -> None:
    first = ctx.open("demo-record")
    assert ctx.open("demo-record") is first
    events = ctx.folder_of("demo-record") / "events.jsonl"
    events.write_text(events.read_text())
    assert ctx.open("demo-record") is not first


def test_a_message_is_looked_up_in_one_place_of_the_page_only(tmp_path: Path) -> None:
    page = build(Service(str(tmp_path)))
    listeners = page.config["dependencies"]
    assert len(listeners) > 50
    places = {tuple(listener["show_progress_on"] or listener["outputs"]) for listener in listeners}
    assert len(places) == 1 and len(places.pop()) == 1
