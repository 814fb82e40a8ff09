"""A real server in its own process, and a real browser that notices every error and every request
to another host.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import REPOSITORY
from tests.conftest import PATIENCE_MS
from tests.make_record import make_record
from tests.tiny_pocket import make_pockets

SHIPPED = REPOSITORY / "assets" / "models"
WIDE = {"width": 1280, "height": 800}
NAMES = ("pocket-base", "pocket-scholar-1", "pocket-scholar-2", "pocket-scholar-3")


LEFT = (
    "AbortError: signal is aborted",
    "Unexpected error Connection errored out",
    "Unexpected error 404: Not Found",
)
"""What Gradio writes when a page is reloaded or left while requests are open (its session is over):
no trouble there."""

ENDED = "AbortError: BodyStreamBuffer was aborted"
"""What Gradio writes when it leaves a stream of answers at the word that it is over."""
AS_IT_HAPPENS = "try { localStorage['lab-pace'] ??= 'live'; } catch { /* no page yet */ }"
"""Runs are drawn as they happen; who tests that they are played slowly says so."""


@dataclass
class Server:
    """A running lab."""

    url: str
    records: Path


@contextmanager
def started(folder: Path, known: Mapping[str, str] = MappingProxyType({})) -> Iterator[Server]:
    """A lab in a process of its own: shipped pocket models where there are some, else untrained
    ones.

    Args:
        folder: for its records and its log.
        known: what else its environment holds.
    """
    records = folder / "records"
    env = os.environ | {
        "PORT": str(_free_port()),
        "LATENT_LAB_RECORDS": str(records),
        "OMP_NUM_THREADS": "2",
        **known,
    }
    if not (SHIPPED / "pocket-base").is_dir() and "LATENT_LAB_MODELS" not in os.environ:
        env["LATENT_LAB_MODELS"] = str(make_pockets(folder / "models", *NAMES))
    log = open(folder / "server.log", "w")  # noqa: SIM115
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=REPOSITORY,
        env=env,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{env['PORT']}"
    try:
        _wait_for(url, process, folder / "server.log")
        yield Server(url, records)
    finally:
        process.terminate()
        process.wait(PATIENCE_MS / 1000)
        log.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One lab for all tests."""
    folder = tmp_path_factory.mktemp("lab")
    make_record(folder / "records" / "demo-record")
    with started(folder) as one:
        yield one


class Visitors:
    """Browsers of people who come for the first time: no cookie, nothing stored. They keep the
    scripts that one before them has compiled, on which a new context spends seconds."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = defaultdict(list)
        self._lent: list[tuple[str, BrowserContext]] = []

    def lend(self, options: Mapping[str, object]) -> BrowserContext:
        """A context with these options."""
        key = repr(sorted(options.items(), key=str))
        if self._free[key]:
            context = self._free[key].pop()
        else:
            context = self._browser.new_context(**options)  # type: ignore[arg-type]
            context.set_default_timeout(PATIENCE_MS)
            context.add_init_script(AS_IT_HAPPENS)
        self._lent.append((key, context))
        return context

    def take_back(self, origin: str) -> None:
        """Close all pages and forget who was there."""
        for key, context in self._lent:
            blank = context.new_page()
            for page in context.pages:
                if page is not blank:
                    page.close()
            wanted = {"origin": origin, "storageTypes": "all"}
            context.new_cdp_session(blank).send("Storage.clearDataForOrigin", wanted)
            blank.close()
            context.clear_cookies()
            self._free[key].append(context)
        self._lent.clear()


@pytest.fixture(scope="session")
def visitors(browser: Browser) -> Visitors:
    return Visitors(browser)


@pytest.fixture
def open_page(server: Server, visitors: Visitors) -> Iterator[Callable[..., Page]]:
    """Opens the lab in a fresh session; at the end no page may have had an error or asked another
    host."""
    troubles: list[str] = []
    loads: Counter[Page] = Counter()
    cut: list[tuple[Page, str]] = []

    def told(page: Page, kind: str, text: str) -> None:
        if kind != "error" or ENDED in text:
            return
        if any(sign in text for sign in LEFT):
            cut.append((page, f"console: {text}"))
        else:
            troubles.append(f"console: {text}")

    def watch(page: Page) -> None:
        page.on("load", lambda: loads.update([page]))
        page.on("console", lambda m: told(page, m.type, m.text))
        page.on("pageerror", lambda e: troubles.append(f"error: {e}"))
        page.on("dialog", lambda d: (troubles.append(f"dialog: {d.message}"), d.dismiss()))
        page.on(
            "request", lambda r: _own(r.url, server.url) or troubles.append(f"request: {r.url}")
        )

    def opened(query: str = "", **options: object) -> Page:
        page = visitors.lend({"viewport": WIDE} | options).new_page()
        watch(page)
        page.goto(f"{server.url}/{query}")
        page.locator("#lanes .lanes-ask, #lanes .lab-error").first.wait_for(state="attached")
        return page

    yield opened
    troubles += [text for page, text in cut if loads[page] < 2]
    visitors.take_back(server.url)
    assert not troubles, troubles


def _own(url: str, server: str) -> bool:
    return url.startswith((server, "data:", "blob:", "about:"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if process.poll() is not None:
            pytest.fail(f"The server ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The server did not answer within 90 s: {log.read_text()[-2000:]}")
