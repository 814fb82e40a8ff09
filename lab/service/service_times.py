"""How long works had the device lately: what the wait that is said before rests on.

The newest works count, because a service time of an hour ago was another machine's: it was measured
before fifty pages were being drawn beside it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence

from lab.service.job import Job

FIRST_SECONDS = 2.0
"""How long a work is taken to last before any was seen."""
NEWEST = 8
"""Works of one name that count."""
MOST_NAMES = 200


class ServiceTimes:
    """Measured seconds by the name of the work. Thread-safe."""

    def __init__(self) -> None:
        self._by_name: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=NEWEST)
        self._lock = threading.Lock()

    def add(self, name: str, seconds: float) -> None:
        """Note a work that is over.

        Args:
            name: of the work.
            seconds: from its beginning until the device was free for the next.
        """
        with self._lock:
            self._by_name.setdefault(name, deque(maxlen=NEWEST)).append(seconds)
            self._by_name.move_to_end(name)
            while len(self._by_name) > MOST_NAMES:
                self._by_name.popitem(last=False)
            self._all.append(seconds)

    def typical(self, name: str) -> float:
        """Seconds that a work of this name will last: the mean of its newest, else of the newest of
        all.

        Args:
            name: of the work.
        """
        with self._lock:
            seen = self._by_name.get(name) or self._all
            return sum(seen) / len(seen) if seen else FIRST_SECONDS

    def wait(
        self,
        job: Job,
        jobs: Iterable[Job],
        at_work: Sequence[Job],
        is_kept: Callable[[str], bool],
    ) -> float:
        """Seconds of work before a waiting job. What is asked for twice is worked on once, and long
        work that has begun lets a short job pass.

        Args:
            job: that waits.
            jobs: all.
            at_work: those that have the device.
            is_kept: whether the answer to equal requests is there already.
        """
        waiting = {j.place_in_queue: j for j in jobs if j.state == "queued"}  # some wait together
        ahead = [j for place, j in sorted(waiting.items()) if 0 < place < job.place_in_queue]
        begun = [j for j in at_work if j.short or not job.short]
        left = sum(max(0.0, self.typical(j.name) - j.seconds) for j in begun)
        same = {j.same for j in begun}
        for other in ahead:
            if not other.same or not (other.same in same or is_kept(other.same)):
                left += self.typical(other.name)
            same.add(other.same)
        return left
