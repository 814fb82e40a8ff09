"""The capacity command with real runs of the pocket models."""

from __future__ import annotations

import json

import pytest

from lab.cli import main


@pytest.mark.slow
def test_it_measures_simulates_and_checks(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["capacity", "--preset", "no-thought", "--runs", "2", "--check", "3", "--json"]
    assert main(argv) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["lasts"]) == 2 and all(seconds > 0 for seconds in found["lasts"])
    p95 = [line["p95"] for line in found["classes"]]
    assert p95 == sorted(p95)
    below = [line["students"] for line in found["classes"] if line["p95"] <= found["goal"]]
    assert found["carried"] >= max(below, default=0)
    check = found["check"]
    assert check["measured"]["presses"] > 0
    assert check["measured"]["median"] >= 0.9 * min(found["lasts"])


def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capacity", "--every", "0"]) == 2
    assert "Expected --every above 0" in capsys.readouterr().err
