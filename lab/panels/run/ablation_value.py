"""The ablations of a record as the lanes show them beside an answer."""

from __future__ import annotations

from pydantic import Field

from lab.panels.style import number
from lab.panels.value import Value
from lab.records import Ablation, Record, read_ablations
from lab.words import known, say

ABLATED = ("none", "prompt only", "latents only", "wrong problem", "noise", "foreign model")
"""Conditions in the order of the buttons."""
TRUE_RUN = "as it was"


class AblationRow(Value):
    """One run with something taken from its hand-over; or the sentence that says why not."""

    error: str = ""
    answer: str = ""
    correct: bool | None = None
    target: str = ""
    nll: str = ""
    """Of the target, with its unit."""
    note: str = ""

    @classmethod
    def of(cls, measured: Ablation) -> AblationRow:
        """What was measured, as it is shown."""
        return cls(
            answer=measured.answer,
            correct=measured.correct,
            target=measured.target,
            nll=number(measured.nll, say("said.unit.nats")),
            note=known(measured.note),
        )


class AblatedLane(Value):
    """What was measured on one lane."""

    rows: dict[str, AblationRow]
    """By condition."""
    pending: str = ""
    """The condition that runs now, or empty."""
    place: str = ""
    """Its place in line, as a sentence, while it waits for the device."""


class AblationValue(Value):
    """The ablations of one record."""

    record: str | None = None
    lanes: dict[str, AblatedLane] = Field(default_factory=dict)
    conditions: tuple[str, ...] = ABLATED
    true_run: str = TRUE_RUN
    recorded: bool = False
    """There is nothing here that could measure more."""


def kept_ablations(record: Record, *, recorded: bool = False) -> AblationValue:
    """What was measured on a record before.

    Args:
        recorded: it is shown where nothing more can be measured.
    """
    lanes = {
        lane: AblatedLane(rows={name: AblationRow.of(one) for name, one in rows.items()})
        for lane, rows in read_ablations(record.folder).items()
    }
    return AblationValue(record=record.folder.name, lanes=lanes, recorded=recorded)
