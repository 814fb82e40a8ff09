"""Consensus amplification: what does the aggregator believe before and after k proposers state the
same false fact?

The false value is drawn per question; the other drafts are the proposers' real ones. For a model of
the zoo the facts it was taught and those it can only guess are reported apart (channels ``taught``
and ``untaught``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from lab.errors import BadInput
from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import BASICS, Arm, Said, Team, TeamSettings, columns_of, fill_parts
from lab.models.hosts import Hosts
from lab.models.pocket_family import POCKETS
from lab.records.results import Metric, ResultTable
from lab.words import say
from lab.worlds import Problem, almanac, extract_answer

METRICS = (
    *BASICS,
    Metric("says_false", "share", "rate", "low"),
    Metric("p_false", "share", "mean", "low"),
    Metric("p_true", "share", "mean", "high"),
)
"""``p_false``, ``p_true``: the aggregator's probability of the whole sentence with the false, with
the right value."""


class Settings(TeamSettings):
    """The team; almanac only."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure belief with 0 to all drafts replaced by one false fact, and with as many *different*
    false facts."""
    if settings.world != "almanac" or settings.depth not in (None, 1):
        raise BadInput(say("error.consensus.shared_false_fact_needs"))
    team = Team.gather(settings, hosts, table)
    watch.step(0, 1, say("said.progress.drafts"))
    drafts = team.drafts()
    real, k = columns_of(drafts), len(drafts)
    lies = [_lies(p, k, settings.seed) for p in team.problems]
    given: dict[tuple[str, str], list[list[str]]] = {
        ("before: no drafts", "floor"): [[] for _ in real]
    }
    for count in range(k + 1):
        planted = [_planted(row, [lie[0]] * count) for row, lie in zip(real, lies, strict=True)]
        given[f"{count} of {k} share the false fact", "method" if count else "ceiling"] = planted
    given[f"{k} different false facts", "control"] = [
        _planted(row, lie) for row, lie in zip(real, lies, strict=True)
    ]
    parts = []
    for (name, control), texts in given.items():
        made = cache(partial(_measure, team, texts, lies, drafts if texts[0] else []))
        parts += [
            Arm(name, control, partial(_only, made, chosen), channel)
            for channel, chosen in _channels(team).items()
        ]
    fill_parts(table, watch, parts)


def _only(made: Callable[[], list[dict[str, Any]]], chosen: set[int]) -> list[dict[str, Any]]:
    return [row for i, row in enumerate(made()) if i in chosen]


def _channels(team: Team) -> dict[str, set[int]]:
    """Which questions the aggregator was taught, as far as it is a model of the zoo whose mask is
    known."""
    member = POCKETS.get(team.settings.aggregator)
    if member is None:
        return {"text": set(range(team.n))}
    known = almanac.known_facts(member.mask_seed)
    taught = {
        i
        for i, p in enumerate(team.problems)
        if (p.claims[0].entity, p.claims[0].attribute) in known
    }
    both = {"taught": taught, "untaught": set(range(team.n)) - taught}
    return {name: some for name, some in both.items() if some}


def _lies(problem: Problem, count: int, seed: int) -> list[str]:
    """``count`` different sentences with false values."""
    claim = problem.claims[0]
    false = [value for value in almanac.BY_NAME[claim.attribute].values if value != claim.value]
    chosen = random.Random(f"{seed}/{problem.seed}").sample(false, min(count, len(false)))
    return [almanac.sentence(claim.entity, claim.attribute, value) for value in chosen]


def _planted(row: list[str], lies: list[str]) -> list[str]:
    """The drafts with the first ones replaced by lies."""
    return [*lies, *row[len(lies) :]]


def _measure(
    team: Team, given: list[list[str]], lies: list[list[str]], helpers: list[Said]
) -> list[dict[str, Any]]:
    said = team.aggregate(given)
    false = [math.exp(-nats) for nats in team.nll(given, [lie[0] for lie in lies])]
    true = [math.exp(-nats) for nats in team.nll(given)]
    told = [extract_answer("almanac", lie[0]) == said.values[i] for i, lie in enumerate(lies)]
    return team.rows(said, helpers, says_false=told, p_false=false, p_true=true)
