"""The dial of latent steps: answer and rate follow the thumb at once; what is missing is measured
live."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_side_by_side_page import run

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
SLOW = 240_000

MOVES = """() => {
  const input = document.querySelector('.dial-m');
  const told = new Set(), times = [];
  for (let m = 0; m <= 40; m += 1) {
    const begun = performance.now();
    input.value = String(m);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    document.querySelector('.dial').getBoundingClientRect();
    times.push(performance.now() - begun);
    told.add(document.querySelector('.dial-read').textContent);
  }
  times.sort((a, b) => a - b);
  return { told: told.size, median: times[20] };
}"""
"""Every m in turn, with the layout that follows; how many texts there were, and milliseconds."""


def test_answer_and_rate_follow_the_thumb_at_once(open_page: Open) -> None:
    page = open_page("?record=side-by-side")
    expect(page.locator(".dial-at")).to_contain_text("m = 40")
    expect(page.locator(".dial-at")).to_contain_text("this run")
    expect(page.locator(".dial-answer .good")).to_be_visible()
    page.locator(".dial-m").focus()
    page.keyboard.press("Home")
    expect(page.locator(".dial-at")).to_have_text("m = 0")
    expect(page.locator(".dial-answer .bad")).to_be_visible()
    expect(page.locator(".dial-rate")).to_contain_text("of 96 problems")
    expect(page.locator(".dial-bound")).to_have_count(2)
    assert "m = 0" in str(page.locator(".dial-m").get_attribute("aria-valuetext"))
    moved = page.evaluate(MOVES)
    assert moved["told"] == 41
    assert moved["median"] < 100


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
    expect(page.locator(".dial-answer strong")).to_have_text("?")
    expect(page.locator(".dial-rate")).to_contain_text("of 96 problems")
    page.locator(".dial-m").press("ArrowLeft")
    expect(page.locator(".dial-answer strong")).not_to_have_text("?", timeout=SLOW)
    expect(page.locator(".dial-mark.unknown")).to_have_count(0)
    expect(page.locator(".dial-told button")).to_have_count(0)


def test_a_model_that_is_not_here_is_one_sentence_and_the_dial_stays(open_page: Open) -> None:
    page = open_page("?record=demo-record")
    expect(page.locator(".dial-rate")).to_have_text("rate not measured yet")
    page.locator(".dial-told button").click()
    expect(page.locator(".dial-progress")).to_contain_text("toy-a", timeout=SLOW)
    expect(page.locator(".dial-told button")).to_be_visible()
    expect(page.locator(".dial-mark.unknown")).to_have_count(41)
