"""The page in Chinese, and the glossary's tooltips."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
MARKED = {"agent", "cosine"}


def test_what_python_says_is_shown_in_chinese_and_back(open_page: Open) -> None:
    page = open_page()
    size = page.locator("#lanes .ribbon-label").nth(1)
    expect(size).to_contain_text("positions")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("tab", name="并排对比").first).to_be_visible()
    expect(size).to_contain_text("位置")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(size).to_contain_text("positions")


def test_a_term_is_explained_on_focus(open_page: Open) -> None:
    page = open_page("?tab=map")
    expect(page.locator("#map-plot .main-svg").first).to_be_visible()  # what it says stays now
    term = page.locator("#lab-main .lab-term").filter(visible=True).first
    term.focus()
    expect(page.locator("#lab-tip")).to_be_visible()
    assert page.locator("#lab-tip span").inner_text().endswith(".")
    page.keyboard.press("Escape")
    expect(page.locator("#lab-tip")).to_be_hidden()
    # the label of a control is a term as a whole, and a tap explains it
    label = page.locator("#tab-map span[data-testid=block-info].lab-term").first
    label.click()
    expect(page.locator("#lab-tip")).to_be_visible()
    # each term is one stop of the Tab key in its tab, however often it is marked
    stops = page.locator("#tab-map .lab-term[tabindex='0']").all_inner_texts()
    names = [text.lower().removesuffix("s") for text in stops]
    assert len(names) > 1 and len(names) == len(set(names))
    marked = page.locator("[lang]:not(html) .lab-term, button .lab-term, .dot .lab-term")
    expect(marked).to_have_count(0)
    assert {text.lower() for text in page.locator(".lab-term").all_inner_texts()} >= MARKED


def test_numbers_are_simple_or_exact_and_linked(open_page: Open) -> None:
    page = open_page("?record=side-by-side&point=120")
    card = page.locator(".lab-moment")
    expect(card).to_contain_text("> 99.9 %")
    expect(card).to_contain_text("< 0.001 nats")
    expect(page.locator(".lane:has(.dial) .lane-rate")).to_contain_text("n = 96")
    switch = page.get_by_role("button", name="Exact numbers")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(card).to_contain_text(re.compile(r"\d\.\d{3,4}e−\d+ nats"))
    expect(card).not_to_contain_text("< 0.1 %")
    page.wait_for_function("location.search.includes('numbers=exact')")
    page.get_by_role("tab", name="Drafts").click()
    text = page.locator("#drafts-cards").get_by_text("±").first
    expect(text).to_have_text(re.compile(r"^[01](\.\d+)? ± 0\.\d{3,}$"))
    switch.click()
    expect(text).to_contain_text(re.compile(r"^\d+(\.\d)? ± \d+(\.\d)? %"))
