"""How quick the page is in a real browser: ``make trace``, beside nothing else on the machine.

Times are taken inside the page, from the act to the first frame that shows its result, so that they
hold the server's part too. The map is that of one layer of a record with a prompt of 25,000
positions, random vectors (nothing is trained).
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from lab.bench.panels import made_record
from lab.bench.result import Measurement, at_least, at_most
from lab.cli.bench import line
from tests.browser.conftest import AS_IT_HAPPENS, WIDE, started
from tests.browser.get_chromium import bring

ROUNDS = 3
TABS = ("map", "lens", "memory", "break", "drafts", "lessons", "models", "side_by_side")
MANY = "many-vectors"
POINTS = 25_000
LANES = "document.querySelectorAll('.lane-answer b').length > 3"
PLOT = "document.querySelector('#map-plot .js-plotly-plot')"
DRAWN = f"{PLOT}?._fullData?.length > 0"

WATCH = """(() => {
  const look = () => {
    if (LANES) window.traceLanes = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()""".replace("LANES", LANES)
"""Notes when the lanes of the first screen stand."""

UNTIL = """([act, shown]) => new Promise((done) => {
  const [doIt, isThere] = [new Function(act), new Function(`return ${shown}`)];
  const start = performance.now();
  doIt();
  const look = () =>
    isThere() ? done(performance.now() - start) : requestAnimationFrame(look);
  requestAnimationFrame(look);
})"""
"""Milliseconds from an act to the first frame at which something holds."""

DRAW = """async () => {
  const plot = document.querySelector('#map-plot .js-plotly-plot');
  const [data, layout] = [structuredClone(plot.data), structuredClone(plot.layout)];
  const place = document.body.appendChild(document.createElement('div'));
  Object.assign(place.style, { width: '800px', height: '520px', position: 'fixed', top: 0 });
  const start = performance.now();
  await window.Plotly.newPlot(place, data, layout);
  await new Promise(requestAnimationFrame);
  const took = performance.now() - start;
  window.Plotly.purge(place);
  place.remove();
  return [took, plot._fullData.reduce((n, trace) => n + (trace._length ?? 0), 0)];
}"""

COUNT = """() => {
  window.traceFrames = [];
  const note = (now) => {
    window.traceFrames?.push(now);
    if (window.traceFrames) requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}"""


def measure() -> Iterator[Measurement]:
    """All figures."""
    chromium = bring()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        made_record(folder / "records" / MANY, positions=POINTS, layers=2, width=64, kind="prompt")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with started(folder) as server:
            yield from _opening(browser, server.url)
            yield from _using(_opened(browser, server.url))
            yield from _map(_opened(browser, f"{server.url}/?record={MANY}&tab=map", DRAWN))
        browser.close()


def _opened(browser: Browser, url: str, shown: str = LANES) -> Page:
    """Somebody who comes for the first time."""
    page = browser.new_context(viewport=WIDE, reduced_motion="reduce").new_page()  # type: ignore[arg-type]
    page.set_default_timeout(120_000)
    page.add_init_script(AS_IT_HAPPENS)
    page.add_init_script(WATCH)
    page.goto(url)
    page.wait_for_function(shown)
    page.wait_for_timeout(3000)  # what the page still fetches at its leisure is not waited for
    return page


def _opening(browser: Browser, url: str) -> Iterator[Measurement]:
    paint, lanes = [], []
    for _ in range(ROUNDS):
        page = _opened(browser, url)
        first = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        paint.append(page.evaluate(first) / 1e3)
        lanes.append(page.evaluate("window.traceLanes") / 1e3)
        page.context.close()
    yield at_most("first paint", statistics.median(paint), 1.5, "s", f"median of {ROUNDS}")
    yield Measurement("first screen with all its lanes", statistics.median(lanes), "s")


def _using(page: Page) -> Iterator[Measurement]:
    def switch(tab: str) -> float:
        name = f"#lab-tabs [role=tab][data-tab-id='{tab}']"
        shown = f"""document.querySelector("{name}").ariaSelected === 'true' &&
          document.querySelector('#tab-{tab}')?.offsetHeight > 100"""
        return float(page.evaluate(UNTIL, [f'document.querySelector("{name}").click()', shown]))

    for tab in TABS:  # each once, so that its parts are there
        switch(tab)
        page.wait_for_timeout(1500)
    times = {tab: statistics.median(switch(tab) for _ in range(ROUNDS)) for tab in TABS}
    slow = max(times, key=lambda tab: times[tab])
    yield at_most("tab switch, the slowest tab", times[slow], 300, "ms", slow)

    def select(i: int) -> float:
        act = f"document.querySelectorAll('.agent .dot')[{i}].click()"
        moment = "document.querySelector('#lab-moment').textContent"
        changed = [f"window.traceMoment = {moment}; {act}", f"{moment} !== traceMoment"]
        took = float(page.evaluate(UNTIL, changed))
        page.wait_for_timeout(1000)  # a person looks at what came
        return took

    page.wait_for_timeout(10_000)  # what the tabs still work out
    chosen = [select(i) for i in range(1, 6)]
    yield at_most("selection of a latent step", statistics.median(chosen), 300, "ms", "median of 5")

    def turn(m: int) -> float:
        act = f"""const dial = document.querySelector('.dial-m');
          dial.value = {m}; dial.dispatchEvent(new Event('input', {{ bubbles: true }}))"""
        shown = f"document.querySelector('.dial-at b').textContent.includes('{m}')"
        return float(page.evaluate(UNTIL, [act, shown]))

    turned = [turn(m) for m in (3, 17, 0, 39, 21)]
    yield at_most("dial of latent steps", statistics.median(turned), 100, "ms", "median of 5")
    page.context.close()


def _map(page: Page) -> Iterator[Measurement]:
    took, points = page.evaluate(DRAW)
    yield at_most("map drawn", took / 1e3, 1, "s", f"{points} points, in the browser")
    page.evaluate(f"Plotly.relayout({PLOT}, 'dragmode', 'pan')")
    box = page.locator("#map-plot .nsewdrag").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(COUNT)
    for i in range(60):
        page.mouse.move(x + 3 * (i % 30), y + 2 * (i % 20))
    page.mouse.up()
    frames = page.evaluate("[window.traceFrames, (window.traceFrames = null)][0]")
    rate = 1e3 * (len(frames) - 1) / (frames[-1] - frames[0])
    yield at_least("map panned", rate, 30, "frames/s", f"{points} points, drawn by the processor")
    page.context.close()


if __name__ == "__main__":
    for figure in measure():
        print(line(figure), flush=True)
