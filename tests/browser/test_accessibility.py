"""The page by keyboard, by ear and on a phone: axe-core finds nothing serious on any tab, tabs move
by arrows, focus is seen, plots have a table, targets are large enough.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from lab.ui.tabs.order import ORDER as TABS

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
WIDTHS = (390, 820, 1280, 1920)
ORDER = tuple(TABS)
DEMO = "?record=demo-record"
SERIOUS = """async () => {
  const options = { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } };
  const { violations } = await axe.run(document, options);
  const bad = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
  return bad.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}"""
DRAWN = {name: f"#tab-{name} h2" for name in ORDER} | {
    "side_by_side": "#lanes .dot",
    "map": "#map-plot .main-svg",
    "lens": "#lens-plot .main-svg",
    "memory": "#memory-strip .main-svg",
    "drafts": "#drafts-cards button",
    "break": "#break-figure .main-svg",
    "lessons": ".lesson-card",
    "models": ".lab-widget[data-module='family.js'] h3",
}
"""What stands on a tab when it is drawn; of one that says nothing here, its heading."""
FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const where = at.dataset.tabId || at.id || `${at.tagName}.${at.className} ${at.textContent}`;
  return [where.slice(0, 60), style.outlineStyle, style.outlineWidth];
}"""
LOST = """async () => {
  const lost = [];
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const named = 'button, summary, select, input, [tabindex="0"]';
  const all = () => [...document.querySelectorAll(`.lab-widget :is(${named})`)]
    .filter((node) => node.checkVisibility() && !node.disabled);
  const count = all().length;
  for (let place = 0; place < count; place += 1) {
    const node = all()[place];
    if (!node) continue;
    node.focus();
    if (document.activeElement !== node) continue;
    window.labBus.dispatchEvent(new CustomEvent('numbers', { detail: 'simple' }));
    for (let waited = 0; waited < 60 && document.activeElement === document.body; waited += 1)
      await frame(); // words are marked as terms a moment later
    const now = document.activeElement;
    if (now.tagName !== node.tagName || now.className !== node.className)
      lost.push(`${node.tagName}.${node.className} ${node.textContent.slice(0, 30)}`);
  }
  return [count, lost];
}"""
SMALL = """(least) => {
  const inside = `button${least > 24 ? ':not(.dot)' : ''}, summary, select, [role="tab"], a`;
  const buttonlike = (node) =>
    node.tagName !== 'A' || parseFloat(getComputedStyle(node).borderTopWidth) > 0;
  return [...document.querySelectorAll(inside)]
    .filter(buttonlike)
    .filter((node) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .map((node) => [node, node.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && Math.min(box.width, box.height) < least - 0.5)
    .map(([node, box]) => `${node.tagName}.${node.className} ${node.textContent.slice(0, 20)} `
      + `${box.width.toFixed(0)}x${box.height.toFixed(0)}`);
}"""


def tab(page: Page, name: str) -> Any:
    """The button of a tab."""
    return page.locator(f"#lab-tabs > .tab-wrapper [role=tab][data-tab-id={name}]")


def show(page: Page, name: str) -> None:
    """Bring a tab to front, and wait until it is drawn."""
    tab(page, name).click()
    expect(page.locator(DRAWN[name]).first).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_tab_at_any_width(open_page: Open, theme: str) -> None:
    page = open_page(f"?theme={theme}", reduced_motion="reduce")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for name in ORDER:
        show(page, name)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            found += [f"{name} {width}: {bad}" for bad in page.evaluate(SERIOUS)]
    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
    assert not found, "\n".join(found)


def test_axe_is_asked(open_page: Open) -> None:
    page = open_page(DEMO)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate("document.querySelector('#lab-main').append(document.createElement('button'))")
    assert any(bad.startswith("button-name") for bad in page.evaluate(SERIOUS))


