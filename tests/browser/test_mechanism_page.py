"""The mechanism beside the lanes: it follows the selection and leads it, plays and stops."""

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
    whose = page.locator("select.mech-agents")
    whose.select_option("refiner")
    expect(page.locator(".mech-count")).to_have_text("step 1 of 8")
    page.locator(".mech-next").click()
    expect(page.locator(".lab-moment-name")).to_contain_text("refiner, latent step 2")
    page.locator(".dot").nth(4).click()
    expect(whose).to_have_value("planner")
    expect(page.locator(".mech-count")).to_have_text("step 5 of 8")


def test_it_plays_when_seen_and_can_be_paused(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    expect(page.locator(".mech-play")).to_contain_text("Pause")
    expect(page.locator(".mech-play")).to_contain_text("Play")
    expect(page.locator(".mech-count")).to_have_text("step 6 of 8")
    expect(page.locator(".mech")).to_have_attribute("data-phase", "3")
    page.locator(".mech-play").focus()
    page.keyboard.press("Space")
    expect(page.locator(".mech-count")).to_have_text("step 7 of 8")
    page.keyboard.press("Space")
    expect(page.locator(".mech")).to_have_attribute("data-phase", "3")
    expect(page.locator(".mech-play")).to_contain_text("Play")


def test_it_ends_where_the_next_record_has_no_latent_steps(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    expect(page.locator(".mech-play")).to_contain_text("Pause")
    expect(page.locator(".mech-count")).to_have_text("step 2 of 8")
    page.locator(".lab-rail-item[data-record='routed']").click()
    expect(page.locator(".routed-list").first).to_be_visible()
    expect(page.locator(".mech")).to_have_count(0)


def test_it_stands_beside_the_lanes_and_below_them_on_a_phone(open_page: Open) -> None:
    page = open_page("?record=demo-record", reduced_motion="reduce")
    whole = page.locator(".mech")
    expect(whole).to_be_in_viewport(ratio=1)
    expect(page.locator(".mech-cell.lost")).to_be_hidden()
    page.locator(".mech-unfold").click()
    expect(page.locator(".mech-cell.lost")).to_be_visible()
    page.get_by_role("tab", name="Map").click()
    expect(whole).to_be_hidden()
    page.get_by_role("tab", name="Side by side").click()
    expect(whole).to_be_visible()
    page.get_by_label("Projector mode").click()
    expect(whole).to_be_visible()
    expect(page.locator("#lab-rail")).to_be_hidden()
    page.get_by_label("Projector mode").click()
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".next-step").click()
    expect(whole).to_be_in_viewport()


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
    page.locator(".lab-rail-item[data-record=demo-record]").click()
    expect(page.locator(".mech h3")).to_contain_text("不选词")
