"""Hard verification by rule: ledger drafts whose arithmetic does not hold, or does not start where
the step before ended, are thrown out before the vote or the synthesis; as many thrown out by lot
are the control.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field

from lab.experiments.harness.driver import Watch
from lab.experiments.moa.coverage import union
from lab.experiments.moa.team import (
    BASICS,
    Arm,
    Said,
    Team,
    TeamSettings,
    columns_of,
    fill_parts,
    picked,
    voted,
)
from lab.models.hosts import Hosts
from lab.records.results import Metric, ResultTable
from lab.words import say
from lab.worlds import extract_answer, ledger

METRICS = (*BASICS, Metric("passed", "share", "mean", ""))
"""``passed``: share of the drafts that pass the rule."""


class Settings(TeamSettings):
    """A model sampled several times on the ledger, hot enough to make mistakes."""

    world: Literal["almanac", "ledger"] = "ledger"
    proposers: tuple[str, ...] = ("pocket-base",) * 5
    temperature: float = Field(1.8, ge=0.0, le=5.0)


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure vote and synthesis with and without the rule."""
    team = Team.gather(settings, hosts, table)
    watch.step(0, 1, say("said.progress.drafts"))
    drafts = team.drafts()
    rng = random.Random(settings.seed)
    passes = [[holds(said.texts[i]) for said in drafts] for i in range(team.n)]
    lots = [rng.sample(row, len(row)) for row in passes]
    every = [[True] * len(drafts)] * team.n
    share = [sum(row) / len(row) for row in passes]
    parts = [
        Arm("one sample", "floor", lambda: team.rows(drafts[0], passed=share)),
        Arm(
            "aggregator, no drafts",
            "floor",
            lambda: team.rows(team.aggregate([[]] * team.n), passed=share),
        ),
        Arm(
            "any right (oracle)",
            "ceiling",
            lambda: team.rows(union(team, drafts), drafts, passed=share),
        ),
    ]
    ways = (
        ("all drafts", "", every),
        ("drafts that pass", "method", passes),
        ("as many by lot", "control", lots),
    )
    for name, control, kept in ways:
        for end, answer in (("majority", _vote), ("synthesis", _synthesis)):
            rows = partial(_rows, team, answer, drafts, kept, share)
            parts.append(Arm(f"{name}: {end}", control, rows))
    fill_parts(table, watch, parts)


def holds(text: str) -> bool:
    """The rule: at least one step, every step's arithmetic right, every step starting where the one
    before ended, and the answer equal to the last result. It needs no truth, only the text."""
    steps = ledger.parse_steps(text)
    chained = all(b.attribute.split()[0] == a.value for a, b in pairwise(steps))
    answer = extract_answer("ledger", text)
    return (
        bool(steps)
        and all(map(ledger.step_is_right, steps))
        and chained
        and answer == str(int(steps[-1].value))
    )


def _rows(
    team: Team,
    answer: Callable[[Team, list[Said], list[list[bool]]], Said],
    drafts: list[Said],
    kept: list[list[bool]],
    share: list[float],
) -> list[dict[str, Any]]:
    return team.rows(answer(team, drafts, kept), drafts, passed=share)


def _left(row: list[bool]) -> list[int]:
    """Which drafts stay; all of them when none passes."""
    return [d for d, keep in enumerate(row) if keep] or list(range(len(row)))


def _vote(team: Team, drafts: list[Said], kept: list[list[bool]]) -> Said:
    rng = random.Random(team.settings.seed)
    return picked(team, drafts, voted(drafts, rng, list(map(_left, kept))))


def _synthesis(team: Team, drafts: list[Said], kept: list[list[bool]]) -> Said:
    given = columns_of(drafts)
    return team.aggregate([[given[i][d] for d in _left(row)] for i, row in enumerate(kept)])
