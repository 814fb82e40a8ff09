"""Does a student learn what a team knows? Students of equal size and training, each on another set:
what a Mixture-of-Agents said, filtered or not, what the best proposer said, and the filtered set
with its answers shuffled; beside the proposers, the team and the student before its training.

Three questions in four may go into the sets; the others are the control for what a student can know
of questions that it was never taught. On some of the questions in the sets all drafts share one
false fact: does the student take it over?
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from lab.errors import BadInput
from lab.experiments.harness.driver import Watch
from lab.experiments.moa.team import BASICS, Arm, Said, Team, TeamSettings, columns_of, fill_parts
from lab.models.hosts import Hosts
from lab.models.loader import load
from lab.models.spec import parse_spec
from lab.records.results import Metric, ResultTable
from lab.words import say
from lab.worlds import almanac
from lab.zoo.data_factory import NOTHING, Filters, Item, make_set, save_set
from lab.zoo.student import Student

METRICS = (
    *BASICS,
    Metric("says_false", "share", "rate", "low"),
    Metric("set_size", "items", "mean", ""),
)
"""``says_false``: gives the value that all drafts shared falsely; on other questions, the value
that they would have shared."""
Channel = Literal["taught", "planted", "not taught"]
HELD_OUT = 4
"""One question in so many may not go into any set."""


class Settings(TeamSettings):
    """The team, what passes into the sets, and how students are trained."""

    filters: Filters = Filters()
    planted: int = Field(60, ge=0)
    """Questions on which all drafts share one false fact; at most half of those that may be
    taught."""
    student: str = "pocket-base"
    """The member from whose weights students start."""
    tokens: int = Field(200_000, ge=1)
    """Every student is trained on so many."""
    rate: float = Field(1.5e-3, gt=0.0)


def fill(table: ResultTable, settings: Settings, hosts: Hosts, watch: Watch) -> None:
    """Make the sets, train a student on each, and ask everybody the same questions.

    Raises:
        BadInput: for another world than the almanac's single facts, if nothing passes the filters,
            or if a student diverges.
    """
    if settings.world != "almanac" or settings.depth not in (None, 1):
        raise BadInput(say("error.distill.single_facts"))
    watch.step(0, 10, say("said.progress.drafts"))
    factory = Factory(settings, hosts, table)
    table.meta["sets"] = {name: len(items) for name, items in factory.sets.items()}
    parts = list[Arm]()
    for number, name in enumerate(settings.proposers, start=1):
        said = factory.team.propose(name)
        parts += factory.arms(f"proposer {number}: {name}", "", said)
    parts += factory.arms("best proposer alone", "floor", factory.best)
    parts += factory.arms("mixture", "ceiling", factory.mixture)
    before = factory.team.propose(settings.student, temperature=0.0)
    parts += factory.arms("student before", "floor", before)
    fill_parts(table, watch, parts)
    for number, (name, items) in enumerate(factory.sets.items()):
        condition = f"student of {name}"
        if all(table.done(condition, channel) for channel in factory.channels):
            continue
        control = "control" if name in ("best proposer", "shuffled mixture") else "method"
        with tempfile.TemporaryDirectory() as folder:
            tell = partial(_tell, watch, 4 + number, condition)
            taught = Student(
                items,
                Path(folder),
                parent=settings.student,
                tokens=settings.tokens,
                rate=settings.rate,
                seed=settings.seed,
            ).teach(tell)
            said = ask_student(factory.team, taught)
        for arm in factory.arms(condition, control, said, len(items)):
            table.add(arm.condition, arm.rows(), arm.channel, arm.control)


def _tell(watch: Watch, number: int, condition: str, share: float) -> None:
    watch.step(number, 9, say("said.progress.trained", what=condition, share=share))


class Factory:
    """The team at work: its questions, what it said, and the sets made of that."""

    def __init__(self, settings: Settings, hosts: Hosts, table: ResultTable | None = None) -> None:
        """
        Args:
            settings: of the experiment.
            hosts: models by name.
            table: learns what the models are.
        """
        self.settings = settings
        self.team = team = Team.gather(settings, hosts, table)
        every = range(team.n)
        taught = [i for i in every if i % HELD_OUT]
        wanted = min(settings.planted, len(taught) // 2)
        apart = max(1, len(taught) // max(1, wanted))
        self.planted = planted = frozenset(taught[::apart][:wanted])
        self.taught = taught
        self.channels: dict[Channel, list[int]] = {
            "taught": [i for i in taught if i not in planted],
            "planted": sorted(planted),
            "not taught": [i for i in every if not i % HELD_OUT],
        }
        self.lies = [false_value(team, i) for i in every]
        drafts = team.drafts()
        best = max(range(len(drafts)), key=lambda d: sum(drafts[d].right))
        given = [
            [self._lie(i)] * len(row) if i in planted else row
            for i, row in enumerate(columns_of(drafts))
        ]
        self.heard = [team.judged(one, [row[d] for row in given]) for d, one in enumerate(drafts)]
        self.mixture, self.best = team.aggregate(given), self.heard[best]
        self.best_name = settings.proposers[best]

    def passed(self, filters: Filters) -> list[Item]:
        """What of the mixture's answers passes.

        Raises:
            BadInput: if nothing does.
        """
        writer, rows = self.settings.aggregator, self.taught
        return make_set(self.team, writer, self.mixture, self.heard, filters, rows, self.planted)

    @cached_property
    def sets(self) -> dict[str, list[Item]]:
        """The sets of the experiment by name.

        Raises:
            BadInput: if nothing passes the filters.
        """
        passed, rows = self.passed(self.settings.filters), self.taught
        alone = make_set(self.team, self.best_name, self.best, (), NOTHING, rows, self.planted)
        return {
            "filtered mixture": passed,
            "unfiltered mixture": self.passed(NOTHING),
            "best proposer": alone,
            "shuffled mixture": shuffled(passed, self.settings.seed),
        }

    def _lie(self, i: int) -> str:
        claim = self.team.problems[i].claims[0]
        return almanac.sentence(claim.entity, claim.attribute, self.lies[i])

    def arms(self, condition: str, control: str, said: Said, size: int | None = None) -> list[Arm]:
        """One condition by channel.

        Args:
            condition: its name.
            control: what it is for.
            said: the answers to all questions.
            size: of the set behind it.
        """
        false = [value == lie for value, lie in zip(said.values, self.lies, strict=True)]
        rows = self.team.rows(said, says_false=false)
        for row in rows:
            row["set_size"] = float("nan") if size is None else float(size)
        return [
            Arm(condition, control, partial(_chosen, rows, some), channel)
            for channel, some in self.channels.items()
            if some
        ]


def ask_student(team: Team, folder: Path) -> Said:
    """A student's answers to a team's questions; no shared model is put aside for it.

    Args:
        team: whose questions they are.
        folder: of the finished student.
    """
    student = load(parse_spec(str(folder)), lambda _: student)
    own = Team(team.settings, lambda _: student, team.problems)
    return own.speak(str(folder), "proposer", [()] * own.n)


def _chosen(rows: list[dict[str, Any]], some: Sequence[int]) -> list[dict[str, Any]]:
    return [rows[i] for i in some]


def false_value(team: Team, i: int) -> str:
    """A wrong value for one question, drawn by its seed.

    Args:
        team: whose question it is.
        i: its number.
    """
    claim = team.problems[i].claims[0]
    wrong = [value for value in almanac.BY_NAME[claim.attribute].values if value != claim.value]
    return random.Random(f"{team.settings.seed}/{team.problems[i].seed}").choice(wrong)


def shuffled(items: Sequence[Item], seed: int) -> list[Item]:
    """The same questions, every one with the value of another question about the same attribute:
    as many facts, as well said, and wrong.

    Args:
        items: of the almanac.
        seed: of the order.
    """
    found = [almanac.parse_claims(item.answer) for item in items]
    groups: dict[str, list[int]] = {}
    for i, claims in enumerate(found):
        if claims:
            groups.setdefault(claims[-1].attribute, []).append(i)
    made = list(items)
    for attribute, rows in groups.items():
        random.Random(f"{seed}/{attribute}").shuffle(rows)
        for at, i in enumerate(rows):
            own, other = found[i][-1], found[rows[(at + 1) % len(rows)]][-1]
            answer = almanac.sentence(own.entity, attribute, other.value)
            made[i] = items[i].model_copy(update={"answer": answer})
    return made


def export(settings: Settings, hosts: Hosts, file: Path) -> list[Item]:
    """Make the filtered set and write it as lines of JSON.

    Args:
        settings: of the experiment; drafts are the team's own, with no false fact planted.
        hosts: models by name.
        file: where to.

    Raises:
        BadInput: if nothing passes the filters.
    """
    team = Team.gather(settings, hosts)
    drafts = team.drafts()
    said = team.aggregate(columns_of(drafts))
    items = make_set(team, settings.aggregator, said, drafts, settings.filters, range(team.n))
    save_set(items, file)
    return items
