"""The workers of a cluster behind the service: a run goes to the worker that has its models, its
events come back as they happen, and its record is written here.

A worker that dies in a run is replaced and the run done again from its beginning: runs are
repeatable, so what was heard before is compared, not told twice.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.cluster.connection import Cluster, ClusterUnreachable, WorkerLost
from lab.cluster.spread import MOST_LOSSES, run_spread
from lab.errors import Cancelled, LabError
from lab.events import Event, Note, RunFailed, to_dict
from lab.experiments.harness.driver import Watch
from lab.experiments.harness.registry import Experiment
from lab.plan import Plan, PlanProblem, Strict
from lab.records import Record, Writer
from lab.records.results import ResultTable
from lab.roster import lane_hosts

STOPPED = "Stopped by its owner."
KEPT_DELAYS = 20_000


class Unrepeatable(LabError):
    """A run that took another course when it was done again."""


class RayCrew:
    """`lab.service.crew.Crew` on a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.delays: deque[float] = deque(maxlen=KEPT_DELAYS)
        """Seconds from an event's happening to its being written and told; between machines their
        clocks' difference is in it."""
        for _ in range(cluster.size):
            threading.Thread(target=self._start_one, daemon=True, name="starts a worker").start()

    @property
    def size(self) -> int:
        """Workers, and so runs at the same time."""
        return self.cluster.size

    @property
    def lost(self) -> int:
        """Workers that died so far."""
        return self.cluster.lost

    def run(
        self,
        plan: Plan,
        folder: Path,
        cancelled: threading.Event,
        on_event: Callable[[Event], None],
        on_status: Callable[[str], None],
        pocket_only: bool = False,
    ) -> Record:
        """Have a worker run a plan, and write its record.

        Args:
            plan: what is run.
            folder: the record's own.
            cancelled: passed on to the worker.
            on_event: called with every event right after it was written.
            on_status: called with what is being done before the first event.
            pocket_only: whether only members of the pocket family may be loaded for it.

        Raises:
            LabError: as `lab.service.runner.run_plan`; `ClusterUnreachable` where several workers
                died at it.
        """
        hosts = {name for lane in plan.lanes for name in lane_hosts(lane)}
        scribe = _Scribe(plan, folder, on_event, on_status, self.delays)
        for _ in range(MOST_LOSSES):
            worker = self.cluster.lend(hosts, lambda: not cancelled.is_set())
            if worker is None or cancelled.is_set():
                if worker is not None:
                    self.cluster.release(worker)
                raise Cancelled(STOPPED)
            try:
                with self._working(worker, plan.name, cancelled):
                    stream = worker.run.remote(
                        plan.model_dump(mode="json"), folder.name, pocket_only
                    )
                    for word, content in self.cluster.hear(stream):
                        scribe.take(word, content)
            except WorkerLost:
                self.cluster.lost += 1
                self.cluster.dismiss(worker)
                if cancelled.is_set():
                    scribe.end("cancelled", STOPPED)
                    raise Cancelled(STOPPED) from None
                scribe.again()
            except BaseException as error:
                scribe.end("failed", str(error))
                if scribe.broken:  # the worker goes on with what nobody writes down
                    self.cluster.dismiss(worker)
                else:
                    self.cluster.release(worker)
                raise
            else:
                self.cluster.release(worker)
                return Record.open(folder)
        raise ClusterUnreachable(
            f"{MOST_LOSSES} workers died at this run: expected one to finish it; choose a smaller "
            "model or fewer steps, or give the workers more memory."
        )

    def limit(self, plan: Plan, pocket_only: bool) -> tuple[int, str]:
        """How long a question of a plan may be.

        Args:
            plan: whose models are asked.
            pocket_only: whether only members of the pocket family may be loaded for it.

        Raises:
            LabError: if one of its models cannot be had.
        """
        hosts = {name for lane in plan.lanes for name in lane_hosts(lane)}
        tokens, why = self.cluster.ask(
            "limit", plan.model_dump(mode="json"), pocket_only, models=hosts
        )
        return int(tokens), str(why)

    def experiment(
        self, entry: Experiment, settings: Strict, folder: Path | None, watch: Watch
    ) -> ResultTable:
        """Spread an experiment over the workers; one is left to those who run live.

        Args:
            entry: which experiment.
            settings: all of them.
            folder: of its record.
            watch: hears of it, and stops it.

        Raises:
            LabError: what the experiment raised.
        """
        return run_spread(entry, settings, self.cluster, folder, watch, max(1, self.size - 1))

    def loaded(self) -> list[dict[str, Any]]:
        """The models in memory of all workers, each once."""
        hosts = [host for one in list(self.cluster.staff.values()) for host in one["loaded"]]
        return list({str(host["name"]): host for host in hosts}.values())

    def machines(self) -> list[dict[str, Any]]:
        """A line per worker that has started, those of one machine together."""
        lines = [
            {**one, "loaded": [host["name"] for host in one["loaded"]]}
            for one in list(self.cluster.staff.values())
        ]
        return sorted(lines, key=lambda one: (one["machine"], one["pid"]))

    def close(self) -> None:
        """Leave the cluster."""
        self.cluster.close()

    def _start_one(self) -> None:
        worker = self.cluster.lend()
        if worker is not None:
            try:
                self.cluster.alive(worker)
            except LabError:
                self.cluster.dismiss(worker)
            else:
                self.cluster.release(worker)

    def _working(self, worker: Any, name: str, cancelled: threading.Event) -> _Working:
        self.cluster.alive(worker)
        known = self.cluster.staff[worker._actor_id.hex()]
        return _Working(known, name, worker, cancelled)


