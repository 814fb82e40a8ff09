"""The data factory as tables: what each filter lets through, and the first lines of the set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lab.panels.widget_values import TableValue, table_value
from lab.stats import Estimate
from lab.words import say


@dataclass(frozen=True)
class Sieve:
    """How many answers pass a filter, and how many of those are right: the filter cannot know."""

    name: str
    """Of the filter; ``none`` for all answers, ``together`` for those that pass all that are on."""
    passed: int
    right: Estimate | None
    """Of those that pass; None where none does."""


@dataclass(frozen=True)
class SetLine:
    """One line of the set as somebody reads it."""

    question: str
    answer: str
    agree: int
    """Drafts that state the same value."""
    drafts: int
    probability: float
    right: bool
    planted: bool


def sieve_table(sieves: Iterable[Sieve], on: Iterable[str]) -> TableValue:
    """A row per filter: on or off, how many pass, and what share of those is right.

    Args:
        sieves: all answers first.
        on: names of the filters that are switched on.
    """
    rows, switched = list(sieves), set(on)
    whole = rows[0].passed
    cells = []
    for one in rows:
        state = say("drafts.factory.on" if one.name in switched else "drafts.factory.off")
        cells.append(
            (
                say(f"drafts.factory.sieve.{one.name}"),
                "" if one.name in ("none", "together") else state,
                say("drafts.factory.of", x=one.passed, n=whole),
                "–"
                if one.right is None
                else f"{100 * one.right.value:.0f} % [{100 * one.right.low:.0f}, "
                f"{100 * one.right.high:.0f}]",
            )
        )
    heads = [say(f"drafts.factory.head.{key}") for key in ("filter", "state", "passed", "right")]
    return table_value(heads, cells)


def sample_table(samples: Iterable[SetLine]) -> TableValue:
    """The first lines of the set, what they rest on, and whether they are right."""
    cells = [
        (
            one.question,
            one.answer,
            say("drafts.factory.of", x=one.agree, n=one.drafts),
            f"{one.probability:.2f}",
            say("drafts.factory.planted" if one.planted else "drafts.factory.own"),
            "✓" if one.right else "✗",
        )
        for one in samples
    ]
    keys = ("question", "answer", "agree", "probability", "drafts", "is_right")
    return table_value([say(f"drafts.factory.head.{key}") for key in keys], cells)
