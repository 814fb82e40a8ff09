"""Two runs as a pair, drawn by ``assets/js/pair.js``: what was changed in the plan, and what came
out otherwise.
"""

from __future__ import annotations

from lab.panels.drafts.drafts_value import DiffPiece
from lab.panels.run.lanes_value import Column
from lab.panels.value import FromBrowser, Value


class CompareWith(FromBrowser):
    """Another run shall stand beside the one on the page; an empty name takes it away."""

    record: str
    """Id of the one on the page."""
    other: str


class PairChoice(Value):
    """A record that can be compared with."""

    id: str
    title: str


class PairSetting(Value):
    """One thing that the two plans say differently."""

    where: str
    """Title of the lane, or empty for the whole plan."""
    key: str
    here: str
    there: str


class PairThought(Value):
    """Neighbouring steps that would say one word."""

    word: str
    n: int
    """How many steps."""
    same: bool
    """The other run's steps of the same numbers would say it too."""


class PairAgent(Value):
    """What one agent thought or said in one of the runs."""

    name: str
    color: str
    thoughts: tuple[PairThought, ...]
    said: tuple[DiffPiece, ...]
    alone: bool = False
    """The other run has the lane, and no such agent in it."""


class PairCost(Value):
    """One column of the comparison of the methods."""

    column: Column
    text: str
    same: bool
    """Equal to the other run's; clock times are never told as different."""


class PairSide(Value):
    """One lane in one of the runs."""

    answer: str
    correct: bool | None
    same: bool
    """Answer and verdict are the other run's."""
    agents: tuple[PairAgent, ...]
    cost: tuple[PairCost, ...]


class PairLane(Value):
    """One lane of both runs; None where a run has no such lane."""

    title: str
    here: PairSide | None
    there: PairSide | None
    differences: int = 0
    """Marks on both sides."""


class PairValue(Value):
    """The pair; no other record where nothing is compared."""

    record: str | None = None
    other: str | None = None
    choices: tuple[PairChoice, ...] = ()
    here: str = ""
    """Name of the run on the page."""
    there: str = ""
    same_problem: bool = True
    settings: tuple[PairSetting, ...] = ()
    lanes: tuple[PairLane, ...] = ()
    differences: int = 0
    """Marks of everything in ``lanes``."""
    told: str = ""
    """Why there is no pair."""
