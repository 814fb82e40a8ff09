"""What the search for a Chromium does with one that starts, one that does not, and none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import get_chromium


def program(folder: Path, name: str, code: int) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return str(path)


def test_only_a_chromium_that_starts_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("LAB_CHROMIUM", program(tmp_path, "shell", 1))
    good = program(tmp_path, "chromium-browser", 0)
    program(tmp_path, "chromium", 1)
    assert get_chromium.find() == good
    lean = program(tmp_path, "chromium-headless-shell", 0)
    assert get_chromium.find() == lean
    monkeypatch.setenv("LAB_CHROMIUM", program(tmp_path, "mine", 0))
    assert get_chromium.find() == str(tmp_path / "mine")


def test_without_any_it_says_what_it_tried_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LAB_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:9")
    with pytest.raises(SystemExit, match="LAB_CHROMIUM"):
        get_chromium.bring()
    said = capfd.readouterr().out
    assert "trying Playwright's own" in said and "trying the system's" in said
