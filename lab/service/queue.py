"""Who is next: owners take turns, and within an owner the order of submission holds.

Twenty submissions of one person delay another person's first one by at most one job.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Generic, TypeVar

from lab.errors import BadInput
from lab.service.job import Job
from lab.words import say

Work = TypeVar("Work")


class FairQueue(Generic[Work]):
    """Waiting jobs with their work. Thread-safe."""

    def __init__(self, max_queued: int) -> None:
        self._max = max_queued
        self._waiting: OrderedDict[str, deque[tuple[Job, Work]]] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, job: Job, work: Work) -> Job | None:
        """Add a job at the end of its owner's line.

        A task that finds its owner's line full takes the place of the owner's oldest waiting task,
        if there is one of the same name: who presses again wants the newer answer. A run is a
        record that somebody wants to keep, and gives way to nothing.

        Returns:
            the job that gave way and will not run, or None.

        Raises:
            BadInput: if its owner has too many waiting already, or the queue is closed.
        """
        gone = None
        with self._changed:
            if self._closed:
                raise BadInput(say("error.queue.service_shutting_down_running"))
            line = self._waiting.get(job.owner, deque())
            if len(line) >= self._max:
                gone = _gives_way(job, [waiting for waiting, _ in line])
                if gone is None:
                    raise BadInput(say("error.queue.too_many_runs_waiting", max=self._max))
                line.remove(next(item for item in line if item[0] is gone))
            self._waiting.setdefault(job.owner, deque()).append((job, work))
            self._renumber()
            self._changed.notify_all()
        return gone

    def get(self) -> tuple[Job, Work] | None:
        """The next job, waiting for one; None when the queue was closed. Its owner goes to the end
        of the round."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            if not self._waiting:
                return None
            owner, line = self._waiting.popitem(last=False)
            job, work = line.popleft()
            if line:
                self._waiting[owner] = line
            job.move(0)
            self._renumber()
            return job, work

    def drop(self, job: Job) -> bool:
        """Take a waiting job out; False if it does not wait here."""
        with self._changed:
            line = self._waiting.get(job.owner, deque())
            found = next((item for item in line if item[0] is job), None)
            if found is None:
                return False
            line.remove(found)
            if not line:
                del self._waiting[job.owner]
            self._renumber()
            return True

    def close(self) -> list[Job]:
        """Wake up the worker, take no more jobs, and return those that waited."""
        with self._changed:
            self._closed = True
            left = [job for line in self._waiting.values() for job, _ in line]
            self._waiting.clear()
            self._changed.notify_all()
            return left

    def __len__(self) -> int:
        with self._changed:
            return sum(len(line) for line in self._waiting.values())

    def _renumber(self) -> None:
        """Tell every waiting job its place in the order in which `get` would return them."""
        lines = deque(deque(job for job, _ in line) for line in self._waiting.values())
        place = 1
        while lines:
            line = lines.popleft()
            line.popleft().move(place)
            place += 1
            if line:
                lines.append(line)


def _gives_way(job: Job, waiting: list[Job]) -> Job | None:
    """The waiting job of the same owner that a new one replaces, or None."""
    if job.kind != "task":
        return None
    tasks = [old for old in waiting if old.kind == "task"]
    return next((old for old in tasks if old.name == job.name), tasks[0] if tasks else None)
