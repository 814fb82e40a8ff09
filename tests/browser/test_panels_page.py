"""Map, Lens and Memory in the real page: one selection everywhere, controls, sentences for bad
choices, export.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
RING = "(id) => document.querySelector(`#${id} .lab-plot`)?.data?.at(-1)?.marker?.symbol ?? ''"


def ring_in(page: Page, plot: str) -> None:
    """Wait until the chart shows the ring of the selected point."""
    page.wait_for_function(
        f"(id) => ({RING})(id).startsWith('circle-open') || ({RING})(id) === 'square-open'",
        arg=plot,
    )


def to_tab(page: Page, name: str, plot: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    page.locator(f"#{plot} .main-svg").first.wait_for()


def opened(open_page: Open, name: str, plot: str, query: str = "?record=demo-record") -> Page:
    page = open_page(query)
    to_tab(page, name, plot)
    return page


def test_a_cell_of_the_lens_is_selected_on_the_map_and_in_the_memory(open_page: Open) -> None:
    page = opened(open_page, "Lens", "lens-plot")
    area = page.locator("#lens-plot .nsewdrag").first
    page.wait_for_function(
        "() => document.querySelector('#lens-plot .lab-plot')?._fullLayout?._modeBar"
    )
    area.click(position={"x": 40, "y": 40})
    card = page.locator(".lab-moment-name")
    expect(card).to_contain_text("planner, latent step 1")
    ring_in(page, "lens-plot")
    page.wait_for_url("**point=*")
    layer = page.locator(".lab-moment-steps span").inner_text().split()[-1]
    to_tab(page, "Map", "map-plot")
    ring_in(page, "map-plot")
    expect(page.locator("#map-plot .lab-caption")).to_contain_text(f"layer {layer}")
    to_tab(page, "Memory", "memory-strip")
    ring_in(page, "memory-strip")


def test_a_point_in_the_address_is_selected_and_the_card_walks(open_page: Open) -> None:
    page = opened(open_page, "Map", "map-plot", "?record=demo-record&point=62")
    expect(page.locator(".lab-moment-name")).to_contain_text("planner, latent step 1")
    ring_in(page, "map-plot")
    page.locator(".lab-moment-steps button").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".lab-moment-name")).to_contain_text("planner, latent step 2")
    ring_in(page, "map-plot")


def test_too_few_points_are_a_sentence_and_the_page_goes_on(open_page: Open) -> None:
    page = opened(open_page, "Map", "map-plot")
    page.get_by_role("button", name="More choices").click()
    page.get_by_label("Points (empty: all)").click()
    page.get_by_role("option", name="token", exact=True).click()
    page.get_by_label("Agents (empty: all)").click()
    page.get_by_role("option", name="judger", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_label("UMAP", exact=True).click()
    expect(page.locator("#map-plot .lab-error")).to_contain_text(
        "UMAP needs at least 15 distinct points, got 3",
    )
    page.get_by_label("PCA", exact=True).click()
    page.locator("#map-plot .main-svg").first.wait_for()


def test_one_page_and_one_zip_can_be_taken_along(open_page: Open) -> None:
    page = opened(open_page, "Map", "map-plot")
    page.get_by_text("Take the record with you").click()
    page.get_by_role("button", name="One zip").click()
    expect(page.locator("#map-export-notes")).to_contain_text("demo-record.zip")
    expect(page.locator("#map-files")).to_contain_text("demo-record")


def test_a_position_is_kept_and_found_again_after_a_reload(open_page: Open) -> None:
    page = opened(open_page, "Map", "map-plot", "?record=demo-record&point=0")
    card = page.locator(".lab-moment-name")
    expect(card).to_contain_text("☆")
    title = card.inner_text().removesuffix("☆").strip()
    card.get_by_role("button", name="keep this position").click()
    kept = page.locator(".lab-kept button")
    expect(kept).to_have_text([title])
    page.goto(page.url.split("?")[0] + "?record=demo-record&tab=map")
    expect(card).to_have_count(0)
    kept.click()
    expect(card).to_contain_text(title)
    ring_in(page, "map-plot")
    card.get_by_role("button", name="let this position go").click()
    expect(kept).to_have_count(0)
