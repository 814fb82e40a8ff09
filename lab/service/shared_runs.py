"""Equal runs of several people, worked on once: each gets a record of their own, and who stops
stops nobody else's.

The first to ask leads: the work is that of the leader's job, the others' jobs hear its events as
they come, and get a copy of its record when it is over.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab.errors import Cancelled, LabError
from lab.plan import Plan
from lab.records import Record
from lab.records.shelf import copy_record
from lab.service.job import Job, defect
from lab.words import say

SECONDS_KEPT = 60.0
"""How long a run that is over still serves others who ask for the same."""
MOST_KEPT = 32


@dataclass
class _Lead:
    """A run that others may follow."""

    job: Job
    followers: list[Job] = field(default_factory=list)
    over_at: float = 0.0
    """When it was over; 0 before."""


class SharedRuns:
    """The runs of one service that others may follow. Thread-safe."""

    def __init__(
        self, is_next: Callable[[Job], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Args:
            is_next: whether a job is the first of those that its owner has waiting, or waits no
                more: nobody waits for the leader's other work.
            clock: seconds.
        """
        self._is_next, self._clock = is_next, clock
        self._leads: OrderedDict[str, _Lead] = OrderedDict()
        """Whom somebody who asks now can follow, by what was asked."""
        self._at_work: dict[str, _Lead] = {}
        """By the leader's job, until its work is over."""
        self._lock = threading.RLock()

    def join(self, plan: Plan, job: Job) -> bool:
        """Let a job follow an equal run of somebody else's, if there is one.

        Args:
            plan: of the job.
            job: new, not in the queue.

        Returns:
            whether it follows one: then it is not to be put into the queue. Else others may follow
            it.
        """
        with self._lock:
            lead = self._leads.get(key := _key(plan, job))
            if lead is not None and lead.job.owner != job.owner and self._serves(lead, job):
                return True
            self._leads[key] = self._at_work[job.id] = _Lead(job)
            self._leads.move_to_end(key)
            while len(self._leads) > MOST_KEPT:
                self._leads.popitem(last=False)
            job._on_leave = self._leave
            return False

    def forget(self, job: Job) -> None:
        """Nobody can follow a job that was refused, or gave way."""
        with self._lock:
            self._at_work.pop(job.id, None)
            for key in [key for key, lead in self._leads.items() if lead.job is job]:
                del self._leads[key]

    def work(self, job: Job, run: Callable[[], Any], again: Callable[[Job], Any]) -> Any:
        """Do a run; those who follow it end as it ends.

        Args:
            job: the leader.
            run: does it.
            again: is given every follower who cannot have the leader's record, to run itself.

        Returns:
            what the run returned; what it raises is raised.
        """
        refused, stopped = "", False
        try:
            return run()
        except Cancelled:
            stopped = True
            raise
        except Exception as error:
            refused = str(error) if isinstance(error, LabError) else defect(error)
            raise
        finally:
            for other in self._settle(job, refused, stopped):
                other.state = "queued"
                again(other)

    def _settle(self, job: Job, refused: str, stopped: bool) -> list[Job]:
        with self._lock:
            lead = self._at_work.pop(job.id, None)
            if lead is None:
                return []
            lead.over_at = self._clock()
            followers, lead.followers = lead.followers, []
            job.lend_to_nobody()
            if refused or stopped:
                self.forget(job)
        ended = [(other, _serve(job, other, refused, stopped)) for other in followers]
        return [other for other, served in ended if not served]

    def _serves(self, lead: _Lead, job: Job) -> bool:
        if lead.over_at:
            return self._clock() - lead.over_at < SECONDS_KEPT and self._repeat(lead, job)
        if lead.job.over or not self._is_next(lead.job):
            return False
        lead.job.lend_to(job)
        lead.followers.append(job)
        job._on_leave = self._leave
        return True

    @staticmethod
    def _repeat(lead: _Lead, job: Job) -> bool:
        """A run that is over, told once more."""
        if lead.job.state != "finished":
            return False
        lead.job.lend_to(job)
        lead.job.lend_to_nobody()
        return _serve(lead.job, job, "", False)

    def _leave(self, job: Job) -> bool:
        """Somebody stops: whether others still want the work, so that it goes on."""
        with self._lock:
            for lead in self._at_work.values():
                if lead.job is job:
                    if not lead.followers:
                        self.forget(job)
                        return False
                    job.turn("cancelled", say("error.stopped"))
                    return True
                if any(other is job for other in lead.followers):
                    lead.followers.remove(job)
                    lead.job.lend_no_more_to(job)
                    job.record_folder = None  # nothing was written for it
                    job.turn("cancelled", say("error.stopped"))
                    if lead.job.over and not lead.followers:
                        self.forget(lead.job)
                        lead.job.cancel_work()
                    return True
        return False


def _key(plan: Plan, job: Job) -> str:
    return f"{job.pocket_only} {plan.model_dump_json()}"


def _serve(leader: Job, job: Job, refused: str, stopped: bool) -> bool:
    """End a follower as its leader ended, with a copy of the record; False if there is none."""
    source, target = leader.record_folder, job.record_folder
    assert source is not None and target is not None
    try:
        copy_record(source, target)
        record = Record.open(target)
    except (OSError, LabError):
        if not refused and not stopped:
            return False
    if stopped:
        job.turn("cancelled", say("error.stopped"))
    elif refused:
        job.turn("failed", refused)
    else:
        job.result = record
        job.turn("finished")
    return True
