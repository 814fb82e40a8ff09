"""Whom to ask? A router picks k of n proposers per question from the question's words and from what
each proposer got right on past questions; beside all of them, k by lot, the k that are best on the
whole, the same router taught with results that belong to other questions, and an oracle.

Past and new questions are apart by person: a person's questions are routed by a router that has
seen no question about that person. So it can learn who knows about pets, and not who knows about
Ada's pet. Teams differ in how their knowledge is spread: by subject, or over all facts at random.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any

import numpy as np
from pydantic import Field

from lab import worlds
from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import BASICS, Arm, Said, Team, TeamSettings, columns_of, fill_parts
from lab.methods.router import Past, Router, best_fixed, require_choice
from lab.models.hosts import Hosts
from lab.records.results import Metric, ResultTable
from lab.words import say

METRICS = (*BASICS, Metric("covered", "share", "rate", "high"), Metric("sure", "share", "mean", ""))
"""``covered``: somebody who was asked drafted the right answer; ``sure``: how likely the router
thought that."""
Choice = list[tuple[int, ...]]
"""Whom to ask, by question."""


class Settings(TeamSettings):
    """Teams to choose from, and how many are asked."""

    teams: dict[str, tuple[str, ...]] = Field(
        {"at random": ("pocket-scholar-1", "pocket-scholar-2", "pocket-scholar-3")}, min_length=1
    )
    """By how their knowledge is spread, which is the channel of the results."""
    ks: tuple[int, ...] = Field((1, 2), min_length=1)
    folds: int = Field(5, ge=2)
    """Into so many parts the persons are split; each part is routed by what the others taught."""


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Measure every way of choosing on the same drafts, team after team.

    Raises:
        BadInput: if more proposers are to be asked than a team has.
    """
    for names in settings.teams.values():
        for k in settings.ks:
            require_choice(k, len(names))
    parts: list[Arm] = []
    before: Team[Settings] | None = None
    for number, (spread, names) in enumerate(settings.teams.items()):
        watch.step(number, len(settings.teams) + 1, say("said.progress.drafts"))
        team = Team.gather(settings.model_copy(update={"proposers": names}), hosts, table)
        if before is not None:
            team = replace(team, kept=before.kept)  # the same questions: who drafted, has drafted
        before = team
        parts += _arms(team, spread, table)
    fill_parts(table, watch, parts)


def _arms(team: Team[Settings], spread: str, table: ResultTable) -> list[Arm]:
    names, drafts = team.settings.proposers, team.drafts()
    desk, asked = Desk.of(team, drafts), Readings(team, drafts).rows
    everybody: Choice = [tuple(range(len(names)))] * team.n
    parts = [
        Arm(f"proposer {i + 1}: {name}", "", partial(team.rows, said), spread)
        for i, (name, said) in enumerate(zip(names, drafts, strict=True))
    ]
    parts.append(Arm(f"all {len(names)}", "ceiling", partial(asked, everybody), spread))
    for k in team.settings.ks:
        routed, sure = desk.routed(k)
        blind, unsure = desk.routed(k, shuffled=True)
        parts += [
            Arm(f"router, k = {k}", "method", partial(asked, routed, sure), spread),
            Arm(f"best fixed, k = {k}", "control", partial(asked, desk.fixed(k))),
            Arm(f"by lot, k = {k}", "control", partial(asked, desk.by_lot(k))),
            Arm(
                f"router, past shuffled, k = {k}",
                "control",
                partial(asked, blind, unsure),
            ),
            Arm(f"oracle, k = {k}", "ceiling", partial(asked, desk.oracle(k))),
        ]
    table.meta.setdefault("teams", {})[spread] = list(names)
    return [Arm(part.condition, part.control, part.rows, spread) for part in parts]


