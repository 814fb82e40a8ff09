"""Lessons in a real browser: predict, see, go on, come back, look behind."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

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
