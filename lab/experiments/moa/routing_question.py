"""One question of a measured `routing`: whom the router asked, how sure it was, and why; and what
it thinks of any other choice. Everything comes from the result's rows; no model is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab import worlds
from lab.errors import BadInput
from lab.events import Candidate
from lab.experiments.moa.routing import Desk, apart, subject
from lab.methods.router import Past
from lab.records.results import ResultTable
from lab.words import say


@dataclass(frozen=True)
class Overruled:
    """A choice for one question."""

    question: str
    truth: str
    candidates: tuple[Candidate, ...]
    """All proposers, in their order."""
    drafts: tuple[tuple[str, bool], ...]
    """What each says, whether it was asked or not, and whether that is right."""
    sure: float
    """How likely the router thinks that one of those asked is right."""
    routed: tuple[int, ...]
    """Whom the router asked, from 1."""
    answer: str | None
    """The aggregate of those asked, where some condition measured it."""
    right: bool | None


def questions(table: ResultTable, most: int) -> list[tuple[str, int]]:
    """The first questions of a result with their seeds.

    Args:
        table: of the experiment `routing`.
        most: how many.
    """
    return [(_problem(table, seed).question, seed) for seed in _seeds(table)[:most]]


def overruled(
    table: ResultTable, spread: str, seed: int, k: int, chosen: tuple[int, ...] | None = None
) -> Overruled:
    """The router's choice for a question, or another one.

    Args:
        table: of the experiment `routing`.
        spread: how knowledge is spread: the channel of its rows.
        seed: of the question.
        k: how many the router asks.
        chosen: who is asked instead, from 1; None: whom the router asked.

    Raises:
        BadInput: for a question or a proposer that is not there, or nobody to ask.
    """
    rows = table.rows[table.rows["channel"] == spread]
    seeds, names = _seeds(table), table.meta.get("teams", {}).get(spread, [])
    if seed not in seeds or not names:
        raise BadInput(say("error.routing_question.not_there", seed=seed, spread=spread))
    drafts = [_column(table, spread, f"proposer {i + 1}: {name}") for i, name in enumerate(names)]
    right = np.array([[bool(one.at[s, "accuracy"]) for one in drafts] for s in seeds])
    problems = [_problem(table, s) for s in seeds]
    spec = table.meta["spec"]
    folds = apart([subject(p) for p in problems], int(spec["folds"]))
    desk = Desk(Past(tuple(p.question for p in problems), right), folds, int(spec["seed"]))
    at = seeds.index(seed)
    router = desk.router_of(at)
    routed = tuple(sorted(m + 1 for m in router.choose([problems[at].question], k)[0]))
    members = routed if chosen is None else tuple(sorted(set(chosen)))
    if not members:
        raise BadInput(say("error.router.nobody_left"))
    for number in members:
        if not 1 <= number <= len(names):
            raise BadInput(say("error.router.no_such", number=number, n=len(names)))
    asked = problems[at].question
    reasons = [router.why(asked, i) for i in range(len(names))]
    found = _aggregate(rows, seed, members)
    return Overruled(
        asked,
        problems[at].truth,
        tuple(
            Candidate(f"proposer {i}", name, i in members, why.chance, why.rate, why.words)
            for i, (name, why) in enumerate(zip(names, reasons, strict=True), start=1)
        ),
        tuple((str(one.at[seed, "said"]), bool(one.at[seed, "accuracy"])) for one in drafts),
        float(router.chance([asked], [m - 1 for m in members])[0]),
        routed,
        None if found is None else str(found["said"]),
        None if found is None else bool(found["accuracy"]),
    )


def _seeds(table: ResultTable) -> list[int]:
    return [int(seed) for seed in table.rows["problem"].drop_duplicates()]


def _problem(table: ResultTable, seed: int) -> worlds.Problem:
    spec = table.meta["spec"]
    return worlds.make_problem(spec["world"], seed, depth=spec["depth"])


def _column(table: ResultTable, spread: str, condition: str) -> pd.DataFrame:
    part = table.rows_of(condition, spread).set_index("problem")
    if not len(part):
        raise BadInput(say("said.claims.the_condition_is_missing", missing=condition))
    return part


def _aggregate(rows: pd.DataFrame, seed: int, members: tuple[int, ...]) -> pd.Series | None:
    """The row of a condition that asked exactly these; the aggregator read them in their order."""
    mine = rows[(rows["problem"] == seed) & rows["asked"].notna()]
    for _, row in mine.iterrows():
        if tuple(sorted(int(number) for number in str(row["asked"]).split())) == members:
            return row
    return None
