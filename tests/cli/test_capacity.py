"""The capacity command with real runs of the pocket models."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from lab.cli import main


@pytest.mark.slow
def test_it_measures_simulates_and_checks(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["capacity", "--preset", "no-thought", "--runs", "2", "--check", "3", "--json"]
    assert main(argv) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["lasts"]) == 2 and all(seconds > 0 for seconds in found["lasts"])
    p95 = [line["p95"] for line in found["classes"]]
    assert all(more > 0.95 * fewer for fewer, more in pairwise(p95))  # drawn by lot
    below = [line["students"] for line in found["classes"] if line["p95"] <= found["goal"]]
    assert found["carried"] >= max(below, default=0)
    for waits in (found["check"]["measured"], found["check"]["simulated"]):
        assert waits["presses"] > 0 and 0 < waits["busy"] <= 1
        assert 0 < waits["median"] <= waits["p95"]


def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capacity", "--every", "0"]) == 2
    assert "Expected --every above 0" in capsys.readouterr().err
