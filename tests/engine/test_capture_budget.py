"""The budget is spread over the run: thoughts and words of every lane first, then prompts."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from lab.engine.capture import Capture
from lab.engine.capture_budget import Forecast, Spread, position_bytes
from lab.plan import CapturePlan
from lab.roster import AgentCard
from tests.engine.tiny_models import tiny

HOST = tiny("qwen3")
THINKER = AgentCard(
    lane="a",
    name="planner",
    role="planner",
    host=HOST.name,
    stage=0,
    reads=(),
    sees_facts=True,
    max_tokens=0,
    steps=30,
    seat="planner",
    number=1,
)
SPEAKER = replace(THINKER, name="judger", max_tokens=20, steps=0)
AGENTS = [(THINKER, HOST), (SPEAKER, HOST)] * 3
EACH = position_bytes(HOST)
LAYERS = HOST.n_layers + 1


def capture(mb: float, forecast: bool = True) -> Capture:
    plan = CapturePlan(budget_mb=mb)
    return Capture(plan, Forecast.of(plan, AGENTS) if forecast else None)


def whole_run(kept: Capture, prompt: int = 20) -> dict[str, list[bool]]:
    """Which prompts, steps and words of three lanes are kept."""
    got: dict[str, list[bool]] = {"prompt": [], "latent": [], "token": []}
    for lane in ("first", "second", "third"):
        for card, kind, n in ((THINKER, "latent", 30), (SPEAKER, "token", 20)):
            got["prompt"].append(kept.reserve(lane, card.name, HOST, "prompt", prompt) is not None)
            got[kind] += [
                kept.reserve(lane, card.name, HOST, kind, 1) is not None for _ in range(n)
            ]
    return got


THOUGHTS = 3 * 50 * LAYERS * EACH / 1e6
PROMPT = 20 * LAYERS * EACH / 1e6


def test_every_thought_and_word_is_kept_before_any_prompt() -> None:
    exactly = THOUGHTS + 1e-9
    assert Forecast.of(CapturePlan(), AGENTS).thought_bytes == pytest.approx(1e6 * THOUGHTS)
    spread, first_come = whole_run(capture(exactly)), whole_run(capture(exactly, forecast=False))
    assert all(spread["latent"] + spread["token"]) and not any(spread["prompt"])
    assert all(first_come["prompt"][:3]) and not all(first_come["token"])  # the last lane paid


@pytest.mark.parametrize(
    ("prompts", "want"),
    [
        (6, [True] * 6),
        (3, [False, True] * 3),
        (2, [False, False, True] * 2),
        (0.9, [False] * 6),
    ],
)
def test_what_is_left_for_prompts_is_spread_over_all_lanes(
    prompts: float, want: list[bool]
) -> None:
    got = whole_run(capture(THOUGHTS + prompts * PROMPT + 1e-9))
    assert all(got["latent"] + got["token"])
    assert got["prompt"] == want


def test_layers_are_thinned_evenly_where_even_the_thoughts_are_too_many() -> None:
    kept = capture(THOUGHTS / 2)
    assert kept.layers(HOST) == (0, HOST.n_layers)
    got = whole_run(kept)
    assert all(got["latent"] + got["token"])
    assert any("kept 2 of 4 layers" in note for note in kept.notes())
    long = Spread(CapturePlan(budget_mb=1.0), Forecast(thought_bytes=2e6, prompts=0))
    deep = copy.copy(HOST)
    deep.n_layers = 30
    assert long.layers(deep) == (0, 2, 4, 6, 9, 11, 13, 15, 17, 19, 21, 24, 26, 28, 30)
