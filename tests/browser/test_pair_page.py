"""Another run is chosen beside the one on the page: what was changed is one line, what differs is
marked, and the pair stands in the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lab.files import ASSETS
from lab.plan import with_overrides
from lab.records import Record
from lab.service.runner import run_plan
from tests.browser.test_accessibility import AXE, SERIOUS

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def changed(folder: Path, change: str) -> None:
    """The shipped relay with one thing changed."""
    from lab.models.pool import HostPool

    plan = with_overrides(Record.open(ASSETS / "records" / "relay").plan, [change])
    run_plan(plan, folder, HostPool())


def test_two_runs_stand_as_a_pair_and_in_the_address(open_page: Open, server: object) -> None:
    changed(server.records / "relay-ten", "lanes.1.steps=10")  # type: ignore[attr-defined]
    page = open_page()
    item = page.locator(".lab-rail-item[data-record='relay-ten']")
    expect(item.locator(".lab-rail-changed")).to_have_text("latent steps m 10")
    page.get_by_role("button", name="Compare with…").click()
    menu = page.get_by_label("Compare this run with")
    expect(menu).to_be_focused()
    menu.select_option("relay-ten")
    pair = page.locator(".pair")
    expect(pair.locator(".pair-settings li")).to_have_text(
        ["In hidden states: latent steps m 40 → 10"]
    )
    expect(pair.locator(".pair-warning")).to_have_count(0)
    lanes = pair.locator(".pair-lane")
    expect(lanes).to_have_count(4)
    expect(
        lanes.nth(1).locator(".pair-side").first.locator(".pair-thoughts del")
    ).not_to_have_count(0)
    expect(lanes.nth(1)).to_have_attribute("open", "")
    for other in (0, 2, 3):
        expect(lanes.nth(other)).not_to_have_attribute("open", "")
        expect(lanes.nth(other).locator("ins, del")).to_have_count(0)
    expect(page).to_have_url(re.compile("with=relay-ten"))
    again = open_page("?record=relay&with=relay-ten")
    expect(again.locator(".pair-settings li")).to_have_count(1)
    again.get_by_label("Compare this run with").select_option("")
    expect(again.locator(".pair")).to_have_count(0)
    expect(again).not_to_have_url(re.compile("with="))


def test_a_run_beside_another_problem_says_so_and_a_strange_name_is_ignored(
    open_page: Open,
) -> None:
    page = open_page("?record=relay&with=side-by-side")
    expect(page.locator(".pair-warning").first).to_contain_text("problems differ")
    page = open_page("?record=relay&with=..%2F..%2Fetc")
    expect(page.locator(".lab-ignored")).to_contain_text("with")
    expect(page.locator(".pair")).to_have_count(0)


def test_an_agent_that_one_run_has_alone_is_marked_on_its_card(
    open_page: Open, server: object
) -> None:
    more = "lanes.1.agents=[solver,critic,judger]"
    changed(server.records / "relay-critic", more)  # type: ignore[attr-defined]
    page = open_page("?record=relay&with=relay-critic")
    card = page.locator(".pair-agent.alone")
    expect(card).to_have_count(1)
    expect(card.locator("ins").first).to_have_text("critic")
    expect(card).to_contain_text("only in the other run")
    page = open_page("?record=relay-critic&with=relay")
    expect(card := page.locator(".pair-agent.alone")).to_contain_text("only in this run")
    expect(card.locator("del").first).to_have_text("critic")


def test_settings_are_told_by_name(open_page: Open, server: object) -> None:
    cold = "lanes.0.decoding.temperature=0.5"
    changed(server.records / "relay-warm", cold)  # type: ignore[attr-defined]
    page = open_page("?record=relay&with=relay-warm")
    expect(page.locator(".pair-settings li")).to_have_text("In words: temperature 0.0 → 0.5")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pair_and_given_thought_are_read_by_everybody(open_page: Open, theme: str) -> None:
    """axe-core finds nothing serious in either panel, wide or narrow; nothing is wider than a
    phone."""
    page = open_page(
        f"?record=relay&with=side-by-side&theme={theme}&lang=zh", reduced_motion="reduce"
    )
    page.locator(".lane").nth(1).locator(".dot[data-step='3']").click()
    page.locator(".agent-give button").click()
    expect(page.locator(".lanes-given tbody tr")).to_have_count(5)
    expect(page.locator(".pair-lane").first).to_be_visible()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(SERIOUS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
