"""The one headless browser that all tests of pages share."""

import os
from collections.abc import Iterator

import pytest
from jaxtyping import install_import_hook
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import get_chromium

# before anything imports the engine: its tensor shapes are checked in every test
install_import_hook("lab.engine", "beartype.beartype")

PATIENCE_MS = float(os.environ.get("LAB_TEST_PATIENCE_MS", "120000"))
"""How long a page may take to show what it shall show: a busy machine is no fault of the page."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; ``make test`` brings one where there is none."""
    path = get_chromium.find()
    if path is None:
        pytest.fail("No Chromium here: run python -m tests.browser.get_chromium, which brings one.")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()
