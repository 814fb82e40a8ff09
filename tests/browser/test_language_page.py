"""The page in Chinese, and the glossary's tooltips."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_what_python_says_is_shown_in_chinese_and_back(open_page: Open) -> None:
    page = open_page()
    size = page.locator("#lanes .strip-size").first
    expect(size).to_contain_text("positions")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("tab", name="并排对比").first).to_be_visible()
    expect(size).to_contain_text("位置")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(size).to_contain_text("positions")


def test_a_term_is_explained_on_focus(open_page: Open) -> None:
    page = open_page("?tab=map")
    term = page.locator("#lab-main .lab-term").filter(visible=True).first
    term.focus()
    expect(page.locator("#lab-tip")).to_be_visible()
    assert page.locator("#lab-tip span").inner_text().endswith(".")
    page.keyboard.press("Escape")
    expect(page.locator("#lab-tip")).to_be_hidden()
