"""How many people a cluster can serve, worked out from measured service times: a queue of people,
many workers, and one head that writes everything down.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Carried:
    """What a simulated hour looks like."""

    per_minute: float
    """Runs that came to their end."""
    wait_p95: float
    """Seconds from asking to the last event, beyond the time that a run itself takes."""
    head_busy: float
    """Share of the time in which the head was at work."""


def simulate(
    workers: int,
    people: int,
    pause: float,
    service: float,
    head: float,
    seconds: float = 3600.0,
    seed: int = 0,
) -> Carried:
    """A closed loop: everybody asks, waits for the answer, thinks, and asks again.

    A run takes a worker for ``service`` seconds; its events take the head ``head`` seconds of
    processor, one run after the other (one Python process writes all records).

    Args:
        workers: that take runs in the order they were asked for.
        people: who ask.
        pause: mean seconds between an answer and the next question, exponential.
        service: seconds of a worker per run.
        head: seconds of the head per run.
        seconds: simulated.
        seed: of the pauses.
    """
    rng = random.Random(seed)
    asks = [rng.expovariate(1 / pause) for _ in range(people)]
    heapq.heapify(asks)
    free = [0.0] * workers
    head_free, busy, ended = 0.0, 0.0, 0
    waits: list[float] = []
    while asks and asks[0] < seconds:
        asked = heapq.heappop(asks)
        worked = max(asked, heapq.heappop(free)) + service
        heapq.heappush(free, worked)
        head_free = max(head_free, worked) + head
        busy += head
        ended += head_free <= seconds
        waits.append(head_free - asked - service - head)
        heapq.heappush(asks, head_free + rng.expovariate(1 / pause))
    waits.sort()
    p95 = waits[int(0.95 * (len(waits) - 1))] if waits else 0.0
    return Carried(60 * ended / seconds, p95, min(busy / seconds, 1.0))
