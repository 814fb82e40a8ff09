"""The mechanism under the lanes: it follows the selection and leads it, plays and stops."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_it_follows_the_selection_and_leads_it(open_page: Open) -> None:
    page = open_page("?record=demo-record", reduced_motion="reduce")
    dot = page.locator(".agent", has_text="planner").first.locator(".dot").nth(2)
    dot.click()
    expect(page.locator(".mech-count")).to_have_text("step 3 of 8")
    said = page.locator(".mech-would s").inner_text()
    assert said in str(dot.get_attribute("aria-label"))
    expect(page.locator(".mech-strip")).not_to_have_count(0)
    page.locator(".mech-at").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".mech-count")).to_have_text("step 4 of 8")
    expect(page.locator(".lab-moment-name")).to_contain_text("planner, latent step 4")
    page.locator(".mech-agents button", has_text="refiner").click()
    expect(page.locator(".mech-agents [aria-pressed=true]")).to_have_text("refiner")
    page.locator(".mech-next").click()
    expect(page.locator(".lab-moment-name")).to_contain_text("refiner, latent step 2")
    page.locator(".dot").nth(4).click()
    expect(page.locator(".mech-agents [aria-pressed=true]")).to_have_text("planner")
    expect(page.locator(".mech-count")).to_have_text("step 5 of 8")


def test_it_plays_when_seen_and_can_be_paused(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    expect(page.locator(".mech")).to_have_attribute("data-phase", "3")
    page.locator(".mech").scroll_into_view_if_needed()
    expect(page.locator(".mech-play")).to_contain_text("Pause")
    expect(page.locator(".mech-play")).to_contain_text("Play")
    expect(page.locator(".mech-count")).to_have_text("step 3 of 8")
    page.locator(".mech-play").focus()
    page.keyboard.press("Space")
    expect(page.locator(".mech-count")).to_have_text("step 4 of 8")
    page.keyboard.press("Space")
    expect(page.locator(".mech")).to_have_attribute("data-phase", "3")
    expect(page.locator(".mech-play")).to_contain_text("Play")


def test_it_stands_still_for_those_who_want_less_motion(open_page: Open) -> None:
    page = open_page("?record=demo-record", reduced_motion="reduce")
    page.locator(".mech").scroll_into_view_if_needed()
    expect(page.locator(".mech")).to_be_in_viewport(ratio=0.9)
    expect(page.locator(".mech-play")).to_contain_text("Play")
    page.locator(".mech-play").click()
    expect(page.locator(".mech")).to_have_attribute("data-phase", "1")
    assert page.locator(".mech .state").evaluate("e => getComputedStyle(e).animationName") == "none"


def test_a_record_without_thoughts_shows_none_and_another_language_says_it(
    open_page: Open,
) -> None:
    page = open_page("?record=almanac-coverage")
    expect(page.locator(".lane").first).to_be_visible()
    expect(page.locator(".mech")).to_have_count(0)
    page.get_by_role("button", name="中文").click()
    page.locator(".lab-rail-item", has_text="demo ·").first.click()
    expect(page.locator(".mech h3")).to_contain_text("不选词")
