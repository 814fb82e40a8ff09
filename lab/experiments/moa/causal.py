"""Do the drafts cause the answer? The aggregator reads the real drafts, those of another question,
filler of the same length, or none: the accuracy that is left without their content is not owed to
the team.
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import (
    BASICS,
    NLL,
    Arm,
    Said,
    Team,
    TeamSettings,
    columns_of,
    fill_parts,
)
from lab.experiments.transfer.relay_problems import other_row
from lab.models.hosts import Hosts
from lab.records.results import ResultTable
from lab.words import say

METRICS = (*BASICS, NLL)
"""``nll``: nats that the right answer costs the aggregator; no sampling, no parsing."""
FILLER = (
    "The red box has 9 coins. The lime box has 2 coins. "
    "The blue box has 4 coins. The pink box has 7 coins."
)
FILLER_LEDGER = (
    "Ivy Stone lives in Brul. Ben Reed keeps a cat. Ada Marsh plays the lute. Tom Hill drinks tea."
)


class Settings(TeamSettings):
    """The team."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure the aggregator with real, foreign, empty and no drafts."""
    team = Team.gather(settings, hosts, table)
    watch.step(0, 6, say("said.progress.drafts"))
    drafts = team.drafts()
    real = columns_of(drafts)
    others = other_row([p.truth for p in team.problems], settings.seed)
    rng = random.Random(settings.seed)
    filler = FILLER if settings.world == "almanac" else FILLER_LEDGER
    given: dict[tuple[str, str], list[list[str]]] = {
        ("real drafts", "method"): real,
        ("one real, rest filler", ""): [
            [row[0], *(_filler(text, filler) for text in row[1:])] for row in real
        ],
        ("words of the drafts shuffled", "control"): [
            [_shuffled(text, rng) for text in row] for row in real
        ],
        ("another question's drafts", "control"): [real[other] for other in others],
        ("filler of equal length", "control"): [
            [_filler(text, filler) for text in row] for row in real
        ],
        ("no drafts", "floor"): [[] for _ in real],
        ("the right answer as every draft", "ceiling"): [
            [p.answer] * len(drafts) for p in team.problems
        ],
    }
    parts = [
        Arm(
            name,
            control,
            partial(_aggregated, team, rows, drafts),
        )
        for (name, control), rows in given.items()
    ]
    fill_parts(table, watch, parts)


def _aggregated(team: Team, rows: list[list[str]], drafts: list[Said]) -> list[dict[str, Any]]:
    return team.rows(team.aggregate(rows), drafts, nll=team.nll(rows))


def _filler(text: str, source: str) -> str:
    """As many words as ``text`` has, from ``source``, which has nothing to do with the question."""
    words = source.split()
    return " ".join(words[i % len(words)] for i in range(len(text.split())))


def _shuffled(text: str, rng: random.Random) -> str:
    words = text.split()
    rng.shuffle(words)
    return " ".join(words)
