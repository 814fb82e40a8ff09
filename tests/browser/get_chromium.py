"""The Chromium that the browser tests drive: an installed one, else Playwright's own download, else
the system's package when root.

``python -m tests.browser.get_chromium`` brings one and says what it did.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

INSTALLED = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
"""The first draws on no screen at all, and needs a third less of the processor for a page."""
PACKAGES = ("chromium-headless-shell", "chromium")
"""Debian's, and what other systems have."""
INSTALL = ("apt-get", "install", "-y", "-qq")
PATIENCE = 600
"""Seconds for a download or an installation."""


def works(path: str) -> bool:
    """Whether this Chromium starts: a file of that name may be an empty shell of a package."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def find() -> str | None:
    """The path of a Chromium here: ``LAB_CHROMIUM``, an installed one, or Playwright's."""
    named = os.environ.get("LAB_CHROMIUM")
    candidates = [named, *map(shutil.which, INSTALLED), _playwrights()]
    return next((path for path in candidates if path and works(path)), None)


def bring() -> str:
    """Find a Chromium or bring one, saying what is done.

    Raises:
        SystemExit: with what to do, where none can be had.
    """
    for what, fetch in (("", None), ("Playwright's own", _download), ("the system's", _install)):
        if fetch:
            print(f"Chromium: none that starts; trying {what}.", flush=True)
            fetch()
        if path := find():
            print(f"Chromium: {path}", flush=True)
            return path
    raise SystemExit(
        "The browser tests need a Chromium, and neither this machine, Playwright's download nor "
        "apt-get has one: install one and put it on the PATH, or name it in LAB_CHROMIUM."
    )


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _download() -> None:
    _try([sys.executable, "-m", "playwright", "install", "chromium"])


def _install() -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        print("Chromium: apt-get needs root and a Debian or Ubuntu machine.", flush=True)
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if _try(["apt-get", "update", "-qq"], quiet):
        any(_try([*INSTALL, package, "fonts-dejavu"], quiet) for package in PACKAGES)


def _try(command: list[str], env: dict[str, str] | None = None) -> bool:
    try:
        done = subprocess.run(
            command, env=env, timeout=PATIENCE, stdout=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"Chromium: {' '.join(command)}: {type(error).__name__}", flush=True)
        return False
    if done.returncode:
        print(f"Chromium: {' '.join(command)} ended with {done.returncode}.", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    bring()
