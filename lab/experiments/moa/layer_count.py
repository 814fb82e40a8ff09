"""1, 2, 3 layers and 1 to 6 proposers: what more agents bring, and what they cost in tokens and in
waiting.
"""

from __future__ import annotations

import time
from functools import partial

from pydantic import Field

from lab.engine.decode import generate_text
from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import (
    BASICS,
    Arm,
    Member,
    Said,
    Team,
    TeamSettings,
    fill_parts,
)
from lab.methods.mixture import Proposal, rounds
from lab.models.hosts import Hosts
from lab.plan import Decoding
from lab.records.results import Metric, ResultTable

METRICS = (*BASICS, Metric("first_word_ms", "ms", "mean", "low"))
"""``first_word_ms``: one question alone on the machine, from its start to the first word of the
final answer."""


class Settings(TeamSettings):
    """The team and the grid."""

    layers: tuple[int, ...] = (1, 2, 3)
    sizes: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    heat: float = Field(0.7, gt=0.0, le=5.0)
    """Temperature of a model that stands in the team a second time."""
    timed: int = Field(5, ge=1, le=50)
    """Questions whose first word is timed alone."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure every number of proposers and layers, a single agent beside them."""
    team = Team.gather(settings, hosts, table)
    solo = settings.aggregator
    parts = [Arm("single agent", "floor", lambda: _rows(team, 0, 0, team.propose(solo), []))]
    for size in settings.sizes:
        for layers in settings.layers:
            parts.append(
                Arm(
                    f"{layers} × {size}",
                    "method",
                    partial(_stack, team, size, layers),
                )
            )
    fill_parts(table, watch, parts)


def _members(settings: Settings, size: int) -> list[Member]:
    """The proposers of a layer; models take turns, sampled from their second turn on."""
    names = settings.proposers
    return [
        Member(
            names[i % len(names)],
            i // len(names),
            settings.heat if i >= len(names) else settings.temperature,
        )
        for i in range(size)
    ]


def _stack(team: Team[Settings], size: int, layers: int) -> list[dict[str, object]]:
    members = _members(team.settings, size)
    spent, said = team.mixture(members, layers)
    return _rows(team, size, layers, said, spent)


def _rows(
    team: Team[Settings], size: int, layers: int, said: Said, spent: list[Said]
) -> list[dict[str, object]]:
    timed = team.settings.timed
    waits = [_wait(team, i, size, layers) if i < timed else float("nan") for i in range(team.n)]
    return team.rows(said, spent, first_word_ms=waits)


def _wait(team: Team[Settings], i: int, size: int, layers: int) -> float:
    """ms until the first word of the final answer to one question; proposers of one model run as
    one batch."""
    members = _members(team.settings, size)
    one = Team(team.settings, team.hosts, [team.problems[i]])
    began = time.perf_counter()
    course = rounds([*[members] * (layers if size else 0), [Member(team.settings.aggregator)]])
    turn = next(course)
    for _ in range(layers if size else 0):
        read = [draft.text for draft in turn.drafts[0]]
        new: dict[int, str] = {}
        for name in dict.fromkeys(member.name for member in members):
            host = one.hosts(name)
            rows = [k for k, member in enumerate(members) if member.name == name]
            prompt = one.prompts(host, "proposer", [read])[0]
            settings = [
                Decoding(
                    max_tokens=team.settings.max_tokens,
                    temperature=members[k].temperature,
                    seed=members[k].seed,
                )
                for k in rows
            ]
            got = generate_text(host, [prompt] * len(rows), None, settings)
            new.update(zip(rows, got.texts, strict=True))
        turn = course.send([[Proposal(members[k].name, new[k].strip())] for k in range(size)])
    drafts = [draft.text for draft in turn.drafts[0]]
    host = one.hosts(team.settings.aggregator)
    role = "aggregator" if size else "proposer"
    generate_text(host, one.prompts(host, role, [drafts]), None, Decoding(max_tokens=1))
    return 1e3 * (time.perf_counter() - began)
