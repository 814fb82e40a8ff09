"""One measured figure with its goal, and a fair way to time things against each other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """One line of a bench."""

    name: str
    value: float
    unit: str
    """For example ``s``, ``MB``, ``tokens/s``, ``×``, ``%``."""
    goal: str = ""
    """What was promised, in words: ``≤ 5 MB``; empty where nothing was."""
    ok: bool | None = None
    """Whether the goal was met; None without a goal."""
    note: str = ""
    """What was run."""


def at_most(name: str, value: float, limit: float, unit: str, note: str = "") -> Measurement:
    """A figure that should not be larger than a limit."""
    return Measurement(name, value, unit, f"≤ {limit:g} {unit}", value <= limit, note)


def at_least(name: str, value: float, limit: float, unit: str, note: str = "") -> Measurement:
    """A figure that should not be smaller than a limit."""
    return Measurement(name, value, unit, f"≥ {limit:g} {unit}", value >= limit, note)


def median_seconds(
    *functions: Callable[[], Any],
    rounds: int = 5,
    warm: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """The median time of each function in seconds. Rounds alternate, so that a busy machine hits
    all alike.

    Args:
        functions: what is timed.
        rounds: how often each.
        warm: calls of each before that.
        clock: seconds; wall time by default.
    """
    for function in functions:
        for _ in range(warm):
            function()
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for own, function in zip(times, functions, strict=True):
            start = clock()
            function()
            own.append(clock() - start)
    return [statistics.median(own) for own in times]
