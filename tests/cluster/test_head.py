"""A real ``lab serve --ray local:2`` that is killed, and started again on the same folder."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.bench.room_class import KEY, ClassServer
from lab.bench.room_page import PageClient, PageParts, Seen
from lab.bench.room_pupils import SEED
from lab.records import Record
from lab.ui.tabs.side_by_side.setup_panel import FIELDS
from tests.models.endless_server import HOST, endless

pytestmark = pytest.mark.slow
METHODS, AGGREGATOR = (2 + FIELDS.index(name) for name in ("methods", "aggregator"))
WAIT_S = 120.0


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClassServer]:
    monkeypatch.setenv("LATENT_LAB_RAY", "local:2")
    started = ClassServer(tmp_path)
    with endless() as known:
        for name, value in known.items():
            monkeypatch.setenv(name, value)
        started.start()
        yield started
        started.kill()


def test_a_head_that_is_killed_in_a_run_finds_its_records_and_runs_on(server: ClassServer) -> None:
    finished = asyncio.run(run_to_its_end(server, 5))
    before = Record.open(server.records / finished).events
    unfinished = asyncio.run(kill_in_a_run(server, 6))
    assert Record.open(server.records / unfinished).status == "interrupted"
    server.start()
    again = asyncio.run(run_to_its_end(server, 7))
    shown = asyncio.run(rail(server, finished))
    assert shown == {finished: "finished", unfinished: "interrupted", again: "finished"}
    assert Record.open(server.records / finished).events == before


async def opened(
    server: ClassServer, http: httpx.AsyncClient, query: str = "", seen: Seen | None = None
) -> PageClient:
    page = PageClient(http, await PageParts.read(server.url), seen or Seen())
    await page.open(query)
    return page


async def run_to_its_end(server: ClassServer, seed: int) -> str:
    async with httpx.AsyncClient(base_url=server.url, timeout=WAIT_S) as http:
        page = await opened(server, http, seen=(seen := Seen()))
        assert await page.act("button-run", "click", put={SEED: seed})
        assert not seen.errors
        name = str(page.value("lanes")["record"])
        await page.close()
    assert Record.open(server.records / name).status == "finished"
    return name


async def kill_in_a_run(server: ClassServer, seed: int) -> str:
    """Press Run for one that never ends, and end the server once a part of it is in its record."""
    known = set(server.records.iterdir())
    async with httpx.AsyncClient(base_url=server.url, timeout=WAIT_S) as http:
        leads = await http.post("/lab/room", json={"key": KEY})  # in class nobody else may ask one
        assert leads.is_success, leads.text
        page = await opened(server, http)
        put = {SEED: seed, METHODS: ["latentmas", "moa"], AGGREGATOR: HOST}
        going = asyncio.create_task(page.act("button-run", "click", put=put))
        end = time.monotonic() + WAIT_S
        while not (begun := begun_since(server.records, known)):
            assert time.monotonic() < end and not going.done(), page.value("run-status")
            await asyncio.sleep(0.02)
        server.kill()
        await asyncio.gather(going, return_exceptions=True)
        await page.close()
    return begun


def begun_since(folder: Path, known: set[Path]) -> str:
    """The record that is not known yet, once it has some events."""
    for path in set(folder.iterdir()) - known:
        if (path / "record.json").exists() and len(Record.open(path).events) > 5:
            return path.name
    return ""


async def rail(server: ClassServer, record: str) -> dict[str, Any]:
    """What the page says of its records."""
    async with httpx.AsyncClient(base_url=server.url, timeout=WAIT_S) as http:
        page = await opened(server, http, f"record={record}")
        assert page.value("lanes")["record"] == record
        shown = page.value("lab-records")
        await page.close()
    return {one["id"]: one["status"] for one in shown["records"] if not one["shipped"]}
