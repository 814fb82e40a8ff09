"""Map, Lens and Memory in the real page: one selection everywhere, controls, sentences for bad
choices, export.
"""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lab.bench.panels import made_record
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
RINGED = """(id) => {
  const plot = document.querySelector(`#${id} .lab-plot`);
  const ring = plot?.querySelector('.lab-ring.selected:not([hidden])')?.getBoundingClientRect();
  const box = plot?.querySelector('.nsewdrag')?.getBoundingClientRect();
  if (!ring?.width || !box?.width) return false;
  const [x, y] = [ring.left + ring.width / 2, ring.top + ring.height / 2];
  return x >= box.left - 1 && x <= box.right + 1 && y >= box.top - 1 && y <= box.bottom + 1;
}"""
"""Whether a chart has a ring, and within its axes."""


def ring_in(page: Page, plot: str) -> None:
    """Wait until the chart shows the ring of the selected point."""
    page.wait_for_function(RINGED, arg=plot)


def to_tab(page: Page, name: str, plot: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    page.locator(f"#{plot} .main-svg").first.wait_for()


def opened(open_page: Open, name: str, plot: str, query: str = "?record=demo-record") -> Page:
    page = open_page(query)
    to_tab(page, name, plot)
    return page


def test_the_map_and_what_turns_it_stand_on_the_first_screen(open_page: Open) -> None:
    page = opened(open_page, "Map", "map-plot")
    page.set_viewport_size({"width": 1280, "height": 800})
    ends = """() => ['#map-plot .nsewdrag', '#map-play-steps'].map((what) => {
      const { top, bottom } = document.querySelector(what).getBoundingClientRect();
      return [top, bottom];
    })"""
    page.wait_for_function(f"({ends})().every(([, bottom]) => bottom > 0 && bottom <= 800)")
    (top, bottom), _ = page.evaluate(ends)
    assert top < 280
    assert bottom - top > 350
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.wait_for_function(f"""({ends})().every(([, bottom]) => bottom > 0 && bottom <= 1080)
      && document.querySelector('#map-plot .nsewdrag').getBoundingClientRect().height > 600""")


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


DRAWN = """() => document.querySelector('#map-plot .lab-plot')._fullData
    .filter((trace) => trace.customdata && trace.hoverinfo !== 'skip')
    .reduce((sum, trace) => sum + trace.x.length, 0)"""
"""Points on the map."""
EDGE = """() => {
  const plot = document.querySelector('#map-plot .lab-plot');
  const axes = plot._fullLayout, box = plot.getBoundingClientRect();
  const all = plot._fullData.filter((trace) => trace.customdata && trace.hoverinfo !== 'skip')
    .flatMap((trace) => [...trace.x].map((x, i) => [x, trace.y[i]]));
  const place = ([x, y]) => [
    box.left + axes.xaxis._offset + axes.xaxis.d2p(x),
    box.top + axes.yaxis._offset + axes.yaxis.d2p(y),
  ];
  const all_x = all.map(([x]) => x).sort((a, b) => a - b);
  const right = all_x[Math.floor(all_x.length * 0.7)];
  const held = all.filter(([x]) => x > right).map(place);
  const [xs, ys] = [0, 1].map((k) => held.map((one) => one[k]));
  return [Math.min(...xs) - 3, Math.min(...ys) - 12, Math.max(...xs) + 12, Math.max(...ys) + 12,
          held.length];
}"""
"""A box on the screen around the right third of the map's points, and how many those are."""


def test_a_lasso_holds_points_that_can_be_looked_at_alone(open_page: Open) -> None:
    page = opened(open_page, "Map", "map-plot", "?record=relay")
    alone = page.locator("#map-only")
    expect(alone).to_be_disabled()
    page.locator("#map-plot").scroll_into_view_if_needed()
    page.locator("#map-plot .modebar-btn[data-val=lasso]").click()
    left, top, right, bottom, inside = page.evaluate(EDGE)
    before = page.evaluate(DRAWN)
    assert 2 < inside < before
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(*corner, steps=6)
    page.mouse.up()
    told = page.locator("#map-notes")
    expect(told).to_contain_text("Chosen: ")
    expect(alone).to_be_enabled()
    held = int(re.findall(r"Chosen: (\d+) points", told.inner_text())[0])
    assert inside <= held < before / 2
    alone.click()
    expect(alone).to_have_text("All points again")
    page.wait_for_function(f"({DRAWN})() === {held}")
    expect(page.locator("#map-plot .lab-caption")).to_contain_text("chosen with the lasso")
    page.wait_for_url("**map.only=*")
    linked = opened(open_page, "Map", "map-plot", "?" + page.url.split("?", 1)[1])
    linked.wait_for_function(f"({DRAWN})() === {held}")
    expect(linked.locator("#map-only")).to_have_text("All points again")
    alone.click()
    page.wait_for_function(f"({DRAWN})() === {before}")
    expect(alone).to_be_disabled()


INK = """(png) => new Promise((done) => {
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    const { data } = pen.getImageData(0, 0, image.width, image.height);
    done([...Array(data.length / 4).keys()].map((i) => data[4 * i + 2] - data[4 * i] > 40));
  };
  image.src = `data:image/png;base64,${png}`;
})"""
"""Which pixels of a picture are blue, as the points are."""


def test_many_points_are_dragged_as_they_are_drawn_when_let_go(
    open_page: Open, server: Server
) -> None:
    folder = server.records / "many-points"
    made_record(folder, positions=2500, layers=2, width=16, kind="prompt")
    page = opened(open_page, "Map", "map-plot", "?record=many-points")
    plot = page.locator("#map-plot .lab-plot")
    plot.locator(".gl-container canvas").first.wait_for()
    plot.scroll_into_view_if_needed()
    page.evaluate(
        "Plotly.relayout(document.querySelector('#map-plot .lab-plot'), 'dragmode', 'pan')"
    )
    box = plot.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 90, y + 40, steps=4)

    def blue() -> list[bool]:
        area = {"x": box["x"], "y": box["y"], "width": box["width"] - 10, "height": 260}
        picture = base64.b64encode(page.screenshot(clip=area)).decode()  # type: ignore[arg-type]
        return list(page.evaluate(INK, picture))

    dragged = blue()
    page.mouse.up()
    page.mouse.move(x + 90, box["y"] + 300)  # no words at a point
    page.wait_for_function(
        "() => !document.querySelector('#map-plot .gl-container').style.clipPath"
    )
    drawn = blue()
    shutil.rmtree(folder)
    apart = sum(one != other for one, other in zip(dragged, drawn, strict=True))
    assert sum(drawn) > 2000
    assert apart < 0.03 * sum(drawn), (apart, sum(drawn))


