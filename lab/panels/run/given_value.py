"""A thought given to another agent, held by ``assets/js/given.js``: what that agent said, beside
what it says without it and with random vectors of the same length.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lab.panels.value import FromBrowser, Value

Given = Literal["nothing", "thought", "random", "thoughts", "randoms"]


class GiveThought(FromBrowser):
    """A thought was dragged onto an agent's card."""

    record: str
    lane: str
    """Whose thought."""
    agent: str
    step: int = Field(ge=1)
    to_lane: str
    to_agent: str


class TakeBack(FromBrowser):
    """The answers shall not be shown any more."""

    record: str


class GivenRow(Value):
    """One answer of the agent that was asked."""

    given: Given
    answer: str
    correct: bool | None
    nll: str
    """Of the target, with its unit."""


class GivenValue(Value):
    """All that was measured on one thought; no record where nothing was given."""

    record: str | None = None
    lane: str = ""
    agent: str = ""
    step: int = 0
    to_lane: str = ""
    to_agent: str = ""
    rows: tuple[GivenRow, ...] = ()
    target: str = ""
    sender: str = ""
    """Model whose thought it is."""
    receiver: str = ""
    same_space: bool = True
    own_step: int = 0
    """Number of the receiver's own thought that gave way; 0 for one that speaks."""
    agrees: bool = True
    """The lanes, run again, said what the record says."""
    working: bool = False
    told: str = ""
    """Its place in line, or the sentence that says why it could not be measured."""
