"""The data factory step by step, for somebody who looks on: what each filter lets through, a look
into the set, and one student trained on it beside its controls.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lab import stats
from lab.models.hosts import Hosts
from lab.panels.drafts.factory_tables import SetLine, Sieve
from lab.records.results import ResultTable
from lab.words import say
from lab.zoo.data_factory import Filters, Item, checks
from lab.zoo.distill import METRICS, Factory, Settings, ask_student
from lab.zoo.student import Student

STUDENT = "student of this set"
"""Its condition in the table."""
FILTERS = ("agreement", "rule", "confidence")


def open_factory(n: int, plant: bool, hosts: Hosts) -> Factory:
    """What the team says to ``n`` questions, for any choice of filters.

    Args:
        n: questions; every fourth is held out.
        plant: all drafts of one question in twelve are exchanged for one false fact.
        hosts: models by name.
    """
    settings = Settings(n=n, planted=n // 12 if plant else 0, max_tokens=24, batch=240)
    return Factory(settings, hosts)


def sieves(factory: Factory, filters: Filters) -> list[Sieve]:
    """All answers, what each filter alone lets through, and what those that are on let through
    together.

    Args:
        factory: whose answers.
        filters: which are on, and the least probability.
    """
    team, said = factory.team, factory.mixture
    found = {
        i: checks(team.problems[i], said, factory.heard, i, filters.least) for i in factory.taught
    }
    on = [name for name in FILTERS if getattr(filters, name)]
    kept = {
        "none": factory.taught,
        **{name: [i for i in factory.taught if found[i][name]] for name in FILTERS},
        "together": [i for i in factory.taught if all(found[i][name] for name in on)],
    }
    return [
        Sieve(name, len(rows), stats.rate([said.right[i] for i in rows]) if rows else None)
        for name, rows in kept.items()
    ]


def samples(factory: Factory, items: Sequence[Item], most: int = 6) -> list[SetLine]:
    """The first lines of a set; the first one with a planted falsehood, if any, is among them.

    Args:
        factory: that made it.
        items: the set.
        most: lines.
    """
    number = {problem.seed: i for i, problem in enumerate(factory.team.problems)}
    false = [item for item in items if item.provenance.get("planted")][:1]
    plain = [item for item in items if not item.provenance.get("planted")]
    shown = []
    for item in [*false, *plain][:most]:
        i = number[item.provenance["seed"]]
        said = factory.mixture
        same = sum(one.values[i] == said.values[i] for one in factory.heard)
        shown.append(
            SetLine(
                item.question,
                item.answer,
                same,
                len(factory.heard),
                said.probability[i],
                said.right[i],
                i in factory.planted,
            )
        )
    return shown


def teach_student(
    factory: Factory,
    filters: Filters,
    tokens: int,
    rate: float,
    tell: Callable[[float, str], None],
) -> ResultTable:
    """Train a student on what passes, and ask it and its controls every question.

    Args:
        factory: whose set.
        filters: what passes.
        tokens: to train on.
        rate: learning rate at the start.
        tell: hears the share done and what is being done; it stops the work by raising.

    Returns:
        a table of the experiment ``distill`` with the conditions ``best proposer alone``,
        ``mixture``, ``student before`` and `STUDENT`, taught, planted and not taught.

    Raises:
        BadInput: if nothing passes the filters, or the student diverges.
    """
    items = factory.passed(filters)
    chosen = {"filters": filters, "tokens": tokens, "rate": rate}
    settings = factory.settings.model_copy(update=chosen)
    table = ResultTable.start("distill", settings.model_dump(), None, METRICS)
    for name in (*settings.proposers, settings.aggregator):
        table.host(name, factory.team.hosts(name).info())
    began = time.monotonic()

    def watch(share: float) -> None:
        spent = time.monotonic() - began
        left = spent / share * (1 - share) if share > 0.02 else None
        text = say("said.distill.training" if left is None else "said.distill.left", s=left or 0)
        tell(0.95 * share, text)

    with tempfile.TemporaryDirectory() as folder:
        student = Student(
            items,
            Path(folder),
            parent=settings.student,
            tokens=tokens,
            rate=rate,
            seed=settings.seed,
        )
        said = ask_student(factory.team, student.teach(watch))
    tell(0.97, say("said.distill.asking"))
    before = factory.team.propose(settings.student, temperature=0.0)
    for arm in (
        *factory.arms("best proposer alone", "floor", factory.best),
        *factory.arms("mixture", "ceiling", factory.mixture),
        *factory.arms("student before", "floor", before),
        *factory.arms(STUDENT, "method", said, len(items)),
    ):
        table.add(arm.condition, arm.rows(), arm.channel, arm.control)
    table.meta.update(status="finished")
    return table
