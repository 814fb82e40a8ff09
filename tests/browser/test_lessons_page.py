"""Lessons in a real browser: predict, see, go on, come back, look behind."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lab.lessons import find_lesson
from lab.panels.drafts.claim_cards import find_card
from lab.ui.frame.address import parse
from lab.words import say, shown

pytestmark = pytest.mark.browser


def test_a_scene_is_predicted_shown_and_found_again(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("?tab=lessons&lesson.name=why&lesson.scene=3")
    card = page.locator(".lesson-card")
    expect(card.locator("[data-name=predict]")).to_be_disabled()
    expect(card.locator(".lesson-figure")).to_have_count(0)
    card.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    card.locator("[data-name=predict]").click()
    expect(card.locator(".lesson-told")).to_contain_text("You predicted 0 %; measured: 2.5 %.")
    expect(card.locator(".lesson-row")).to_have_count(4)  # floor, measured, ceiling, axis
    page.locator("[data-name=next]").click()
    expect(page).to_have_url(re.compile(r"lesson\.scene=4"))
    page.go_back()
    expect(card.locator(".lesson-told")).to_contain_text("You predicted 0 %")
    page.locator("[data-name=full]").click()
    expect(page.locator("#lab-header")).to_be_hidden()
    card.locator("[data-name=look]").click()
    expect(page.locator("#break-stage")).to_be_visible()
    expect(page.locator("#lab-header")).to_be_visible()


def test_every_scene_of_the_last_lesson_leads_to_its_figure(
    open_page: Callable[..., Page],
) -> None:
    """What is open leads to a figure that the class can change and measure."""
    page = open_page("?tab=lessons&lesson.name=open")
    card = page.locator(".lesson-card")
    for number, scene in enumerate(find_lesson("open").scenes, start=1):
        ask = shown(say(f"lesson.open.{scene.name}.ask"), "en").partition("{")[0]
        page.get_by_role("button", name=re.compile(rf"^Scene {number}\b")).click()
        expect(card).to_contain_text(ask)
        if scene.predict.kind == "rate":
            card.locator("input[type=range]").focus()
            page.keyboard.press("Home")
            card.locator("[data-name=predict]").click()
        else:
            card.locator(".lesson-choices button").first.click()
        card.locator("[data-name=look]").click()
        address = parse(scene.address).address
        if address.claim:
            title = shown(find_card(address.claim).title, "en")
            expect(page.locator(".claim-card[aria-pressed=true] .claim-title")).to_have_text(title)
            figure, measure = page.locator("#drafts-figure"), page.locator("#drafts-run")
            expect(figure).to_contain_text(f"{scene.experiment.split('-')[0]}: n =")
        else:
            figure, measure = page.locator("#break-figure"), page.locator("#break-measure-card")
            expect(page.locator(".card-tab.on .card-no")).to_have_text(str(address.break_it.card))
        expect(figure.locator(".main-svg").first).to_be_visible()
        expect(measure).to_be_enabled()
        page.get_by_role("tab", name="Lessons").click()
