"""The dial of latent steps, held by ``assets/js/dial.js``: for every m the answer to the run's
problem and the rate over many, all in one value, so that the thumb needs nobody to ask.
"""

from __future__ import annotations

from pydantic import Field

from lab.panels.style import amount_of_bytes
from lab.panels.value import FromBrowser, Value
from lab.records import Record
from lab.records.step_sweeps import (
    MOST,
    AnswerSweep,
    RateSweep,
    SweepReply,
    ThinkingTeam,
    team_of,
    thinking_lane,
)
from lab.stats import wilson


class DialRate(Value):
    """Right answers among some problems."""

    right: int
    n: int
    low: float
    """95 % Wilson interval."""
    high: float


class DialStop(Value):
    """What stands at one place of the dial, or at one of its bounds."""

    said: bool
    """Whether the answer to this problem is known."""
    answer: str
    correct: bool | None
    slots: int
    """KV positions handed to the last agent."""
    bytes: str
    rate: DialRate | None


class DialValue(Value):
    """All of it; no stops where nobody thinks in latents."""

    record: str = ""
    lane: str = ""
    truth: str = ""
    m: int | None = None
    """Latent steps of the run itself, where the dial reaches that far."""
    at: int | None = None
    """Where a link put the thumb; at the run's own number if it said nothing."""
    visit: int = 0
    """Another one: an address was opened, and the thumb goes where it says."""
    stops: tuple[DialStop, ...] = ()
    """By m, from 0."""
    nothing: DialStop | None = None
    """The floor: the last agent alone."""
    text: DialStop | None = None
    """The ceiling: the same agents handing over words."""
    measurable: bool = False
    """Whether what is missing can be measured here."""
    working: bool = False
    told: str = ""
    """Place in line, or how far the measurement is."""


class MeasureDial(FromBrowser):
    """Measure what is missing on a record's dial."""

    record: str


class DialTurned(FromBrowser):
    """Where the thumb came to rest."""

    record: str
    m: int = Field(ge=0, le=MOST)


def dial_team(record: Record) -> ThinkingTeam | None:
    """The team whose steps are dialled: the first that hands over what it thinks."""
    found = thinking_lane(record.plan)
    if found is None:
        return None
    lane, plan = found
    return team_of(record.plan, lane, str(record.host(plan.host)["digest"]))


def dial_value(
    record: Record,
    record_id: str,
    answers: AnswerSweep | None,
    rates: RateSweep | None,
    *,
    measurable: bool = False,
    working: bool = False,
    told: str = "",
) -> DialValue:
    """The dial of a record.

    Args:
        record_id: id under which the page knows the record.
        answers: to its problem, where they are known.
        rates: over other problems of its kind, where they are known.
        measurable: whether what is missing can be measured.
        working: whether it is being measured.
        told: how far that is.
    """
    found = thinking_lane(record.plan)
    if found is None:
        return DialValue(record=record_id)
    lane, plan = found
    numbers = range(MOST + 1)
    return DialValue(
        record=record_id,
        lane=lane,
        truth=record.problem.truth or "",
        m=plan.steps if plan.steps in numbers else None,
        stops=tuple(
            _stop(answers.at[m] if answers else None, rates, rates.at[m] if rates else 0)
            for m in numbers
        ),
        nothing=_stop(answers.nothing if answers else None, rates, rates.nothing if rates else 0),
        text=_stop(answers.text if answers else None, rates, rates.text if rates else 0),
        measurable=measurable and (answers is None or rates is None),
        working=working,
        told=told,
    )


def _stop(reply: SweepReply | None, rates: RateSweep | None, right: int) -> DialStop:
    rate = None
    if rates is not None:
        found = wilson(right, rates.asked.n)
        low, high = round(found.low, 4), round(found.high, 4)
        rate = DialRate(right=right, n=rates.asked.n, low=low, high=high)
    return DialStop(
        said=reply is not None,
        answer=(reply.value or reply.answer) if reply else "",
        correct=reply.correct if reply else None,
        slots=reply.slots if reply else 0,
        bytes=amount_of_bytes(reply.bytes) if reply else "",
        rate=rate,
    )
