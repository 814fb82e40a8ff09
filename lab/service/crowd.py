"""A class at one device or at many, in simulated time: who waits how long in the service's own
queue, and what one head that writes all records down carries.

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
    workers: int = 1
    """Devices."""
    head: float = 0.0
    """Seconds of the one process that hears all workers and writes the records, per press; where
    the device is that process's own they are part of ``lasts``."""


@dataclass(frozen=True)
class Waits:
    """Seconds from press to answer."""

    presses: int
    median: float
    p95: float
    busy: float
    """Share of the time in which the devices work, 0 to 1."""
    head_busy: float
    """Share of the time in which the head works, 0 to 1."""
    per_minute: float
    """Answers."""

    @classmethod
    def of(
        cls,
        seconds: Sequence[float],
        worked: float,
        lasted: float,
        workers: int = 1,
        head: float = 0.0,
    ) -> Waits:
        """The figures of some presses.

        Args:
            seconds: from press to answer, one per press.
            worked: seconds of the devices.
            lasted: seconds from the first press to the last answer.
            workers: devices.
            head: seconds of the head.
        """
        n, time = len(seconds), lasted or 1.0
        median, p95 = np.quantile(seconds, (0.5, 0.95)) if n else (0.0, 0.0)
        busy = worked / time / workers
        return cls(n, float(median), float(p95), busy, head / time, 60 * n / time)


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
    free = [0.0] * crowd.workers
    waits, worked, told = [], 0.0, 0.0
    while presses or len(queue):
        now = heapq.heappop(free)
        if not len(queue):
            now = max(now, presses[0][0])
        while presses and presses[0][0] <= now:
            at, _, owner = heapq.heappop(presses)
            queue.put(Job("press", owner, "task"), at)
        item = queue.get()
        assert item is not None
        job, at = item
        service = rng.choice(crowd.lasts)
        heapq.heappush(free, now + service)
        worked, told = worked + service, max(told, now + service) + crowd.head
        waits.append(told - at)
        again = told + (rng.expovariate(1 / crowd.every) if until else 0.0)
        if again < until:
            heapq.heappush(presses, (again, next(ids), job.owner))
    lasted = max(told, *free)
    return Waits.of(waits, worked, lasted, crowd.workers, crowd.head * len(waits))