class _Working:
    """A worker at a run: its line says so, and a stop is passed on at once."""

    def __init__(
        self, line: dict[str, Any], name: str, worker: Any, cancelled: threading.Event
    ) -> None:
        self._line, self._name, self._worker, self._cancelled = line, name, worker, cancelled
        self._over = False

    def __enter__(self) -> None:
        self._line["at"], self._began = self._name, time.monotonic()
        threading.Thread(target=self._pass_on, daemon=True, name="passes a stop on").start()

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._line["at"] = ""
        self._line["runs"] += 1
        self._line["seconds"] += time.monotonic() - self._began

    def _pass_on(self) -> None:
        while not self._over:
            if self._cancelled.wait(1.0):
                if not self._over:
                    self._worker.stop.remote()
                return


class _Scribe:
    """Writes down what a worker tells of a run, once, however often it is begun."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        on_event: Callable[[Event], None],
        on_status: Callable[[str], None],
        delays: deque[float],
    ) -> None:
        self._plan, self._folder, self._delays = plan, folder, delays
        self._on_event, self._on_status = on_event, on_status
        self._writer: Writer | None = None
        self._told: list[Event] = []
        """What was heard of the run so far, notes on the machine left out."""
        self._count = 0
        self.broken = False
        """Whether something went wrong here, not at the worker."""

    def take(self, word: str, content: Any) -> None:
        """Write one word of a worker down.

        Raises:
            Unrepeatable: if the run, done again, takes another course.
        """
        self.broken = True
        self._take(word, content)
        self.broken = False

    def _take(self, word: str, content: Any) -> None:
        if word == "status":
            self._on_status(content)
        elif word == "begin":
            self._begin(*content)
        elif word == "event" and self._writer is not None:
            event, happened = content
            self._writer.event(event)
            self._hear(event)
            self._delays.append(time.time() - happened)
        elif self._writer is not None:
            getattr(self._writer, word)(*content)

    def again(self) -> None:
        """The worker died: the record begins anew."""
        if self._writer is not None:
            self._writer.abandon()
        self._writer, self._count = None, 0

    def end(self, status: Any, message: str) -> None:
        """The last word, where the worker could not say it."""
        if self._writer is not None and self._writer.meta["status"] == "running":
            at = self._told[-1].at if self._told else 0.0
            if status == "failed":
                self._writer.event(RunFailed("", at, message))
            self._writer.finish(status, message)

    def _begin(self, problem: PlanProblem, versions: dict[str, str]) -> None:
        self._writer = Writer.create(self._folder, self._plan, problem)
        self._writer.fact("versions", versions)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Note) and not event.lane:
            self._on_event(event)
            return
        self._count += 1
        if self._count > len(self._told):
            self._told.append(event)
            self._on_event(event)
        elif gist(event) != gist(self._told[self._count - 1]):
            raise Unrepeatable(
                "The worker of this run died, and done again the run took another course: expected "
                f"the same {type(event).__name__} as before (a remote model, or another kind of "
                "device, need not repeat itself); run it once more."
            )


def gist(event: Event) -> dict[str, Any]:
    """What an event says besides measured numbers: words, ids, places."""

    def told(value: Any) -> bool:
        if isinstance(value, tuple | list):
            return not any(isinstance(part, float | tuple | list | dict) for part in value)
        return isinstance(value, str | int)

    return {name: value for name, value in to_dict(event).items() if told(value)}
