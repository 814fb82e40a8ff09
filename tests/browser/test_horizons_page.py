"""The horizons' figures and cards as somebody sees them: nothing overlaps, is cut off or cannot be
read, on a phone and on a wide screen; a measurement asked for in Chinese is told in Chinese.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from plotly.colors import sample_colorscale

from lab.panels.style import SEQUENTIAL, contrast
from tests.conftest import PATIENCE_MS

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 800}
READABLE = 4.5
CLAIMS = ("least_alike", "norms_notice", "wide_or_deep", "nudge", "routing", "distill")
PLACES = """plot => {
  const box = plot.getBoundingClientRect();
  const texts = (part) => [...plot.querySelectorAll(part)]
    .filter((text) => text.textContent.trim())
    .map((text) => text.getBoundingClientRect());
  const titles = texts('[class^=g-x][class$=title] text');
  return {
    height: box.height,
    left: Math.min(...texts('text').map((text) => text.left - box.left)),
    right: Math.max(...texts('text').map((text) => text.right - box.right)),
    axis: Math.max(...titles.map((title) => title.bottom - box.top)),
    legend: plot.querySelector('.legend .bg')?.getBoundingClientRect().top - box.top,
  };
}"""


def figure_of(page: Page) -> Locator:
    """The figure of the open claim, drawn and laid out."""
    plot = page.locator("#drafts-figure .js-plotly-plot")
    expect(plot.locator(".main-svg").first).to_be_visible()
    page.wait_for_function(
        """() => {
          const { meta, _size: size } =
            document.querySelector('#drafts-figure .js-plotly-plot')?._fullLayout ?? {};
          return size && (!meta?.inner || Math.abs(size.h - meta.inner) < 2);
        }"""
    )
    return plot


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_legend_follows_its_axis_on_a_phone(open_page: Open, claim: str) -> None:
    page = open_page(f"?tab=drafts&claim={claim}", viewport=PHONE)
    found = figure_of(page).evaluate(PLACES)
    assert -1 <= found["legend"] - found["axis"] <= 30, found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("claim", ["kvmoa", "gain"])
def test_bars_with_long_names_fit_a_phone(open_page: Open, claim: str, language: str) -> None:
    page = open_page(f"?tab=drafts&claim={claim}&lang={language}", viewport=PHONE)
    found = figure_of(page).evaluate(PLACES)
    assert found["left"] >= -1 and found["right"] <= 1, found
    assert found["axis"] <= found["height"] and found["legend"] >= found["axis"] - 1, found


def test_numbers_in_the_cells_of_the_plane_can_be_read(open_page: Open) -> None:
    page = open_page("?tab=drafts&claim=wide_or_deep")
    cells = figure_of(page).locator(".heatmap-label text")
    expect(cells.first).to_be_visible()
    drawn = cells.evaluate_all(
        "all => all.map((one) => [one.textContent, getComputedStyle(one).fill])"
    )
    assert len(drawn) > 100
    for text, ink in drawn:
        [ground] = sample_colorscale(SEQUENTIAL, float(text) / 100)
        assert contrast(_hex(ink), _hex(ground)) >= READABLE, (text, ink, ground)


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
@pytest.mark.parametrize("number", [4, 8, 9])
def test_tracks_of_a_constraint_card_line_up(
    open_page: Open, number: int, viewport: dict[str, int]
) -> None:
    page = open_page(f"?tab=break&break.card={number}", viewport=viewport)
    tracks = page.locator(".card-open .card-meter")
    expect(tracks.first).to_be_visible()
    boxes = tracks.evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect()).map((box) => [box.left, box.right])"
    )
    assert len(boxes) > 3
    for side in zip(*boxes, strict=True):
        assert max(side) - min(side) < 0.5, boxes


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("break.figure=plane", "#break-figure .main-svg"),
        ("break.card=9", "#break-cards .card-open"),
    ],
)
def test_who_comes_by_a_link_to_a_figure_or_a_card_sees_it(
    open_page: Open, address: str, place: str
) -> None:
    page = open_page(f"?tab=break&{address}", viewport=WIDE)
    expect(page.locator(place).first).to_be_in_viewport(ratio=0.3)
    page.mouse.move(640, 400)
    page.mouse.wheel(0, -4000)  # whoever acts goes where they like
    expect(page.locator("#break-stage")).to_be_in_viewport()


def test_what_a_constraint_card_counts_stays_in_it_on_a_phone(open_page: Open) -> None:
    page = open_page("?tab=break", viewport=PHONE)
    cards = page.locator(".card-tab")
    expect(cards).to_have_count(9)
    wide = cards.evaluate_all("all => all.map((one) => [one.scrollWidth, one.clientWidth])")
    assert all(inner <= outer for inner, outer in wide), wide


def test_what_crosses_side_by_side_does_not_run_into_each_other(open_page: Open) -> None:
    page = open_page("?record=routed")
    expect(page.locator(".ribbon-label.centred").first).to_be_visible()
    rows = page.locator(".ribbons").evaluate_all(
        """all => all.map((row) => [...row.querySelectorAll('.ribbon-label.centred')]
          .map((label) => label.getBoundingClientRect())
          .map((box) => [box.left, box.right]).sort((a, b) => a[0] - b[0]))"""
    )
    assert max(len(row) for row in rows) >= 3
    for row in rows:
        for (_, end), (start, _) in pairwise(row):
            assert end <= start + 1, row


def test_a_measurement_is_told_in_chinese_until_its_end(open_page: Open) -> None:
    page = open_page("?tab=drafts&claim=verify&lang=zh")
    figure, status = page.locator("#drafts-figure"), page.locator("#drafts-status")
    expect(figure.locator(".main-svg").first).to_be_visible()
    field = page.locator("#drafts-n input[type=number]")
    field.fill("20")
    field.press("Tab")
    page.evaluate(
        """() => {
          const status = document.querySelector('#drafts-status');
          window.told = [];
          new MutationObserver(() => window.told.push(status.innerText)).observe(status, {
            subtree: true,
            childList: true,
            characterData: true,
          });
        }"""
    )
    page.locator("#drafts-run").click()
    expect(status).to_contain_text("刚刚测量完毕，n = 20", timeout=2 * PATIENCE_MS)
    expect(figure).to_contain_text("n = 20,")
    told: list[str] = page.evaluate("() => window.told")
    working = [text for text in told if "%" in text]
    assert not [text for text in working if "drafts" in text or " of " in text], working


def _hex(color: Any) -> str:
    """``rgb(r, g, b)`` as ``#rrggbb``."""
    parts = [round(float(part)) for part in color[4:-1].split(",")]
    return "#{:02x}{:02x}{:02x}".format(*parts)
