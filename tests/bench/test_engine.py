"""The engine's bench at tiny sizes: the rows it promises, each with its goal judged rightly."""

import re

import pytest

from lab.bench import engine


@pytest.mark.slow
def test_every_figure_is_positive_named_once_and_judged_by_its_goal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, size in (("PROMPT", 6), ("WORDS", 4), ("BATCH", 2), ("ROUNDS", 1)):
        monkeypatch.setattr(engine, name, size)
    found = list(engine.measure())
    assert len({one.name for one in found}) == len(found) >= 8
    for one in found:
        assert one.unit
        if one.unit != "%":
            assert one.value > 0
        if one.goal:
            sign, limit = re.fullmatch(r"([≤≥]) ([\d.]+) .*", one.goal).groups()  # type: ignore[union-attr]
            met = one.value <= float(limit) if sign == "≤" else one.value >= float(limit)
            assert one.ok is met
