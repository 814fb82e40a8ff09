"""The dial of latent steps on its lane: answer, rate and hand-over follow the thumb at once; what
is missing is measured live."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_side_by_side_page import run
from tests.conftest import PATIENCE_MS

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 2 * PATIENCE_MS
"""A whole sweep is measured meanwhile."""

MOVES = """() => {
  const input = document.querySelector('.dial-m');
  const told = new Set();
  for (let m = 0; m <= 40; m += 1) {
    input.value = String(m);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    const lane = document.querySelector('.lane:has(.dial)');
    told.add(input.getAttribute('aria-valuetext') + lane.querySelector('.lane-rate').textContent);
  }
  return told.size;
}"""
"""Every m in turn, without a pause: how many texts there were."""


LANE = ".lane:has(.dial)"
WIDTH = """() => {
  const arrow = document.querySelector('.lane:has(.dial) .ribbons svg');
  const widths = [...arrow.querySelectorAll('path[stroke-width]')];
  return arrow.getScreenCTM().a
    * widths.reduce((sum, path) => sum + Number(path.getAttribute('stroke-width')), 0);
}"""
"""How wide the arrow of what is handed over is, in pixels."""


def test_answer_and_rate_follow_the_thumb_at_once(open_page: Open) -> None:
    page = open_page("?record=side-by-side")
    lane = page.locator(LANE)
    expect(page.locator(".dial-at")).to_contain_text("m = 40")
    expect(page.locator(".dial-at")).to_contain_text("as run")
    expect(lane.locator(".lane-answer .right")).to_be_visible()
    page.locator(".dial-m").focus()
    page.keyboard.press("Home")
    expect(page.locator(".dial-at")).to_contain_text("m = 0")
    expect(page.locator(".dial-at")).to_contain_text("the run took 40")
    expect(lane.locator(".lane-answer .wrong")).to_be_visible()
    expect(lane.locator(".lane-rate")).to_contain_text("n = 96")
    expect(page.locator(".dial-bound")).to_have_count(2)
    assert "m = 0" in str(page.locator(".dial-m").get_attribute("aria-valuetext"))
    assert page.evaluate(MOVES) == 41


def test_the_lane_shows_what_is_handed_over_after_so_many_steps(open_page: Open) -> None:
    """Steps that are not taken step back, and so does a later agent: the record holds what it did
    with the whole memory. At the run's own number everything is as recorded."""
    page = open_page()
    lane = page.locator(LANE)
    expect(lane.locator("h3")).to_have_text("In hidden states")
    recorded = lane.inner_text()
    hand = lane.locator(".ribbon-label")
    expect(hand).to_contain_text("91 positions")
    whole = page.evaluate(WIDTH)
    thumb = page.locator(".dial-m")
    thumb.fill("5")
    expect(hand).to_contain_text("56 positions")
    assert page.evaluate(WIDTH) == pytest.approx(whole * 56 / 91)
    expect(lane.locator("header > .lab-note")).to_contain_text("of 5 thoughts")
    expect(lane.locator(".dot.beyond")).to_have_count(35)
    expect(lane.locator(".lane-answer .wrong")).to_be_visible()
    opacity = "e => Number(getComputedStyle(e).opacity)"
    cards = lane.locator(".stage")
    assert cards.nth(0).evaluate(opacity) == 1
    assert cards.nth(1).evaluate(opacity) < 0.5
    thumb.fill("40")
    expect(lane.locator(".dot.beyond")).to_have_count(0)
    assert lane.inner_text() == recorded
    page.locator(".replay input[type=range]").fill("4")
    expect(lane.locator(".lane-dial")).to_have_attribute("inert", "")


def test_the_thumb_stands_under_its_place_on_the_curve(open_page: Open) -> None:
    page = open_page("?record=side-by-side")
    expect(page.locator(".dial-dot")).to_be_visible()
    for key, end in (("Home", "left"), ("End", "right")):
        page.locator(".dial-m").press(key)
        places = page.evaluate(
            """end => {
              const box = (name) => document.querySelector(name).getBoundingClientRect();
              const track = box('.dial-m'), dot = box('.dial-dot');
              const thumb = end === 'left' ? track.left + 10 : track.right - 10;
              return [thumb, (dot.left + dot.right) / 2];
            }""",
            end,
        )
        assert abs(places[0] - places[1]) < 2


def test_an_own_run_is_measured_when_its_dial_is_turned(open_page: Open) -> None:
    page = open_page("?record=side-by-side")
    page.locator("#button-new").click()
    expect(page.locator(".lanes-foot")).to_contain_text("Press Run")
    run(page, lanes=2)
    answer = page.locator(f"{LANE} .lane-answer strong")
    expect(answer).not_to_have_text("?")
    expect(page.locator(f"{LANE} .lane-rate")).to_contain_text("n = 96")
    page.locator(".dial-m").press("ArrowLeft")
    expect(page.locator(".dial-told button")).to_have_count(0)
    expect(answer).not_to_have_text("?", timeout=LONG)
    expect(page.locator(".dial-mark.unknown")).to_have_count(0)
    expect(page.locator(".dial-told button")).to_have_count(0)


def test_a_model_that_is_not_here_is_one_sentence_and_the_dial_stays(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    expect(page.locator(".dial-rate")).to_have_text("rate not measured yet")
    page.locator(".dial-told button").click()
    expect(page.locator(".dial-progress")).to_contain_text("toy-a")
    expect(page.locator(".dial-told button")).to_be_visible()
    expect(page.locator(".dial-mark.unknown")).to_have_count(41)
