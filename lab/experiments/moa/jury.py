"""Jury, ballot box or judge? The same drafts synthesised by the aggregator, put to the vote, or
chosen among; and whether the order in which the aggregator reads them decides.
"""

from __future__ import annotations

import math
import random
from functools import partial

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

METRICS = (
    *BASICS,
    Metric("first", "share", "mean", ""),
    Metric("follows_vote", "share", "mean", ""),
)
"""``first``: on questions whose drafts disagree, how often the answer is that of the draft read
first; ``follows_vote``: how often it is that of the majority, where there is one."""


class Settings(TeamSettings):
    """The team, and how often the drafts are put in another order."""

    orders: int = Field(3, ge=1, le=12)


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure all ways to make one answer of the same drafts."""
    team = Team.gather(settings, hosts, table)
    watch.step(0, 1, say("said.progress.drafts"))
    drafts = team.drafts()
    rng = random.Random(settings.seed)
    vote = voted(drafts, rng)
    lot = [rng.randrange(len(drafts)) for _ in range(team.n)]
    surest = [max(range(len(drafts)), key=lambda d: _sure(drafts[d], i)) for i in range(team.n)]
    best = max(range(len(drafts)), key=lambda d: sum(drafts[d].right))
    parts = [
        Arm("best single proposer", "floor", lambda: team.rows(drafts[best])),
        Arm("any draft right (oracle)", "ceiling", lambda: team.rows(union(team, drafts), drafts)),
        Arm("a draft by lot", "control", lambda: team.rows(picked(team, drafts, lot), drafts)),
        Arm("majority vote", "", lambda: _chosen(team, drafts, vote)),
        Arm("select the surest", "", lambda: _chosen(team, drafts, surest)),
        *(
            Arm(f"synthesis, order {k + 1}", "method", partial(_synthesis, team, drafts, k))
            for k in range(settings.orders)
        ),
        Arm(
            "synthesis, confidence words", "method", lambda: _synthesis(team, drafts, 0, words=True)
        ),
    ]
    fill_parts(table, watch, parts)


def _sure(said: Said, i: int) -> float:
    return -1.0 if math.isnan(said.probability[i]) else said.probability[i]


def _chosen(team: Team, drafts: list[Said], choice: list[int]) -> list[dict[str, object]]:
    said = picked(team, drafts, choice)
    return team.rows(said, drafts, **_habits(said, [list(drafts)] * team.n))


def _synthesis(
    team: Team, drafts: list[Said], order: int, words: bool = False
) -> list[dict[str, object]]:
    """Answers of the aggregator with the drafts in an order drawn per question (order 0: as they
    are)."""
    rng = random.Random(f"{team.settings.seed}/{order}")
    orders = [rng.sample(drafts, len(drafts)) if order else list(drafts) for _ in range(team.n)]
    given = columns_of(drafts, [s.probability for s in drafts] if words else None)
    if order:
        given = [[said.texts[i] for said in order_i] for i, order_i in enumerate(orders)]
    said = team.aggregate(given)
    return team.rows(said, drafts, **_habits(said, orders))


def _habits(said: Said, orders: list[list[Said]]) -> dict[str, list[float]]:
    """Whether each answer follows the first draft, and the majority; NaN where the drafts do not
    tell."""
    first, follows = [], []
    for i, order in enumerate(orders):
        values = [draft.values[i] for draft in order]
        counts = {value: values.count(value) for value in values if value is not None}
        most = max(counts.values(), default=0)
        winners = [value for value, count in counts.items() if count == most]
        first.append(float(said.values[i] == values[0]) if len(counts) > 1 else math.nan)
        clear = len(winners) == 1 and most > 1 and len(counts) > 1
        follows.append(float(said.values[i] == winners[0]) if clear else math.nan)
    return {"first": first, "follows_vote": follows}
