"""“Break it” in a real browser: three answers, a click on a layer, a prediction, bars that fill in,
a stop.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def at_the_stage(open_page: Open) -> Page:
    page = open_page("?tab=break")
    page.get_by_role("tab", name="Break it").click()
    expect(page.locator("#break-stage .stage-layer").first).to_be_visible()
    return page


def test_three_answers_and_a_layer_by_keyboard(open_page: Open) -> None:
    page = at_the_stage(open_page)
    problem = page.locator(".stage-problem")
    expect(problem).to_contain_text("How many coins")
    asked = problem.inner_text()
    page.locator("#break-try").click()
    expect(page.locator(".stage-said")).to_have_count(3)
    assert problem.inner_text() == asked
    expect(page.locator(".stage-word").first).to_be_visible()
    expect(page.locator(".stage-rate")).to_have_count(3)
    expect(page.locator(".stage-answer.correct .stage-rate")).to_contain_text(
        "of 40 problems right"
    )
    page.get_by_role("radio", name="thoughts").check()
    layer = page.locator("#break-stage .stage-layer").nth(2)
    layer.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#break-stage .stage-layer.on").first).to_be_visible()


def test_a_prediction_comes_before_the_reveal(open_page: Open) -> None:
    page = at_the_stage(open_page)
    expect(page.locator("#break-figure .main-svg").first).to_be_visible()
    page.get_by_label("Predict first").check()
    expect(page.locator("#break-figure")).to_be_hidden()
    expect(page.locator("#break-cards")).to_be_hidden()
    page.locator("#break-try").click()
    expect(page.locator(".stage-answer.this .stage-said")).to_have_text("?")
    guesses = page.locator("#break-guess input")
    expect(guesses).to_have_count(3)
    assert not any(one.is_checked() for one in guesses.all())
    expect(page.locator("#break-reveal")).to_be_disabled()
    page.get_by_role("radio", name="by chance").check()
    page.locator("#break-reveal").click()
    expect(page.locator("#break-figure .main-svg").first).to_be_visible()
    expect(page.locator(".stage-answer.this .stage-said")).not_to_have_text("?")
    told = page.locator("#break-status")
    expect(told).to_contain_text("You said “by chance”. That does not hold. Measured over 40")


def test_a_prediction_made_before_its_hand_over_stands_and_not_for_another_one(
    open_page: Open,
) -> None:
    page = open_page("?tab=break", viewport={"width": 390, "height": 844}, has_touch=True)
    expect(page.locator("#break-stage .stage-layer").first).to_be_visible()
    page.get_by_label("Predict first").check()
    wrong = page.get_by_role("radio", name="wrong")
    button = page.locator("#break-guess label").filter(has=wrong).bounding_box()
    assert button and button["height"] >= 44 and button["width"] >= 80
    wrong.tap()
    page.locator("#break-try").click()
    expect(page.locator(".stage-answer.this .stage-said")).to_have_text("?")
    expect(page.locator("#break-reveal")).to_be_enabled()
    expect(wrong).to_be_checked()
    page.locator("#break-demo-weights").click()
    expect(page.locator("#break-reveal")).to_be_disabled()
    expect(wrong).not_to_be_checked()


def test_on_a_phone_the_answers_come_into_view(open_page: Open) -> None:
    page = open_page("?tab=break", viewport={"width": 390, "height": 844}, has_touch=True)
    this = page.locator(".stage-answer.this")
    expect(this).not_to_be_in_viewport()
    page.locator("#break-demo-weights").tap()
    expect(this.locator(".stage-rate")).to_be_in_viewport()
    expect(this.locator(".stage-said")).to_be_in_viewport()


def test_a_new_question_takes_the_verdict_on_the_last_guess_away(open_page: Open) -> None:
    page = at_the_stage(open_page)
    page.get_by_label("Predict first").check()
    page.locator("#break-try").click()
    page.get_by_role("radio", name="right", exact=True).check()
    page.locator("#break-reveal").click()
    status = page.locator("#break-status")
    expect(status).to_contain_text("You said “right”")
    page.locator("#break-demo-weights").click()
    expect(page.locator(".stage-answer.this .stage-said")).to_have_text("?")
    expect(status).not_to_contain_text("You said")


def test_a_figure_chosen_at_once_stays_and_lies_over_nothing(open_page: Open) -> None:
    page = open_page("?tab=break")
    page.get_by_role("radio", name="layers").check()
    expect(page.locator("#break-figure .heatmaplayer").first).to_be_attached()
    expect(page.locator(".card-tab").first).to_be_visible()
    page.locator(".card-tab").nth(2).click()
    expect(page.locator(".card-rule")).to_be_visible()
    expect(page.get_by_role("radio", name="layers")).to_be_checked()
    expect(page.locator("#break-figure .heatmaplayer").first).to_be_attached()
    drawn = page.locator("#break-figure .main-svg").first.bounding_box()
    caption = page.locator("#break-figure .lab-caption").bounding_box()
    assert drawn and caption and drawn["y"] + drawn["height"] <= caption["y"] + 1


def test_cards_open_and_bars_fill_in_until_they_are_stopped(open_page: Open) -> None:
    page = at_the_stage(open_page)
    page.locator(".card-tab").nth(6).click()
    expect(page.locator(".card-rule")).to_contain_text("Keys must stand")
    expect(page.locator(".card-line").first).to_be_in_viewport()
    page.get_by_role("spinbutton", name="problems").fill("2000")  # half a minute at the least
    page.locator("#break-measure").click()
    expect(page.locator("#break-status")).to_contain_text("%")
    expect(page.locator("#break-figure .main-svg").first).to_be_visible()
    page.locator("#break-stop").click()
    expect(page.locator("#break-status")).to_contain_text("are finished and kept")


def test_a_measurement_ends_with_what_it_found_beside_its_controls(open_page: Open) -> None:
    page = at_the_stage(open_page)
    page.get_by_role("spinbutton", name="problems").fill("20")
    page.locator("#break-measure").click()
    told = page.locator("#break-status")
    expect(told).to_contain_text("Measured over 20 problems")
    expect(told).to_contain_text(
        re.compile(r"this hand-over \d+ ± \d+ %, the correct one \d+ ± \d+ %, no hand-over")
    )
    expect(told).to_be_in_viewport()


def test_records_and_this_moment_stay_in_view_on_a_long_page(open_page: Open) -> None:
    page = at_the_stage(open_page)
    expect(page.locator(".card-tab").first).to_be_visible()
    page.wait_for_function("document.documentElement.scrollHeight > window.innerHeight + 400")
    page.evaluate("window.scrollTo(0, 400)")
    page.wait_for_function("window.scrollY > 300")
    for name in ("#lab-rail", "#lab-side", "#lab-header"):
        top = page.locator(name).evaluate("e => e.getBoundingClientRect().top")
        assert 0 <= top < 60, f"{name} scrolled away to {top}"


def test_panels_of_a_figure_stand_under_each_other_on_a_phone(open_page: Open) -> None:
    page = open_page("?tab=break&break.figure=forks", viewport={"width": 390, "height": 800})
    expect(page.locator("#break-figure .g-x3title")).to_be_attached()
    panels = page.locator("#break-figure .subplot .gridlayer")
    tops = [box["y"] for box in (one.bounding_box() for one in panels.all()) if box]
    assert len(tops) == 3 and tops == sorted(tops) and tops[2] - tops[0] > 400
