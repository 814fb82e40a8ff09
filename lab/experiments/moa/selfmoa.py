"""An error-correcting code? Different proposers against one model sampled several times (Self-MoA),
with the correlation of their errors: a mixture can only repair what its members do not get wrong
together.
"""

from __future__ import annotations

import random
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from lab.experiments.harness.driver import Watch
from lab.experiments.moa.coverage import union
from lab.experiments.moa.team import (
    ACCURACY,
    FACTS,
    MS,
    TOKENS,
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
    ACCURACY,
    FACTS,
    TOKENS,
    MS,
    Metric("error_correlation", "phi", "mean", "low"),
    Metric("same_error", "share", "mean", "low"),
)
"""``error_correlation``: phi coefficient of being wrong, over questions; ``same_error``: the same
wrong value twice."""


class Settings(TeamSettings):
    """The team; samples of one model are drawn at ``heat``."""

    heat: float = Field(1.0, gt=0.0, le=5.0)


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure mixed and self-made teams of equal size on the same questions."""
    team = Team.gather(settings, hosts, table)
    watch.step(0, 1, say("said.progress.drafts"))
    mixed = team.drafts()
    best = settings.proposers[max(range(len(mixed)), key=lambda d: sum(mixed[d].right))]
    table.note(f"Self-MoA samples the best proposer, {best}, at temperature {settings.heat:g}.")
    own = [team.propose(best, seed, settings.heat) for seed in range(len(mixed))]
    hot = [team.propose(name, seed, settings.heat) for seed, name in enumerate(settings.proposers)]
    parts = [
        Arm("best single proposer", "floor", lambda: team.rows(team.propose(best))),
        Arm("aggregator, no drafts", "floor", lambda: team.rows(team.aggregate([[]] * team.n))),
    ]
    for name, drafts in (("mixed", mixed), ("mixed, sampled", hot), ("self", own)):
        parts += [
            Arm(
                f"{name}: synthesis",
                "method",
                partial(_synthesis, team, drafts),
            ),
            Arm(f"{name}: majority", "", partial(_majority, team, drafts)),
            Arm(
                f"{name}: any right (oracle)",
                "ceiling",
                partial(_any_right, team, drafts),
            ),
        ]
        parts += [
            Arm(
                f"{name}: errors {i + 1} × {j + 1}",
                "",
                partial(_pair, team, drafts[i], drafts[j]),
            )
            for i, j in combinations(range(len(drafts)), 2)
        ]
        table.meta.setdefault("matrices", {})[name] = error_matrix(
            [said.errors for said in drafts]
        ).tolist()
    fill_parts(table, watch, parts)


def error_matrix(errors: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Phi coefficients of error vectors: (k, k); NaN where somebody is always right or always
    wrong.

    Args:
        errors: k arrays (n,) of 0 and 1.
    """
    return np.array([[float(np.mean(phi_terms(a, b))) for b in errors] for a in errors])


def phi_terms(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) numbers whose mean is the phi coefficient (Pearson's r of two 0/1 variables); NaN
    without variance."""
    sd = a.std() * b.std()
    return (a - a.mean()) * (b - b.mean()) / sd if sd > 0 else np.full(len(a), np.nan)


def _synthesis(team: Team, drafts: list[Said]) -> list[dict[str, Any]]:
    return team.rows(team.aggregate(columns_of(drafts)), drafts)


def _majority(team: Team, drafts: list[Said]) -> list[dict[str, Any]]:
    chosen = voted(drafts, random.Random(team.settings.seed))
    return team.rows(picked(team, drafts, chosen), drafts)


def _any_right(team: Team, drafts: list[Said]) -> list[dict[str, Any]]:
    return team.rows(union(team, drafts), drafts)


def _pair(team: Team, a: Said, b: Said) -> list[dict[str, object]]:
    terms = phi_terms(a.errors, b.errors)
    same = [
        float(not a.right[i] and a.values[i] is not None and a.values[i] == b.values[i])
        for i in range(team.n)
    ]
    return [
        {"problem": p.seed, "error_correlation": float(terms[i]), "same_error": same[i]}
        for i, p in enumerate(team.problems)
    ]
