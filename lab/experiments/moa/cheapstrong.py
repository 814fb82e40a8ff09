"""In practice: cheap proposers with a strong aggregator, strong proposers with a cheap one, and
everything between; each beside its best member alone. Cheap means the same model with its weights
rounded to four bits.
"""

from __future__ import annotations

from functools import partial

from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import BASICS, Arm, Team, TeamSettings, columns_of, fill_parts
from lab.models.hosts import Hosts
from lab.records.results import ResultTable

METRICS = BASICS


class Settings(TeamSettings):
    """The team in its strong form, and what makes a member cheap."""

    cheap: str = ":int4"


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure the four teams and their best members."""
    team = Team.gather(settings, hosts, table)
    strong, cheap = settings.proposers, tuple(name + settings.cheap for name in settings.proposers)
    heads = {"strong": settings.aggregator, "cheap": settings.aggregator + settings.cheap}
    parts = []
    for label, names in (("strong", strong), ("cheap", cheap)):
        parts.append(Arm(f"best {label} proposer alone", "floor", partial(_best, team, names)))
        parts += [
            Arm(
                f"{label} proposers, {head} aggregator",
                "method",
                partial(_team, team, names, name),
            )
            for head, name in heads.items()
        ]
    fill_parts(table, watch, parts)


def _best(team: Team, names: tuple[str, ...]) -> list[dict[str, object]]:
    return team.rows(max((team.propose(name) for name in names), key=lambda said: sum(said.right)))


def _team(team: Team, names: tuple[str, ...], head: str) -> list[dict[str, object]]:
    drafts = [team.propose(name, i) for i, name in enumerate(names)]
    return team.rows(team.aggregate(columns_of(drafts), head), drafts)
