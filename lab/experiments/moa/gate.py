"""The uncertainty gate: one model answers alone where it is sure enough and calls the team where it
is not. Accuracy against cost as the threshold moves, beside a gate that opens as often by lot.

The gate looks at the geometric mean of the single answer's token probabilities, as the method
`gated` does.
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import BASICS, Arm, Said, Team, TeamSettings, columns_of, fill_parts
from lab.models.hosts import Hosts
from lab.records.results import Metric, ResultTable
from lab.words import say

METRICS = (*BASICS, Metric("escalated", "share", "rate", "low"))
"""``escalated``: how often the team was called."""


class Settings(TeamSettings):
    """The team, the model that tries alone, and the thresholds."""

    single: str = "pocket-base"
    thresholds: tuple[float, ...] = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure every threshold on the same single answers and the same team answers."""
    team = Team.gather(settings, hosts, table)
    watch.step(0, 1, say("said.progress.single"))
    alone = team.propose(settings.single, temperature=0.0)
    drafts = team.drafts()
    together = team.aggregate(columns_of(drafts))
    rng = random.Random(settings.seed)
    parts = []
    for threshold in settings.thresholds:
        opens = [not keep_single(p, threshold) for p in alone.confidence]
        lot = rng.sample(opens, len(opens))
        kind = {0.0: "floor", 1.0: "ceiling"}.get(threshold, "method")
        for channel, gate, control in (("gate", opens, kind), ("by lot", lot, "control")):
            rows = partial(_rows, team, alone, together, drafts, gate)
            parts.append(Arm(f"threshold {threshold:g}", control, rows, channel))
    fill_parts(table, watch, parts)


def keep_single(confidence: float, threshold: float) -> bool:
    """Whether the single answer stands: at least as sure as the threshold; at 1 never, at 0
    always."""
    return threshold <= 0.0 or (threshold < 1.0 and confidence >= threshold)


def _rows(
    team: Team, alone: Said, together: Said, drafts: list[Said], opens: list[bool]
) -> list[dict[str, Any]]:
    cheap = team.rows(alone)
    dear = team.rows(together, [alone, *drafts])
    return [
        (dear if opened else cheap)[i]
        | {"escalated": opened, "ms": dear[i]["ms"] if opened else cheap[i]["ms"]}
        for i, opened in enumerate(opens)
    ]