@dataclass(frozen=True)
class Desk:
    """All ways of choosing among proposers who have drafted."""

    past: Past
    """All questions of the experiment."""
    folds: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    """(past, new) rows; every question is new once."""
    seed: int
    _routers: dict[tuple[int, bool], Router] = field(default_factory=dict)
    """By fold, and whether its past was shuffled: what was learned for one k serves all."""

    @classmethod
    def of(cls, team: Team[Settings], drafts: Sequence[Said]) -> Desk:
        """The choices for a team's drafts.

        Args:
            team: whose questions are split by person.
            drafts: of all proposers.
        """
        right = np.array([said.right for said in drafts], dtype=bool).T
        past = Past(tuple(problem.question for problem in team.problems), right)
        about = [subject(problem) for problem in team.problems]
        return cls(past, apart(about, team.settings.folds), team.settings.seed)

    def routed(self, k: int, shuffled: bool = False) -> tuple[Choice, list[float]]:
        """Whom the router asks, and how likely it thinks that one of them is right.

        Args:
            k: how many are asked.
            shuffled: the control: past results belong to other past questions.
        """
        choice: Choice = [()] * len(self.past.questions)
        sure = [0.0] * len(choice)
        for fold, (_, new) in enumerate(self.folds):
            router = self._router(fold, shuffled)
            asked = [self.past.questions[i] for i in new]
            for i, question, members in zip(new, asked, router.choose(asked, k), strict=True):
                choice[i] = members
                sure[i] = float(router.chance([question], members)[0])
        return choice, sure

    def router_of(self, row: int) -> Router:
        """The router that a question is routed by: it has seen no question about the same person.

        Args:
            row: of the question.
        """
        fold = next(i for i, (_, new) in enumerate(self.folds) if row in new)
        return self._router(fold, False)

    def _router(self, fold: int, shuffled: bool) -> Router:
        key = (fold, shuffled)
        if key not in self._routers:
            old, _ = self.folds[fold]
            seen = self.past.only(old)
            if shuffled:
                order = np.random.default_rng(self.seed).permutation(len(old))
                seen = Past(seen.questions, seen.right[order])
            self._routers[key] = Router(seen)
        return self._routers[key]

    def fixed(self, k: int) -> Choice:
        """The same ``k`` for all new questions: the best on the past ones."""
        choice: Choice = [()] * len(self.past.questions)
        for old, new in self.folds:
            best = best_fixed(self.past.only(old), k)
            for i in new:
                choice[i] = best
        return choice

    def by_lot(self, k: int) -> Choice:
        """Any ``k``, drawn anew for every question."""
        rng = random.Random(f"lot/{self.seed}")
        n = int(self.past.right.shape[1])
        return [tuple(rng.sample(range(n), k)) for _ in self.past.questions]

    def oracle(self, k: int) -> Choice:
        """Those who will be right first: what no router can know."""
        rows = self.past.right
        return [tuple(np.argsort(~row, kind="stable")[:k].tolist()) for row in rows]


def subject(problem: worlds.Problem) -> str:
    """What must not be in both the past and the new questions: the person; of a ledger, itself."""
    if problem.world == "almanac":
        return problem.claims[0].entity
    return str(problem.seed)


def apart(about: Sequence[str], folds: int) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """(past, new) rows of every fold, nobody on both sides (scikit-learn's ``GroupKFold``).

    Args:
        about: whom each question is about.
        folds: at most so many; fewer where there are fewer persons.
    """
    from sklearn.model_selection import GroupKFold

    split = GroupKFold(min(folds, len(set(about)))).split(np.zeros(len(about)), groups=about)
    return tuple((tuple(old.tolist()), tuple(new.tolist())) for old, new in split)


Drafts = tuple[str, ...]


@dataclass
class Readings:
    """What the aggregator says to some drafts of a question: asked once, whoever chose them."""

    team: Team[Settings]
    drafts: Sequence[Said]
    """Of all proposers."""
    _said: dict[tuple[int, Drafts], tuple[Said, int]] = field(default_factory=dict)
    """By question and drafts: the answers it stands among, and its place there."""

    def rows(self, choice: Choice, sure: Sequence[float] | None = None) -> list[dict[str, Any]]:
        """The aggregate of those who were asked; the others cost nothing.

        Args:
            choice: whom to ask, by question.
            sure: how likely the router thought that one of them is right, by question.
        """
        texts = columns_of(self.drafts)
        given = [
            (i, tuple(row[m] for m in members))
            for i, (row, members) in enumerate(zip(texts, choice, strict=True))
        ]
        self._read([one for one in given if one not in self._said])
        rows = []
        for (i, heard), members in zip(given, choice, strict=True):
            said, at = self._said[i, heard]
            [row] = replace(self.team, problems=[self.team.problems[i]]).rows(only(said, at))
            row["tokens"] += float(sum(self.drafts[m].tokens[i] for m in members))
            row["ms"] += sum(self.drafts[m].ms for m in members)
            row["covered"] = any(self.drafts[m].right[i] for m in members)
            row["asked"] = " ".join(str(m + 1) for m in members)
            if sure is not None:
                row["sure"] = sure[i]
            rows.append(row)
        return rows

    def _read(self, new: list[tuple[int, Drafts]]) -> None:
        if not new:
            return
        some = replace(self.team, problems=[self.team.problems[i] for i, _ in new])
        said = some.aggregate([heard for _, heard in new])
        self._said.update({one: (said, at) for at, one in enumerate(new)})


def only(said: Said, at: int) -> Said:
    """One question's part of what somebody said.

    Args:
        at: place of the question.
    """
    lists: dict[str, Any] = {
        each.name: [getattr(said, each.name)[at]] for each in fields(Said) if each.name != "ms"
    }
    return replace(said, **lists)