@pytest.mark.parametrize("width", [390, 1280])
def test_every_tab_is_reached_by_arrows_and_has_a_heading(open_page: Open, width: int) -> None:
    page = open_page(DEMO, viewport={"width": width, "height": 800})
    expect(tab(page, ORDER[0])).to_have_attribute("tabindex", "0")
    expect(page.locator("#lab-tabs > .tab-wrapper [role=tab][tabindex='0']")).to_have_count(1)
    tab(page, ORDER[0]).focus()
    for name in (*ORDER[1:], ORDER[0]):
        page.keyboard.press("ArrowRight")
        expect(tab(page, name)).to_be_focused()
        expect(tab(page, name)).to_have_attribute("aria-selected", "true")
        expect(tab(page, name)).to_have_attribute("tabindex", "0")
        box = tab(page, name).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
        heading = page.locator(f"#tab-{name} h2").first
        expect(heading).to_have_text(tab(page, name).inner_text())
    page.keyboard.press("ArrowLeft")
    expect(tab(page, ORDER[-1])).to_be_focused()
    page.keyboard.press("Home")
    expect(tab(page, ORDER[0])).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(tab(page, ORDER[-1])).to_be_focused()


def test_headings_follow_the_language(open_page: Open) -> None:
    page = open_page(f"{DEMO}&lang=zh")
    show(page, "map")
    expect(page.locator("#tab-map h2").first).to_have_text(tab(page, "map").inner_text())
    expect(tab(page, "map")).not_to_have_text("Map")


def test_focus_is_seen_wherever_the_tab_key_leads(open_page: Open) -> None:
    page = open_page(DEMO, reduced_motion="reduce")
    expect(page.locator(".dot").first).to_be_visible()
    seen = set()
    for _ in range(45):
        page.keyboard.press("Tab")
        where, style, width = page.evaluate(FOCUS)
        assert (style, width) == ("solid", "2px"), where
        seen.add(where)
    assert {"side_by_side", "button-run", "button-replay"} <= seen


def test_who_has_the_focus_keeps_it_when_a_widget_is_drawn_anew(open_page: Open) -> None:
    page = open_page(DEMO, reduced_motion="reduce")
    expect(page.locator(".dot").first).to_be_visible()
    count, lost = page.evaluate(LOST)
    assert count > 20, lost
    assert not lost, "\n".join(lost)


def test_who_left_a_button_does_not_get_it_back(open_page: Open) -> None:
    page = open_page(DEMO, reduced_motion="reduce")
    expect(page.locator(".dot").first).to_be_visible()
    page.locator("#player button").first.focus()
    page.evaluate("document.activeElement.blur()")
    page.evaluate("document.querySelector('#player button').parentElement.replaceChildren()")
    assert page.evaluate("document.activeElement === document.body")


def test_a_plot_has_a_table_of_what_it_shows(open_page: Open) -> None:
    page = open_page(DEMO)
    show(page, "lens")
    drawing = page.locator("#lens-plot .main-svg").first
    expect(drawing).to_have_attribute("aria-hidden", "true")
    table = page.locator("#lens-plot table")
    cells = page.evaluate(
        "[].concat(...document.querySelector('#lens-plot .lab-plot').data.map((d) => "
        "Array.isArray(d.z) ? d.z.flat() : [])).length"
    )
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(min(50, cells))
    expect(table.locator("caption")).to_contain_text(f"of {cells}")
    box = page.locator("#lens-plot .lab-unseen").bounding_box()
    assert box and box["width"] <= 1 and box["height"] <= 1
    assert page.get_by_role("table").filter(has=page.locator("caption")).count() >= 1


@pytest.mark.parametrize(("touch", "least"), [(False, 24), (True, 44)])
def test_targets_are_large_enough(open_page: Open, touch: bool, least: int) -> None:
    width = 390 if touch else 1280
    page = open_page(
        DEMO, viewport={"width": width, "height": 800}, has_touch=touch, is_mobile=touch
    )
    expect(page.locator(".dot").first).to_be_visible()
    assert page.evaluate("matchMedia('(pointer: coarse)').matches") == touch
    small = []
    for name in ORDER:
        show(page, name)
        small += [f"{name}: {one}" for one in page.evaluate(SMALL, least)]
    assert not small, "\n".join(dict.fromkeys(small))
