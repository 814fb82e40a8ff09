"""Who is next: owners take turns, within an owner the order of submission holds, and what is short
passes what is long.

Twenty submissions of one person delay another person's first one by at most one job of its kind; a
long job that has waited for `PATIENCE` seconds is passed no more.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from lab.errors import BadInput
from lab.service.job import Job
from lab.words import say

PATIENCE = 30.0
"""Seconds."""

Work = TypeVar("Work")
Line = deque[tuple[Job, Work]]


class FairQueue(Generic[Work]):
    """Waiting jobs with their work. Thread-safe."""

    def __init__(self, max_queued: int) -> None:
        self._max = max_queued
        self._short: OrderedDict[str, Line[Work]] = OrderedDict()
        self._long: OrderedDict[str, Line[Work]] = OrderedDict()
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
            mine = [old for lines in self._rounds() for old, _ in lines.get(job.owner, ())]
            if len(mine) >= self._max:
                gone = _gives_way(job, sorted(mine, key=lambda old: old.submitted))
                if gone is None:
                    raise BadInput(say("error.queue.too_many_runs_waiting", max=self._max))
                self._take_out(gone)
            round_ = self._short if job.short else self._long
            round_.setdefault(job.owner, deque()).append((job, work))
            self._renumber()
            self._changed.notify_all()
        return gone

    def get(self) -> tuple[Job, Work] | None:
        """The next job, waiting for one; None when the queue was closed. Its owner goes to the end
        of the round."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._short or self._long)
            if not self._short and not self._long:
                return None
            first = next((line[0][0] for line in self._long.values()), None)
            aged = first is not None and time.monotonic() - first.submitted > PATIENCE
            return self._next(self._long if aged or not self._short else self._short)

    def get_short(self) -> tuple[Job, Work] | None:
        """The next short job; None where none waits."""
        with self._changed:
            return self._next(self._short) if self._short else None

    def is_next(self, job: Job) -> bool:
        """Whether none of its owner's own works stands before a job; also where it waits no
        more."""
        with self._changed:
            lines = (round_.get(job.owner, deque()) for round_ in self._rounds())
            return all(line[0][0] is job for line in lines if any(old is job for old, _ in line))

    def drop(self, job: Job) -> bool:
        """Take a waiting job out; False if it does not wait here."""
        with self._changed:
            if not self._take_out(job):
                return False
            self._renumber()
            return True

    def close(self) -> list[Job]:
        """Wake up the worker, take no more jobs, and return those that waited."""
        with self._changed:
            self._closed = True
            left = [job for job, _ in self._items()]
            for lines in self._rounds():
                lines.clear()
            self._changed.notify_all()
            return left

    def __len__(self) -> int:
        with self._changed:
            return sum(1 for _ in self._items())

    def _rounds(self) -> tuple[OrderedDict[str, Line[Work]], OrderedDict[str, Line[Work]]]:
        return self._short, self._long

    def _items(self) -> Iterator[tuple[Job, Work]]:
        return (item for lines in self._rounds() for line in lines.values() for item in line)

    def _next(self, lines: OrderedDict[str, Line[Work]]) -> tuple[Job, Work]:
        owner, line = lines.popitem(last=False)
        job, work = line.popleft()
        if line:
            lines[owner] = line
        job.move(0)
        self._renumber()
        return job, work

    def _take_out(self, job: Job) -> bool:
        for lines in self._rounds():
            line = lines.get(job.owner, deque())
            found = next((item for item in line if item[0] is job), None)
            if found is not None:
                line.remove(found)
                if not line:
                    del lines[job.owner]
                return True
        return False

    def _renumber(self) -> None:
        """Tell every waiting job its place in the order in which `get` would return them now."""
        place = 1
        for round_ in self._rounds():
            lines = deque(deque(job for job, _ in line) for line in round_.values())
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
