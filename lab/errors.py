"""Errors that are shown to the user.

The contract of every class here: its message is one clear sentence (what, expected, got, what to
do) that may stand on the page or in the terminal as it is. Everything else that is raised is a
defect of the lab.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class LabError(Exception):
    """Base of all errors whose message is meant for the user."""


class BadInput(LabError):
    """A question, plan, preset or parameter that cannot be used."""


class ModelUnavailable(LabError):
    """A model that is missing, gated, not causal, damaged or too large for the memory."""


class SpaceMismatch(LabError):
    """Two vectors of different spaces were about to be compared, projected together or injected."""


class RecordDamaged(LabError):
    """A record folder that is missing, truncated, damaged or of a newer schema."""


class RemoteFailed(LabError):
    """A remote text endpoint that did not answer, or answered nonsense."""


class Cancelled(LabError):
    """The run was stopped by its owner."""


def first_mistake(error: ValidationError, top: str = "top level") -> str:
    """What is wrong with some data in one clause: ``where: what was expected; got …``.

    Args:
        error: what pydantic found; the first mistake is told.
        top: what the data as a whole is called.
    """
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or top
    got = repr(first.get("input"))
    return f"{where}: {first['msg']}; got {got if len(got) <= 80 else got[:79] + '…'}"
