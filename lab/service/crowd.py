"""A class at one device, in simulated time: who waits how long in the service's own queue.

The order is that of `lab.service.queue.FairQueue` itself; time is arithmetic, so that an hour of a
class takes moments. Students press independently of each other, each again a while after the answer
(a closed queue with exponential thinking times, as in the machine-repair model: Allen, Probability,
Statistics, and Queueing Theory, section 5.2.9).
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lab.service.job import Job
from lab.service.queue import FairQueue


@dataclass(frozen=True)
class Crowd:
    """A class and what it does."""

    students: int
    every: float
    """Mean seconds from an answer to the next press."""
    lasts: Sequence[float]
    """Seconds on the device of a press, drawn from these measured ones."""


@dataclass(frozen=True)
class Waits:
    """Seconds from press to answer."""

    presses: int
    median: float
    p95: float
    busy: float
    """Share of the time in which the device works, 0 to 1."""

    @classmethod
    def of(cls, seconds: Sequence[float], worked: float, lasted: float) -> Waits:
        """The figures of some presses.

        Args:
            seconds: from press to answer, one per press.
            worked: seconds of the device.
            lasted: seconds from the first press to the last answer.
        """
        median, p95 = np.quantile(seconds, (0.5, 0.95)) if len(seconds) else (0.0, 0.0)
        return cls(len(seconds), float(median), float(p95), worked / lasted if lasted else 0.0)


def simulate(crowd: Crowd, seconds: float, seed: int = 0) -> Waits:
    """What a class sees in this time.

    Args:
        seconds: simulated; presses after it are not made, those before it are answered.
    """
    rng, ids = random.Random(seed), itertools.count()
    presses: list[tuple[float, int, str]] = []
    for student in range(crowd.students):
        first = rng.expovariate(1 / crowd.every)
        heapq.heappush(presses, (first, next(ids), f"student {student}"))
    return _serve(presses, crowd, seconds, rng, ids)


def simulate_burst(students: int, lasts: Sequence[float], seed: int = 0) -> Waits:
    """All press at the same moment, each something else, once."""
    crowd = Crowd(students, float("inf"), lasts)
    presses = [(0.0, number, f"student {number}") for number in range(students)]
    return _serve(presses, crowd, 0.0, random.Random(seed), itertools.count(students))


def _serve(
    presses: list[tuple[float, int, str]],
    crowd: Crowd,
    until: float,
    rng: random.Random,
    ids: itertools.count[int],
) -> Waits:
    queue: FairQueue[float] = FairQueue(max_queued=1)
    waits, worked, now = [], 0.0, 0.0
    while presses or len(queue):
        if not len(queue):
            now = max(now, presses[0][0])
        while presses and presses[0][0] <= now:
            at, _, owner = heapq.heappop(presses)
            queue.put(Job("press", owner, "task"), at)
        item = queue.get()
        assert item is not None
        job, at = item
        service = rng.choice(crowd.lasts)
        now, worked = now + service, worked + service
        waits.append(now - at)
        again = now + (rng.expovariate(1 / crowd.every) if until else 0.0)
        if again < until:
            heapq.heappush(presses, (again, next(ids), job.owner))
    return Waits.of(waits, worked, now)
