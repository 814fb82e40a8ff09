"""Nothing lies over anything, nothing is cut off, and nothing is called by its raw name: every tab
as it is laid out at a desk, on a small laptop and on a phone."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.test_accessibility import DRAWN, show, tab
from tests.browser.test_chinese_page import SETTLED, UNFOLD
from tests.conftest import PATIENCE_MS

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
FIGURES = ("map", "lens", "memory", "break")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SIZES = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "laptop": {"viewport": {"width": 1024, "height": 768}},
    "phone": PHONE,
}
LAID = r"""() => {
  const bad = [];
  const turned = (node) => Math.abs(node.getScreenCTM()?.b ?? 0) > 0.01;
  for (const plot of document.querySelectorAll('.js-plotly-plot')) {
    if (!plot.checkVisibility()) continue;
    const name = plot.closest('.lab-frame')?.id;
    const texts = [...plot.querySelectorAll('text')]
      .filter((node) => node.textContent.trim() && !turned(node) && !node.closest('.textpoint'))
      .filter((node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      .map((node) => [node.textContent.trim(), node.getBoundingClientRect()])
      .filter(([, box]) => box.width > 1);
    const toolbar = plot.querySelector('.modebar'), title = plot.querySelector('.gtitle');
    if (toolbar && matchMedia('(pointer: coarse)').matches)
      texts.push(['the toolbar', toolbar.getBoundingClientRect()]);
    else if (toolbar && title) {
      const [bar, text] = [toolbar, title].map((node) => node.getBoundingClientRect());
      if (text.right > bar.left + 3 && text.bottom > bar.top + 4 && bar.bottom > text.top + 4)
        bad.push(`${name}: the toolbar on “${title.textContent}”`);
    }
    texts.forEach(([one, a], i) =>
      texts.slice(i + 1).forEach(([other, b]) => {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 3 && high > 4) bad.push(`${name}: “${one}” on “${other}”`);
      }));
  }
  return bad;
}"""
"""Words of a figure that lie over others (those on the map have a test of their own; turned ones
have boxes that are larger than they are)."""
CUT = r"""() => {
  const bad = [];
  for (const range of document.querySelectorAll('input[type=range]')) {
    const block = range.closest('.block');
    if (!block || !range.checkVisibility()) continue;
    const label = block.textContent.trim().slice(0, 30), frame = block.getBoundingClientRect();
    for (let node = range.parentElement; node !== block.parentElement; node = node.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(node).overflow)
        && (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1))
        bad.push(`${label}: ${node.className} scrolls`);
    for (const node of block.querySelectorAll('span, input, button')) {
      const box = node.getBoundingClientRect();
      if (box.width && (box.right > frame.right + 1 || box.left < frame.left - 1))
        bad.push(`${label}: ${node.tagName}.${node.className} is wider than its place`);
    }
  }
  return bad;
}"""
RAW = r"""() => {
  const found = new Set();
  const raw = new RegExp([/\b[a-z]+(?:_[a-z0-9]+)+\b/, /\b(?:None|undefined|NaN)\b/, /\[object/,
    /\b(?:said|js|choice)\.[a-z]/].map((one) => one.source).join('|'));
  for (const node of document.querySelectorAll('#lab-header *, #lab-body *')) {
    if (node.closest('script, style, code, pre, [lang]:not(html), .lab-near')) continue;
    if (!node.checkVisibility({ visibilityProperty: true })) continue;
    const own = [...node.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data);
    for (const name of ['title', 'aria-label', 'placeholder', 'data-title'])
      own.push(node.getAttribute(name) ?? '');
    if (node.matches('input[role=listbox], input[aria-haspopup]')) own.push(node.value);
    for (const text of own) if (raw.test(text)) found.add(text.trim().slice(0, 80));
  }
  return [...found];
}"""
NAMED = re.compile(r"min_dist|lm_head|W_a|python -m lab|\b\w+\.json")
"""Symbols of papers and libraries, and commands, which are written so."""
SMALL = r"""() => [...document.querySelectorAll('#lab-header *, #lab-body *')]
  .filter((node) => [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()))
  .filter((node) => node.checkVisibility() && !node.closest('.js-plotly-plot, .lab-unseen'))
  .map((node) => [node, parseFloat(getComputedStyle(node).fontSize) * (
    node instanceof SVGGraphicsElement ? node.getScreenCTM().a : 1)])
  .filter(([, size]) => size < 11.5)
  .map(([node, size]) => `${node.tagName}.${node.getAttribute('class')} ${size.toFixed(1)} px`)"""


def settled(page: Page, look: str) -> list[str]:
    """What is wrong, after figures had time to be drawn."""
    with contextlib.suppress(TimeoutError):
        page.wait_for_function(f"() => ({look})().length === 0", timeout=PATIENCE_MS)
    return list(page.evaluate(look))


@pytest.mark.parametrize("size", SIZES)
def test_no_word_of_a_figure_lies_over_another_and_no_slider_is_cut(
    open_page: Open, size: str
) -> None:
    page = open_page("?record=relay", reduced_motion="reduce", **SIZES[size])
    bad = []
    for name in FIGURES:
        show(page, name)
        page.evaluate(UNFOLD, name)
        bad += [f"{name}: {one}" for look in (LAID, CUT) for one in settled(page, look)]
    assert not bad, "\n".join(dict.fromkeys(bad))


@pytest.mark.parametrize("size", ["desk", "laptop"])
@pytest.mark.parametrize("place", ["memory&memory.lane=moa", "drafts"])
def test_what_several_hand_over_and_titles_of_figures_have_room(
    open_page: Open, place: str, size: str
) -> None:
    page = open_page(f"?record=side-by-side&tab={place}", reduced_motion="reduce", **SIZES[size])
    drawn = "#memory-strip" if place.startswith("memory") else "#drafts-waiting"
    expect(page.locator(f"{drawn} .main-svg").first).to_be_visible()
    if drawn == "#memory-strip":
        told = page.locator(f"{drawn} .annotation-text", has_text="words")
        expect(told).to_have_count(3)
    page.evaluate(UNFOLD, place.partition("&")[0])
    assert not [one for look in (LAID, CUT) for one in settled(page, look)]


def test_no_letter_is_too_small_to_read(open_page: Open) -> None:
    page = open_page("?record=relay", reduced_motion="reduce")
    small = []
    for name in DRAWN:
        show(page, name)
        small += [f"{name}: {one}" for one in page.evaluate(SMALL)]
    assert not small, "\n".join(dict.fromkeys(small))


@pytest.mark.parametrize("record", ["relay", "side-by-side", "routed"])
def test_nothing_is_called_by_its_raw_name(open_page: Open, record: str) -> None:
    page = open_page(f"?record={record}", reduced_motion="reduce")
    tabs = list(DRAWN) if record == "relay" else ["side_by_side", "drafts"]
    raw = []
    for name in tabs:
        tab(page, name).click()
        place = page.locator(SETTLED.get(name, f"#tab-{name} h2")).first
        expect(place).to_be_visible()
        page.evaluate(UNFOLD, name)
        raw += [f"{name}: {one}" for one in page.evaluate(RAW) if not NAMED.search(one)]
    assert not raw, "\n".join(dict.fromkeys(raw))


@pytest.mark.parametrize("width", [390, 820])
def test_below_900_pixels_there_is_one_column_and_records_are_closed(
    open_page: Open, width: int
) -> None:
    page = open_page("?record=relay", viewport={"width": width, "height": 844})
    expect(page.locator("#lanes .dot").first).to_be_visible()
    expect(page.locator(".lab-rail details")).not_to_have_attribute("open", "")
    for rail in ("#lab-rail", "#lab-side"):
        expect(page.locator(rail)).to_have_css("position", "static")
    tops = [page.locator(part).bounding_box() for part in ("#lab-rail", "#lab-main", "#lab-side")]
    assert all(tops)
    edges = [(box["y"], box["y"] + box["height"]) for box in tops if box]
    assert edges[0][1] <= edges[1][0] + 1 and edges[1][1] <= edges[2][0] + 1
    page.evaluate("window.scrollTo(0, 900)")
    page.wait_for_function("window.scrollY > 500")
    rail = page.locator("#lab-rail").bounding_box()
    assert rail and rail["y"] + rail["height"] < 47
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_what_was_tapped_is_told_at_the_lower_edge(open_page: Open) -> None:
    page = open_page("?record=relay", reduced_motion="reduce", **PHONE)
    dot = page.locator("#lanes .dot:visible").first
    dot.tap()
    name = page.locator(".lab-moment-name")
    expect(name).to_be_in_viewport()
    expect(page.locator(".lab-moment-steps")).to_be_in_viewport()
    drawer = page.locator(".lab-moment-drawer")
    expect(drawer).to_have_attribute("aria-expanded", "true")
    drawer.tap()
    expect(drawer).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".lab-moment-steps")).to_be_hidden()
    expect(name).to_be_in_viewport()
    height = page.locator("#lab-side > :has(.lab-moment-name)").bounding_box()
    assert height and height["height"] < 100
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_finger_beside_a_word_means_the_nearest_one(open_page: Open) -> None:
    page = open_page("?record=relay", reduced_motion="reduce", **PHONE)
    word = page.locator("#lanes .agent-words .word[role=button]:visible").first
    word.scroll_into_view_if_needed()
    box = word.bounding_box()
    assert box and box["height"] < 30
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] + 4)
    expect(page.locator(".lab-moment-name")).to_contain_text("token 1")
    expect(word).to_have_class(re.compile(r"\blab-selected\b"))


SEEN = """
window.told = [];
new MutationObserver(() => {
  for (const one of document.querySelectorAll('.lab-empty')) window.told.push(one.textContent);
}).observe(document, { childList: true, subtree: true });
"""


def test_a_page_that_is_loading_does_not_say_that_nothing_is_open(open_page: Open) -> None:
    page = open_page(**PHONE)
    page.add_init_script(SEEN)
    page.reload()
    expect(page.locator("#lanes .lanes-ask")).to_be_visible()
    told = page.evaluate("window.told")
    assert any("Click a latent step" in text for text in told)
    assert not any("Nothing is open" in text for text in told)
