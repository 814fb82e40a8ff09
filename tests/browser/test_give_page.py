"""A thought is dragged onto another agent's card, or given by keyboard: what that agent says stands
beside what it says without it and with random numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
IDLE, TAKER = ".lane:nth-of-type(2)", ".lane:nth-of-type(3)"


def drag(page: Page, step: int, *, drop: bool = True) -> None:
    """From the lane that thinks to the last agent of the one that is handed nothing."""
    dot = page.locator(IDLE).locator(f".dot[data-step='{step}']")
    start = dot.bounding_box()
    card = page.locator(TAKER).locator(".agent").last.bounding_box()
    assert start and card
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + 6)
    page.mouse.down()
    page.mouse.move(card["x"] + card["width"] / 2, card["y"] + card["height"] / 2, steps=5)
    expect(page.locator(".agent.taking")).to_have_count(1)
    expect(page.locator(".dot-ghost")).to_be_visible()
    if not drop:
        page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".dot-ghost, .agent.taking")).to_have_count(0)


def test_a_thought_dragged_onto_a_card_is_answered_beside_its_controls(open_page: Open) -> None:
    page = open_page()
    panel = page.locator(".lanes-given")
    drag(page, 16, drop=False)
    expect(panel).to_be_hidden()
    drag(page, 16)
    rows = panel.locator("tbody tr")
    expect(rows).to_have_count(5)
    expect(panel.locator("h3")).to_contain_text("Thought 16 of solver")
    expect(panel.locator(".given-nothing")).to_contain_text(
        page.locator(TAKER).locator(".lane-answer strong").inner_text()
    )
    expect(panel.locator(".given-thoughts .right")).to_be_visible()
    expect(panel.locator(".given-randoms .wrong")).to_be_visible()
    expect(panel.locator("tbody td:last-child")).to_contain_text(["nats"] * 5)
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


def test_by_keyboard_a_thought_goes_back_to_its_own_place_and_changes_nothing(
    open_page: Open,
) -> None:
    page = open_page()
    dot = page.locator(IDLE).locator(".dot[data-step='2']")
    dot.focus()
    page.keyboard.press("Enter")
    menu = page.locator(IDLE).get_by_label("to whom it is given")
    expect(menu).to_be_visible()
    menu.focus()
    menu.select_option("latentmas|solver")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    panel = page.locator(".lanes-given")
    expect(panel.locator("tbody tr")).to_have_count(5)
    cells = panel.locator("tbody tr").all()
    nothing, thought, random, thoughts, _ = (row.locator("td").last.inner_text() for row in cells)
    assert nothing == thought == thoughts != random
    expect(panel).to_contain_text("takes the place of solver's own thought 2")


def test_another_models_thought_is_told_as_one(open_page: Open) -> None:
    page = open_page()
    page.locator(".lane").last.locator(".dot[data-step='2']").click()
    offer = page.locator(".agent-give:not([hidden])")
    offer.locator("select").select_option("latentmas-2|judger")
    offer.get_by_role("button", name="Give").click()
    panel = page.locator(".lanes-given")
    expect(panel.locator("tbody tr")).to_have_count(5)
    expect(panel).to_contain_text("pocket-reseed is another model than pocket-base")


def test_what_was_given_is_in_the_address_and_asked_again_in_another_browser(
    open_page: Open,
) -> None:
    page = open_page()
    drag(page, 16)
    answers = page.locator(".lanes-given tbody td:first-of-type")
    expect(answers).to_have_count(5)
    page.wait_for_function("location.search.includes('given.to_agent=judger')")
    other = open_page(page.url[page.url.index("?") :])
    same = other.locator(".lanes-given tbody td:first-of-type")
    expect(same).to_have_text(answers.all_inner_texts())
    expect(other.locator(".lanes-given h3")).to_have_text(
        page.locator(".lanes-given h3").inner_text()
    )
    other.locator(".lanes-given").get_by_role("button", name="Close").click()
    other.wait_for_function("!location.search.includes('given.')")
    other.go_back()
    expect(same).to_have_count(5)
    page = open_page("?record=relay&given.lane=latentmas&given.agent=solver&given.step=900")
    expect(page.locator(".lab-ignored")).to_contain_text("given.step")
    expect(page.locator(".lanes-given")).to_be_hidden()
