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
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import BadInput, Cancelled, LabError
from lab.events import Event
from lab.models.spec import POCKET
from lab.plan import Plan, PlanProblem
from lab.records import new_run_id
from lab.roster import lane_hosts
from lab.service.job import Job
from lab.service.kept_answers import KeptAnswers
from lab.service.limits import Limits, check_budget
from lab.service.queue import FairQueue
from lab.words import say

if TYPE_CHECKING:
    from lab.experiments.harness.driver import Watch
    from lab.experiments.harness.registry import Experiment
    from lab.models.pool import HostPool
    from lab.plan import Strict
    from lab.records.results import ResultTable
    from lab.service.crew import Crew

log = logging.getLogger(__name__)
KEPT_JOBS = 200
"""Jobs that are over and can still be asked for; their records stay on disk in any case."""
AT_ONCE = 10.0
"""Seconds for which long work lets short jobs pass before it does its next step."""
FIRST_SECONDS = 2.0
"""How long a job is taken to last before any was seen."""

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
            crew: workers on other devices that do the runs; tasks stay on this process's device.
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
        self._crew = crew
        self._runs = self._queue if crew is None else FairQueue[Callable[[Job], Any]](max_queued)
        self._workers: list[threading.Thread] = []
        self._start(self._queue)
        self._staff()

    @property
    def pool(self) -> HostPool:
        """The shared models."""
        with self._pool_lock:
            if self._pool is None:
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
        """How many runs the crew works on at the same time; 0 where there is no crew."""
        return self._crew.size if self._crew is not None else 0

    @property
    def lost(self) -> int:
        """Workers of the crew that died and were replaced."""
        return self._crew.lost if self._crew is not None else 0

    def machines(self) -> list[dict[str, Any]]:
        """The crew's workers, see `Crew.machines`; nothing where this process does everything."""
        return self._crew.machines() if self._crew is not None else []

    def experiment(
        self, entry: Experiment, settings: Strict, folder: Path | None, watch: Watch
    ) -> ResultTable:
        """Run an experiment from within a task: on this device, or on the crew's.

        Args:
            entry: which experiment.
            settings: all of them.
            folder: of its record.
            watch: hears of it, and stops it.

        Raises:
            LabError: what the experiment raised.
        """
        if self._crew is not None:
            return self._crew.experiment(entry, settings, folder, watch)
        from lab.experiments.harness.driver import run_experiment

        return run_experiment(entry, settings, self.pool.get, folder, watch)

    def submit(self, plan: Plan, owner: str = "local") -> Job:
        """Put a run into the queue.

        Raises:
            BadInput: if the plan asks for more than the limits, or its owner has too many runs
                waiting.
        """
        check_budget(plan, self.limits)
        job = Job(plan.name, owner, "run", self.records_dir / new_run_id())
        # Runs of pocket models last a second or two.
        job.short = all(name.startswith(POCKET) for lane in plan.lanes for name in lane_hosts(lane))
        job.pocket_only = self.admit(is_own(plan))
        return self._enqueue(job, partial(self._run, plan))

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
        """Put other work for the device into the queue: an experiment, a lens, a question to a
        latent.

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

        if same is None:
            return self._enqueue(job, work)
        key = f"{name}\n{job.pocket_only}\n{same}"
        return self._enqueue(job, lambda job: self._answers.get(key, partial(work, job)))

    def submit_limit(self, plan: Plan, owner: str = "local") -> Job:
        """Ask how long a question may be for this plan; the job's ``result`` is (tokens, lane and
        model that limit it).

        It loads the plan's models, because only their own tokenizers and windows can tell.
        """

        def limit(progress: Callable[..., None], _cancelled: threading.Event) -> tuple[int, str]:
            if self._crew is not None:
                return self._crew.limit(plan, job.pocket_only)
            from lab.methods import load_prompts
            from lab.service.limits import question_limit
            from lab.service.runner import load_hosts

            hosts = load_hosts(plan, self.pool, on_status=partial(progress, 0.0))
            return question_limit(plan, load_prompts(plan.prompts), hosts.__getitem__)

        job = Job("limit", owner, "task")
        job.pocket_only = self.admit(is_own(plan))
        return self._enqueue(job, lambda job: limit(job.report, job.cancelled))

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
        """How long a waiting job will wait for the device, in seconds: each job ahead is taken to
        last as long as those of its name did, or as all did where there were none."""
        jobs, at_work = self.jobs(), list(self._at_work)
        over = [(j.name, j.seconds) for j in jobs if j.state == "finished"]

        def typical(name: str) -> float:
            lasted = [s for n, s in over if n == name] or [s for _, s in over]
            return sum(lasted) / len(lasted) if lasted else FIRST_SECONDS

        ahead = [
            j for j in jobs if j.state == "queued" and 0 < j.place_in_queue < job.place_in_queue
        ]
        if self._crew is not None:
            ahead = [j for j in ahead if j.kind == job.kind]
            at_work = [j for j in at_work if j.kind == job.kind]
        desks = self._crew.size if self._crew is not None and job.kind == "run" else 1
        left = sum(max(0.0, typical(j.name) - j.seconds) for j in at_work)
        return (left + sum(typical(j.name) for j in ahead)) / desks

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
        queue = self._runs if job.kind == "run" else self._queue
        gone = queue.put(job, work)
        if gone is not None:
            gone.turn("cancelled", "A newer request of yours took the place of this one.")
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
                self._do(job, work)
            finally:
                self._at_work.remove(job)
                if self._pool is not None:
                    self._loaded = self._pool.loaded()

    def _do(self, job: Job, work: Callable[[Job], Any]) -> None:
        if job.cancelled.is_set():
            job.turn("cancelled", "Stopped by its owner before it began.")
            return
        here = self._crew is None or job.kind == "task"
        if here and not job.short:
            job._on_pause = self._let_pass
        if here and (job.pocket_only or self._pool is not None):
            self.pool.pocket_only = job.pocket_only
        job.turn("loading" if job.kind == "run" else "running")
        try:
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
                self._do(short, work)
            finally:
                self._at_work.remove(short)
                if self._pool is not None:
                    self.pool.pocket_only = job.pocket_only

    def _run(self, plan: Plan, job: Job) -> Any:
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


def is_own(plan: Plan) -> bool:
    """Whether a plan asks a question of its owner's own, and none of the worlds'."""
    return isinstance(plan.problem, PlanProblem) and plan.problem.world is None


def defect(error: BaseException) -> str:
    """The sentence for an error that is nobody's input but the lab's own fault."""
    text = " ".join(str(error).split())[:160]
    what = f"{type(error).__name__}: {text}"
    return say("error.defect.run", what=what)
