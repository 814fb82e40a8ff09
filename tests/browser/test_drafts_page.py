"""The drafts tab in a real browser: hostile drafts are text, one side lights the other, layers and
cards open.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lab.plan import PlanProblem
from tests.browser.conftest import Server
from tests.make_moa_record import AGGREGATE, DRAFTS, moa_events, write_record

pytestmark = pytest.mark.browser

HOSTILE = {
    "ada": "<script>alert(1)</script> The tower is 300 metres tall. `${alert(2)}` It stands in "
    "Paris.",
    "bob": "\u202eThe tower is 324 metres tall! \x07",
    "cyd": "It stands in Paris, and was built in 1889. {{value}} <img src=x onerror=alert(3)>",
}
TOLD = (
    "The tower is 300 meters tall. It stands in Paris, and was built in 1889. "
    "<img src=x onerror=alert(4)>"
)


def test_hostile_drafts_are_text_and_light_their_source(
    server: Server, open_page: Callable[..., Page]
) -> None:
    problem = PlanProblem(question="Tell me about the tower.")
    write_record(
        server.records / "hostile-moa", moa_events(HOSTILE, TOLD, problem=problem), problem
    )
    page = open_page("?record=hostile-moa&tab=drafts")
    target = page.locator(".drafts-target")
    expect(target).to_contain_text("<img src=x onerror=alert(4)>")
    expect(page.locator(".drafts-card").first).to_contain_text("<script>alert(1)</script>")
    expect(page.locator(".drafts-card").nth(1)).to_contain_text("⟨202E⟩The tower")
    assert page.locator(".drafts-stage img, .drafts-stage script").count() == 0
    piece = target.locator(".piece.verbatim").first
    piece.focus()
    expect(page.locator(".drafts-card .piece.lit").first).to_be_visible()
    expect(page.locator("#drafts-flow .plot-container")).to_be_attached()


def test_layers_failed_proposers_and_cards(server: Server, open_page: Callable[..., Page]) -> None:
    write_record(
        server.records / "layers-moa", moa_events(DRAFTS, AGGREGATE, layers=2, failed=("bob",))
    )
    page = open_page("?record=layers-moa&tab=drafts")
    expect(page.locator(".drafts-reader[aria-pressed=true]")).to_have_text("aggregator")
    page.locator(".drafts-reader", has_text="ada, layer 2").click()
    expect(page.locator(".drafts-target .drafts-head b").first).to_contain_text("ada, layer 2")
    expect(page.locator(".drafts-claims tbody tr")).not_to_have_count(0)
    card = page.locator(".claim-card").first
    card.click()
    expect(page.locator(".claim-card[aria-pressed=true]")).to_have_count(1)
