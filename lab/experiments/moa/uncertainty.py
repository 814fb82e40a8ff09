"""Lost uncertainty: a draft's words hide how sure its writer was. What is the writer's own
probability where it is right and where it is wrong, and what does the aggregator gain from being
told, in one word?
"""

from __future__ import annotations

import math
import random
from typing import Any

from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import (
    BASICS,
    Arm,
    Said,
    Team,
    TeamSettings,
    columns_of,
    fill_parts,
)
from lab.models.hosts import Hosts
from lab.records.results import ResultTable
from lab.words import say
from lab.worlds.prompts import pocket_prompts

METRICS = BASICS


class Settings(TeamSettings):
    """The team."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure calibration of the drafts, then the aggregate with true, swapped, shuffled and no
    confidence words."""
    team = Team.gather(settings, hosts, table)
    watch.step(0, 7, say("said.progress.drafts"))
    drafts = team.drafts()
    sure_from = pocket_prompts().confidence.threshold
    table.note(f"A draft is called sure from a probability of {sure_from:g} of its value.")
    rng = random.Random(settings.seed)
    told = [said.probability for said in drafts]
    turned = [[sure_from * (p < sure_from) for p in row] for row in told]
    mixed = [
        list(row)
        for row in zip(
            *(rng.sample(column, len(column)) for column in zip(*told, strict=True)), strict=True
        )
    ]
    sure = [[1.0] * team.n for _ in drafts]
    parts = [
        Arm("right drafts", "", lambda: _drafts(team, drafts, True), "proposers"),
        Arm("wrong drafts", "", lambda: _drafts(team, drafts, False), "proposers"),
        Arm("bare drafts", "floor", lambda: _aggregate(team, drafts, None)),
        Arm("confidence words", "method", lambda: _aggregate(team, drafts, told)),
        Arm("words of another draft", "control", lambda: _aggregate(team, drafts, mixed)),
        Arm("words turned round", "control", lambda: _aggregate(team, drafts, turned)),
        Arm("all called sure", "control", lambda: _aggregate(team, drafts, sure)),
    ]
    fill_parts(table, watch, parts)


def _drafts(team: Team, drafts: list[Said], right: bool) -> list[dict[str, Any]]:
    rows = [row for said in drafts for row in team.rows(said) if row["accuracy"] == right]
    return [row for row in rows if not math.isnan(row["probability"])]


def _aggregate(
    team: Team, drafts: list[Said], chances: list[list[float]] | None
) -> list[dict[str, Any]]:
    return team.rows(team.aggregate(columns_of(drafts, chances)), drafts)
