"""The drafts tab in a real browser: hostile drafts are text, one side lights the other, layers and
cards open.
"""

from __future__ import annotations

import json
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


def test_the_data_factory_makes_a_set_and_trains_a_student(open_page: Callable[..., Page]) -> None:
    page = open_page("?tab=drafts")
    page.locator("#factory button").first.click()
    training, status = page.locator("#factory-training"), page.locator("#factory-status")
    page.locator("#factory-teach").click()
    expect(training).to_contain_text("There is no set yet")
    for name, value in (("n", "120"), ("tokens", "10")):
        field = page.locator(f"#factory-{name} input[type=number]")
        field.fill(value)
        field.press("Tab")
    page.locator("#factory-make").click()
    made = "answers are in the set; 30 questions are held out"
    expect(status).to_contain_text(made)
    rows = page.locator("#factory-sieves tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("90 of 90")
    expect(page.locator("#factory-preview")).to_contain_text("false fact planted")
    with page.expect_download() as coming:
        page.locator("#factory-file a").first.click()
    lines = coming.value.path().read_text(encoding="utf-8").splitlines()
    assert [m["role"] for m in json.loads(lines[0])["messages"]] == ["user", "assistant"]
    expect(rows.last).to_contain_text(f"{len(lines)} of 90")
    page.locator("#factory-filters input").first.uncheck()
    expect(rows.nth(1)).to_contain_text("off")
    least = page.locator("#factory-least input[type=number]")
    page.locator("#factory-teach").click()
    taught = "Taught questions: the student is right in"
    expect(training).to_contain_text(taught)
    expect(page.locator("#factory-figure .plot-container")).to_be_attached()
    least.fill("1")
    least.press("Tab")
    expect(status).to_contain_text("The set is empty: none of 90 answers passes")


def test_a_horizon_is_changed_and_measured_live(open_page: Callable[..., Page]) -> None:
    page = open_page("?tab=lessons&lesson.name=open&lesson.scene=11")
    card = page.locator(".lesson-card")
    card.locator(".lesson-choices button").first.click()
    card.locator("[data-name=look]").click()
    figure, status = page.locator("#drafts-figure"), page.locator("#drafts-status")
    expect(figure.locator(".main-svg").first).to_be_visible()
    expect(figure).to_contain_text("n = 200")
    expect(page.locator("#knob-plane-layers")).to_have_count(0)  # another experiment's
    for name, kept in (("slots", "8"), ("ranks", "1")):
        boxes = page.locator(f"#knob-compress-{name} label")
        for box in boxes.all():
            if box.inner_text().strip() != kept:
                box.locator("input").uncheck()
    page.locator("#knob-compress-ranks input").first.uncheck()
    page.locator("#drafts-run").click()
    expect(status).to_contain_text("has no box ticked")
    page.locator("#knob-compress-ranks input").first.check()
    field = page.locator("#drafts-n input[type=number]")
    field.fill("20")
    field.press("Tab")
    page.locator("#drafts-run").click()
    expect(figure).to_contain_text("n = 20,")
    expect(status).not_to_contain_text("left")
    expect(page.locator(".claim-card[aria-pressed=true]")).to_contain_text("n = 20")


def test_a_word_of_a_draft_is_selected_everywhere(open_page: Callable[..., Page]) -> None:
    page = open_page("?record=side-by-side&tab=drafts")
    piece = page.locator(".drafts-card .piece").first
    expect(piece).to_be_visible()
    piece.click(position={"x": 12, "y": 8})
    card = page.locator(".lab-moment-name")
    expect(card).to_contain_text("scholar 1, token")
    expect(page.locator(".drafts-card .piece.lab-selected")).to_have_count(1)
    page.wait_for_url("**point=*")
    target = page.locator(".drafts-target .piece").first
    target.focus()
    page.keyboard.press("Enter")
    expect(card).to_contain_text("aggregator, token 1")
    expect(page.locator(".drafts-target .piece.lab-selected")).to_have_count(1)
