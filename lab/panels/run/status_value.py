"""The value of the line under the run bar, drawn by ``assets/js/status.js``."""

from __future__ import annotations

from lab.panels.value import Value


class AtWork(Value):
    """The agent at work in one lane."""

    lane: str
    agent: str
    phase: str
    step: int


class StatusValue(Value):
    """What runs now and at most how long, or what the preset is about."""

    stopping: bool = False
    loading: bool = False
    text: str = ""
    now: tuple[AtWork, ...] = ()
    elapsed: float | None = None
    """Seconds."""
    left: float | None = None
    """Seconds, an upper bound."""
    about: str = ""


class CommandValue(Value):
    """The command line that repeats the run."""

    command: str = ""
    record: str | None = None
    """Record that can be downloaded."""
