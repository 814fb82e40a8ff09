"""The README's pictures, from today's page: ``make pictures``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from lab.files import ASSETS
from tests.browser.conftest import AS_IT_HAPPENS, started
from tests.browser.get_chromium import bring

FOLDER = ASSETS / "screenshots"
WIDE, PHONE, WALL = (
    {"width": 1280, "height": 800},
    {"width": 390, "height": 844},
    {"width": 1920, "height": 1080},
)


def _still(page: Page) -> None:
    """Nothing more is done: the page stays as it opened."""


def _projected(page: Page) -> None:
    page.get_by_label("Projector mode").click()


def _predicted(page: Page) -> None:
    card = page.locator(".lesson-card")
    slider = card.locator("input[type=range]")
    slider.focus()
    slider.press("End")
    for _ in range(51):
        slider.press("ArrowLeft")
    card.locator("[data-name=predict]").click()
    card.locator(".lesson-told").wait_for()
    page.mouse.move(0, 0)


def _repaired(page: Page) -> None:
    page.locator("#break-demo-map").click()
    page.locator("#break-stage", has_text="of 40 problems right").wait_for()
    page.mouse.move(0, 0)


@dataclass(frozen=True)
class Picture:
    """One picture: what the page opens on, and what is done there."""

    name: str
    query: str
    shown: str
    """Selector of what must be there."""
    viewport: dict[str, int]
    act: Callable[[Page], None] = _still
    options: dict[str, Any] = field(default_factory=dict)


LANES = ".lane-answer b"
SCENE = "lesson.name=why&lesson.scene=3"
PICTURES = (
    Picture("run-light", "", LANES, WIDE),
    Picture("run-dark", "theme=dark", LANES, WIDE),
    Picture("run-zh", "lang=zh", LANES, WIDE),
    Picture("run-phone", "", LANES, PHONE, options={"has_touch": True, "is_mobile": True}),
    Picture("run-projector", "", LANES, WALL, _projected),
    Picture("map-light", "record=relay&tab=map", "#map-plot .main-svg", WIDE),
    Picture("lesson-light", f"tab=lessons&{SCENE}", ".lesson-card", WIDE, _predicted),
    Picture("break-light", "tab=break", "#break-stage", WIDE, _repaired),
)


def take(browser: Browser, url: str, picture: Picture) -> Path:
    """Take one picture as somebody sees it who comes for the first time.

    Args:
        browser: a running one.
        url: of the server.
        picture: which.
    """
    options: dict[str, Any] = {"viewport": picture.viewport, "reduced_motion": "reduce"}
    page = browser.new_context(**options, **picture.options).new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(AS_IT_HAPPENS)
    page.goto(f"{url}/?{picture.query}")
    page.locator(picture.shown).first.wait_for()
    picture.act(page)
    page.wait_for_timeout(4000)  # what the page still brings at its leisure
    target = FOLDER / f"{picture.name}.png"
    page.screenshot(path=target)
    page.context.close()
    return target


def main() -> None:
    """Take all of them."""
    chromium = bring()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with started(Path(folder)) as server:
            for picture in PICTURES:
                print(take(browser, server.url, picture), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