WORDS = """() => [...document.querySelectorAll('#map-plot .textpoint text')]
  .map((node) => node.getBoundingClientRect()).map((b) => [b.left, b.right, b.top, b.bottom])"""
AT = """() => {
  const plot = document.querySelector('#map-plot .lab-plot');
  const { xaxis, yaxis } = plot._fullLayout, box = plot.getBoundingClientRect();
  const trace = plot._fullData.find((one) => one.customdata && one.hoverinfo !== 'skip');
  return [box.left + xaxis._offset + xaxis.d2p(trace.x[0]),
          box.top + yaxis._offset + yaxis.d2p(trace.y[0])];
}"""
"""Where the first point of the map is on the screen."""
LIT = "() => document.querySelectorAll('#map-plot .lab-ring.near:not([hidden])').length"
FILLED = """() => {
  const plot = document.querySelector('#map-plot .lab-plot');
  const { xaxis, yaxis } = plot._fullLayout;
  const all = plot._fullData.filter((one) => one.customdata && one.hoverinfo !== 'skip');
  const span = (axis, key) => {
    const places = all.flatMap((one) => [...one[key]]).map((value) => axis.d2p(value));
    return (Math.max(...places) - Math.min(...places)) / axis._length;
  };
  return Math.max(span(xaxis, 'x'), span(yaxis, 'y'));
}"""
"""Share of its place that the cloud of points spans."""


def test_the_map_bears_words_is_searched_and_lights_true_neighbours(open_page: Open) -> None:
    page = opened(open_page, "Map", "map-plot", "?record=relay")
    words = page.evaluate(WORDS)
    assert len(words) > 8
    for i, (left, right, top, bottom) in enumerate(words):
        for other in words[i + 1 :]:
            wide = min(right, other[1]) - max(left, other[0])
            high = min(bottom, other[3]) - max(top, other[2])
            assert wide <= 3 or high <= 4, (words[i], other)
    assert page.evaluate(FILLED) > 0.6
    page.locator("#map-plot").scroll_into_view_if_needed()
    page.mouse.move(*page.evaluate(AT))
    page.wait_for_function(f"({LIT})() === 5")
    find = page.get_by_label("Find words (Enter)")
    find.fill("box")
    find.press("Enter")
    expect(page.locator("#map-notes")).to_contain_text("‘box’: ")
    page.wait_for_function("location.search.includes('map.find=box')")
