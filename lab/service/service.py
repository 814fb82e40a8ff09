"""The one worker that owns the device (or the crew that owns many), and the queue before it. The
page and notebooks talk to models only through it.

A job that breaks takes nothing with it: its own message says what happened, the worker goes on with
the next.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import BadInput, Cancelled, LabError
from lab.events import Event
from lab.models.spec import POCKET
from lab.plan import Plan
from lab.records import new_run_id
from lab.roster import lane_hosts
from lab.service.asked import is_own, limit_of, load_all
from lab.service.job import Job, defect
from lab.service.kept_answers import KeptAnswers
from lab.service.libraries import LIBRARIES
from lab.service.limits import Limits, check_budget
from lab.service.queue import FairQueue
from lab.service.service_times import ServiceTimes
from lab.service.shared_runs import SharedRuns
from lab.words import say

if TYPE_CHECKING:
    from lab.experiments.harness.driver import Watch
    from lab.experiments.harness.registry import Experiment
    from lab.models.pool import HostPool
    from lab.panels.machines import Standing
    from lab.plan import Strict
    from lab.records.results import ResultTable
    from lab.service.crew import Crew, DeviceWork

log = logging.getLogger(__name__)
KEPT_JOBS = 200
"""Jobs that are over and can still be asked for; their records stay on disk in any case."""
AT_ONCE = 10.0
"""Seconds for which long work lets short jobs pass before it does its next step."""

TaskFunction = Callable[[Callable[..., None], threading.Event], Any]
"""``fn(progress, cancelled) -> result`` with ``progress(share, text="")``, which raises `Cancelled`
after a stop."""


Admit = Callable[[bool], bool]
"""``admit(own)`` is called before anything enters the queue; ``own``: it is about a question of the
asker's own. It raises what the asker is told if that may not be, and returns whether only pocket
models may be loaded for it."""


class Service:
    """Runs plans and tasks one after another on one thread."""

    def __init__(
        self,
        records_dir: Path | str,
        pool: HostPool | None = None,
        limits: Limits | None = None,
        crew: Crew | None = None,
    ) -> None:
        """
        Args:
            records_dir: where every run gets its folder.
            pool: shared models; one is made when the first job needs it, so that a page opens
                without torch.
            crew: workers on other devices that do the runs and the work for models; other tasks
                stay in this process.
        """
        self.records_dir = Path(records_dir)
        self.limits = limits or Limits()
        self.admit: Admit = lambda _own: False
        self._pool = pool
        self._pool_lock = threading.Lock()
        max_queued = self.limits.max_queued
        self._queue: FairQueue[Callable[[Job], Any]] = FairQueue(max_queued)
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._jobs_lock = threading.Lock()
        self._at_work: list[Job] = []
        self._loaded: list[dict[str, Any]] = []
        self._answers = KeptAnswers()
        self._times = ServiceTimes()
        self._crew = crew
        self._runs = self._queue if crew is None else FairQueue[Callable[[Job], Any]](max_queued)
        self._shared = SharedRuns(self._runs.is_next)
        self._workers: list[threading.Thread] = []
        self._start(self._queue)
        self._staff()

    @property
    def pool(self) -> HostPool:
        """The shared models."""
        with self._pool_lock:
            if self._pool is None:
                LIBRARIES.bring()
                from lab.models.pool import HostPool

                self._pool = HostPool()
            return self._pool

    @property
    def current(self) -> Job | None:
        """The job that has the device, if any; with a crew the one that has had one longest."""
        return next(iter(self._at_work), None)

    @property
    def waiting(self) -> int:
        """Number of jobs in the queue."""
        return len(self._queue) + (len(self._runs) if self._runs is not self._queue else 0)

    def loaded(self) -> list[dict[str, Any]]:
        """The models in memory as of the last job; never waits for one that is being loaded."""
        known = {host["name"] for host in self._loaded}
        others = self._crew.loaded() if self._crew is not None else []
        return [*self._loaded, *(host for host in others if host["name"] not in known)]

    @property
    def desks(self) -> int:
        """How many jobs the crew works on at the same time; 0 where there is no crew."""
        return self._crew.size if self._crew is not None else 0

    def standing(self) -> Standing | None:
        """How the crew is; None where this process does everything."""
        return self._crew.standing() if self._crew is not None else None

    def experiment(
        self,
        entry: Experiment,
        settings: Strict,
        folder: Path | None,
        watch: Watch,
        needs: Collection[str] = (),
    ) -> ResultTable:
        """Run an experiment from within a task: on this device, or on the crew's.

        Args:
            entry: which experiment.
            settings: all of them.
            folder: of its record.
            watch: hears of it, and stops it.
            needs: models without which nothing is measured at all: one that cannot be had is then
                one sentence, not one per condition.

        Raises:
            LabError: what the experiment raised.
        """
        if self._crew is not None:
            pocket_only = self._pool is not None and self._pool.pocket_only
            if needs:
                stop, tell = threading.Event(), partial(watch.progress, 0.0)
                self._crew.do(entry.name, partial(load_all, needs), stop, tell, pocket_only)
            return self._crew.experiment(entry, settings, folder, watch, pocket_only)
        load_all(needs, self.pool)
        from lab.experiments.harness.driver import run_experiment

        return run_experiment(entry, settings, self.pool.get, folder, watch)

    def submit(
        self, plan: Plan, owner: str = "local", keep: Callable[[str], None] = lambda _: None
    ) -> Job:
        """Put a run into the queue; one that somebody else asked for just now is worked on once,
        and each gets a record of their own.

        Args:
            keep: called with the record's name before there can be a record: whose it is.

        Raises:
            BadInput: if the plan asks for more than the limits, or its owner has too many runs
                waiting.
        """
        check_budget(plan, self.limits)
        folder = self.records_dir / new_run_id()
        job = Job(plan.name, owner, "run", folder)
        # Runs of pocket models last a second or two.
        job.short = all(name.startswith(POCKET) for lane in plan.lanes for name in lane_hosts(lane))
        job.pocket_only = self.admit(is_own(plan))
        keep(folder.name)
        if job.short and self._shared.join(plan, job):
            return self._note(job)
        try:
            return self._enqueue(job, partial(self._run, plan))
        except BadInput:
            self._shared.forget(job)
            raise

    def submit_task(
        self,
        name: str,
        fn: TaskFunction,
        owner: str = "local",
        own: bool = False,
        *,
        short: bool = False,
        same: str | None = None,
    ) -> Job:
        """Put other work into the queue that this process does itself: an experiment, which shares
        its parts out.

        Args:
            fn: called on the worker's thread as ``fn(progress, cancelled)``; what it returns is the
                job's ``result``.
            own: it is about a question of the owner's own.
            short: somebody looks on and waits: it passes long work, also work that has begun (when
                that reports, so that no step of it is timed with another's).
            same: tells equal requests, whose result does not depend on who asks: what a class asks
                for at the same time is computed once.
        """
        job = Job(name, owner, "task")
        job.short = short
        job.pocket_only = self.admit(own)

        def work(job: Job) -> Any:
            return fn(job.report, job.cancelled)

        return self._enqueue(job, self._once(job, work, same))

    def submit_work(
        self,
        name: str,
        work: DeviceWork,
        owner: str = "local",
        own: bool = False,
        *,
        short: bool = False,
        same: str | None = None,
    ) -> Job:
        """Put work for models into the queue, for this process's device or a worker of the crew: a
        lens, a question to a latent, an ablation.

        Args:
            work: called as ``work(pool, progress)``; what it returns is the job's ``result``.
            own: it is about a question of the owner's own.
            short: as `submit_task`.
            same: as `submit_task`.
        """
        job = Job(name, owner, "task")
        job.short, job.travels = short, True
        job.pocket_only = self.admit(own)
        return self._enqueue(job, self._once(job, partial(self._on_models, work), same))

    def submit_limit(self, plan: Plan, owner: str = "local") -> Job:
        """Ask how long a question may be for this plan; the job's ``result`` is (tokens, lane and
        model that limit it).

        It loads the plan's models, because only their own tokenizers and windows can tell.
        """
        return self.submit_work("limit", partial(limit_of, plan), owner, is_own(plan))

    def job(self, job_id: str) -> Job:
        """A job by its id.

        Raises:
            BadInput: if there is none (any more).
        """
        with self._jobs_lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise BadInput(say("error.service.there_no_job_session", job_id=job_id))
        return job

    def jobs(self, owner: str | None = None) -> list[Job]:
        """All known jobs in the order they were submitted, of one owner or of everybody."""
        with self._jobs_lock:
            return [job for job in self._jobs.values() if owner in (None, job.owner)]

    def seconds_before(self, job: Job) -> float:
        """How long a waiting job will wait for the device, in seconds, see `ServiceTimes.wait`."""
        jobs, at_work, desks = self.jobs(), list(self._at_work), 1
        if self._crew is not None:
            jobs = [j for j in jobs if j.travels == job.travels]
            at_work = [j for j in at_work if j.travels == job.travels]
            desks = max(1, self._crew.size) if job.travels else 1  # all may be gone for a moment
        return self._times.wait(job, jobs, at_work, self._answers.has) / desks

    def follow(self, job: Job) -> Iterator[Event]:
        """All events of a job until it is over; see `Job.follow`."""
        return job.follow()

    def close(self, timeout: float = 10.0) -> None:
        """Stop the current job, cancel those that wait, and end the worker."""
        for job in [*self._queue.close(), *self._runs.close()]:
            job.turn("cancelled", "The lab was closed before this run began.")
        for job in list(self._at_work):
            job.cancelled.set()
        for worker in self._workers:
            worker.join(timeout)
        if self._crew is not None:
            self._crew.close()

    def _once(self, job: Job, work: Callable[[Job], Any], same: str | None) -> Callable[[Job], Any]:
        """The work, or what somebody got who asked for the same."""
        if same is None:
            return work
        job.same = f"{job.name}\n{job.pocket_only}\n{same}"
        return lambda job: self._answers.get(job.same, partial(work, job))

    def _on_models(self, work: DeviceWork, job: Job) -> Any:
        if self._crew is not None:
            return self._crew.do(job.name, work, job.cancelled, job.report, job.pocket_only)
        return work(self.pool, job.report)

    def _start(self, queue: FairQueue[Callable[[Job], Any]]) -> None:
        worker = threading.Thread(target=self._work, args=(queue,), name="device", daemon=True)
        self._workers.append(worker)
        worker.start()

    def _staff(self) -> None:
        """A thread for every run that the crew can work on; it may have grown."""
        with self._jobs_lock:
            while len(self._workers) <= self.desks:
                self._start(self._runs)

    def _enqueue(self, job: Job, work: Callable[[Job], Any]) -> Job:
        self._staff()
        job._on_cancel = self._drop
        queue = self._runs if job.travels else self._queue
        gone = queue.put(job, work)
        if gone is not None:
            gone.turn("cancelled", "A newer request of yours took the place of this one.")
        return self._note(job)

    def _note(self, job: Job) -> Job:
        with self._jobs_lock:
            self._jobs[job.id] = job
            over = [key for key, old in self._jobs.items() if old.over]
            for key in over[: max(0, len(self._jobs) - KEPT_JOBS)]:
                del self._jobs[key]
        return job

    def _drop(self, job: Job) -> None:
        if self._queue.drop(job) or self._runs.drop(job):
            job.turn("cancelled", "Stopped by its owner before it began.")

    def _work(self, queue: FairQueue[Callable[[Job], Any]]) -> None:
        while (item := queue.get()) is not None:
            job, work = item
            self._at_work.append(job)
            try:
                self._timed(job, work)
            finally:
                self._at_work.remove(job)
                if self._pool is not None:
                    self._loaded = self._pool.loaded()

    def _timed(self, job: Job, work: Callable[[Job], Any]) -> None:
        """Do a job; what was really worked on to its end tells how long the next will last."""
        kept, began = self._answers.has(job.same), time.monotonic()
        self._do(job, work)
        if job.state == "finished" and not kept:
            self._times.add(job.name, time.monotonic() - began)

    def _do(self, job: Job, work: Callable[[Job], Any]) -> None:
        if job.cancelled.is_set():
            job.turn("cancelled", "Stopped by its owner before it began.")
            return
        here = self._crew is None or not job.travels
        if here and not job.short:
            job._on_pause = self._let_pass
        job.turn("loading" if job.kind == "run" else "running")
        try:
            if here and (job.pocket_only or self._pool is not None):
                self.pool.pocket_only = job.pocket_only
            job.result = work(job)
        except Cancelled as error:
            job.turn("cancelled", str(error))
        except LabError as error:
            job.turn("failed", str(error))
        except Exception as error:
            log.exception("Job %s broke", job.name)
            job.turn("failed", defect(error))
        else:
            job.turn("finished")

    def _let_pass(self, job: Job) -> None:
        """In a pause of long work: do the short jobs that wait, for at most `AT_ONCE` seconds."""
        ends = time.monotonic() + AT_ONCE
        while time.monotonic() < ends and (item := self._queue.get_short()) is not None:
            short, work = item
            self._at_work.append(short)
            try:
                self._timed(short, work)
            finally:
                self._at_work.remove(short)
                if self._pool is not None:
                    self.pool.pocket_only = job.pocket_only

    def _run(self, plan: Plan, job: Job) -> Any:
        def again(other: Job) -> None:
            self._enqueue(other, partial(self._run, plan))

        return self._shared.work(job, partial(self._run_alone, plan, job), again)

    def _run_alone(self, plan: Plan, job: Job) -> Any:
        def on_event(event: Event) -> None:
            if job.state == "loading":
                if self._crew is None:
                    self._loaded = self.pool.loaded()
                job.turn("running")
            job.add(event)
            job.pause()

        assert job.record_folder is not None
        heard = (job.cancelled, on_event, partial(job.report, 0.0))
        if self._crew is not None:
            return self._crew.run(plan, job.record_folder, *heard, job.pocket_only)
        from lab.service.runner import run_plan

        return run_plan(plan, job.record_folder, self.pool, *heard)
