"""Coverage or quality? What each proposer knows, what they know together, what the aggregate keeps
of it; and whether a weaker proposer with other knowledge helps more than a copy of the best one.
"""

from __future__ import annotations

from functools import partial

from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import (
    BASICS,
    Arm,
    Said,
    Team,
    TeamSettings,
    columns_of,
    fill_parts,
    picked,
)
from lab.models.hosts import Hosts
from lab.records.results import ResultTable
from lab.words import say

METRICS = BASICS


class Settings(TeamSettings):
    """The team, and what makes a proposer weaker."""

    weaker: str = ":int4"
    """Suffix that turns a model into a weaker one with the same knowledge."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure all conditions of the coverage experiment."""
    team = Team.gather(settings, hosts, table)
    names = settings.proposers
    watch.step(0, len(names) + 9, say("said.progress.drafts"))
    drafts = team.drafts()
    order = sorted(range(len(names)), key=lambda i: sum(drafts[i].right), reverse=True)
    best, weakest = order[0], order[-1]
    other, copy = names[weakest] + settings.weaker, names[best] + settings.weaker
    table.note(f"Best proposer on these questions: {names[best]}; weakest: {names[weakest]}.")
    parts = [
        Arm("aggregator, no drafts", "floor", lambda: team.rows(team.aggregate([[]] * team.n)))
    ]
    parts += [
        Arm(f"proposer {i + 1}: {name}", "", partial(team.rows, said))
        for i, (name, said) in enumerate(zip(names, drafts, strict=True))
    ]
    parts += [
        Arm("best proposer alone", "floor", lambda: team.rows(drafts[best])),
        Arm("union of proposers", "ceiling", lambda: team.rows(union(team, drafts), drafts)),
        Arm("aggregate", "method", lambda: _aggregate(team, drafts)),
        Arm("aggregate, confidence words", "method", lambda: _aggregate(team, drafts, words=True)),
        Arm("aggregate of the best", "", lambda: _aggregate(team, [drafts[best]])),
        Arm("best + weakest", "", lambda: _aggregate(team, [drafts[best], drafts[weakest]])),
        Arm(
            "best + weaker other", "", lambda: _aggregate(team, [drafts[best], team.propose(other)])
        ),
        Arm(
            "best + weaker copy",
            "control",
            lambda: _aggregate(team, [drafts[best], team.propose(copy)]),
        ),
        Arm("drafts about another", "control", lambda: _aggregate(team, drafts, turned=1)),
    ]
    fill_parts(table, watch, parts)


def union(team: Team, drafts: list[Said]) -> Said:
    """An oracle that knows which draft is right: the most that choosing among drafts can give."""
    choice = [
        max(range(len(drafts)), key=lambda d: (drafts[d].right[i], drafts[d].facts[i]))
        for i in range(team.n)
    ]
    return picked(team, drafts, choice)


def _aggregate(
    team: Team, drafts: list[Said], words: bool = False, turned: int = 0
) -> list[dict[str, object]]:
    given = columns_of(drafts, [s.probability for s in drafts] if words else None)
    given = given[turned:] + given[:turned]
    return team.rows(team.aggregate(given), drafts)
