"""Stop while a run is at work: what was done is kept. One of its agents never comes to its end, so
that the run is at work whenever Stop is pressed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from lab import events as ev
from lab.records import Record
from tests.browser.conftest import Server, started
from tests.models.endless_server import HOST, WORD, endless

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with endless() as known, started(tmp_path_factory.mktemp("lab"), known) as running:
        yield running


def test_stop_keeps_what_was_done(open_page: Open, server: Server) -> None:
    page = open_page("?record=side-by-side")
    before = {path.parent for path in server.records.glob("*/record.json")}
    page.locator("#setup > button").first.click()
    aggregator = page.get_by_role("combobox", name="Aggregator")
    aggregator.fill(HOST)
    aggregator.press("Enter")
    page.get_by_role("radio", name="One lane after the other").check()
    page.locator("#button-run").click()
    lanes = page.locator("#lanes")
    expect(lanes.locator(".lane-answer strong")).to_have_count(1)
    expect(lanes.locator(".agent[data-phase=speaking]")).to_contain_text(WORD)
    page.locator("#button-stop").click()
    expect(page.locator("#button-run")).to_be_enabled()
    expect(page.locator(".lanes-foot")).to_contain_text("was stopped")
    expect(lanes.locator(".lane-answer strong")).to_have_count(1)

    (made,) = {path.parent for path in server.records.glob("*/record.json")} - before
    record = Record.open(made)
    assert record.status == "cancelled" and isinstance(record.events[-1], ev.RunCancelled)
    kept = [event for event in record.events if isinstance(event, ev.TokenOut)]
    assert kept[-1].token == WORD and len({event.agent for event in kept}) > 3
