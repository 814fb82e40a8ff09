"""Errors that are shown to the user.

The contract of every class here: its message is one clear sentence (what, expected, got, what to
do) that may stand on the page or in the terminal as it is. Everything else that is raised is a
defect of the lab.
"""

from __future__ import annotations


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
