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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.cluster.connection import Cluster
from lab.cluster.head_address import ClusterUnreachable
from lab.cluster.membership import PULSE_S
from lab.cluster.parcel import Post
from lab.cluster.ray_calls import WorkerLost
from lab.cluster.scribe import Ear, Scribe, WorkAnswer
from lab.cluster.spread import MOST_LOSSES, run_spread
from lab.errors import Cancelled
from lab.events import Event
from lab.experiments.harness.driver import Watch
from lab.experiments.harness.registry import Experiment
from lab.panels.machines import Standing
from lab.plan import Plan, Strict
from lab.records import Record
from lab.records.results import ResultTable
from lab.roster import lane_hosts
from lab.service.crew import DeviceWork
from lab.words import say

KEPT_DELAYS = 20_000
BLANK = {"machine": "", "pid": 0, "device": "", "at": "", "runs": 0, "seconds": 0.0, "silent_s": 0}
"""Of a worker that has not started."""


@dataclass(frozen=True)
class Wish:
    """What a worker is wanted for."""

    name: str
    models: frozenset[str]
    """Names of models that it should have."""
    run: bool
    """Whether it is counted among the runs."""


class RayCrew:
    """`lab.service.crew.Crew` on a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.delays: deque[float] = deque(maxlen=KEPT_DELAYS)
        """Seconds from an event's happening to its being written and told; between machines their
        clocks' difference is in it."""
        self._post = Post(cluster.put)
        cluster.keep_full()

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
        scribe = Scribe(plan, folder, on_event, on_status, self.delays)
        said = plan.model_dump(mode="json")
        self._listen(
            Wish(plan.name, frozenset(n for lane in plan.lanes for n in lane_hosts(lane)), True),
            lambda worker: worker.run.remote(said, folder.name, pocket_only),
            scribe,
            cancelled,
        )
        return Record.open(folder)

    def do(
        self,
        name: str,
        work: DeviceWork,
        cancelled: threading.Event,
        progress: Callable[..., None],
        pocket_only: bool,
    ) -> Any:
        """Have a worker do some work for models.

        Args:
            name: what the worker is said to be at.
            work: with what it holds, see `lab.service.crew.DeviceWork`.
            cancelled: passed on to the worker.
            progress: called with the share that is done and a sentence.
            pocket_only: whether only members of the pocket family may be loaded for it.

        Raises:
            LabError: what the work raised; `ClusterUnreachable` where several workers died at it.
        """
        parcel, answer = self._post.pack(work), WorkAnswer(progress)
        self._listen(
            Wish(name, parcel.models, False),
            lambda worker: worker.do.remote(parcel.content, list(parcel.records), pocket_only),
            answer,
            cancelled,
        )
        return answer.value

    def _listen(
        self, wish: Wish, begin: Callable[[Any], Any], ear: Ear, cancelled: threading.Event
    ) -> None:
        """Have a worker do something, and hear it; another one, where it dies."""
        gpus = self.cluster.gpus_for(wish.models)
        for _ in range(MOST_LOSSES):
            worker = self.cluster.lend(wish.models, lambda: not cancelled.is_set(), gpus)
            if worker is None or cancelled.is_set():
                if worker is not None:
                    self.cluster.release(worker)
                raise Cancelled(say("error.stopped"))
            try:
                with self._working(worker, wish, cancelled):
                    for word, content in self.cluster.hear(begin(worker)):
                        ear.take(word, content)
            except WorkerLost:
                self.cluster.bury(worker, wish.name)
                if cancelled.is_set():
                    ear.end("cancelled", say("error.stopped"))
                    raise Cancelled(say("error.stopped")) from None
                ear.again()
            except BaseException as error:
                ear.end("failed", str(error))
                if ear.broken:  # the worker goes on with what nobody writes down
                    self.cluster.dismiss(worker)
                else:
                    self.cluster.release(worker)
                raise
            else:
                self.cluster.release(worker)
                return
        raise ClusterUnreachable(say("error.cluster.died_at_run", n=MOST_LOSSES))

    def experiment(
        self,
        entry: Experiment,
        settings: Strict,
        folder: Path | None,
        watch: Watch,
        pocket_only: bool = False,
    ) -> ResultTable:
        """Spread an experiment over the workers; one is left to those who run live.

        Args:
            entry: which experiment.
            settings: all of them.
            folder: of its record.
            watch: hears of it, and stops it.
            pocket_only: whether only members of the pocket family may be loaded for it.

        Raises:
            LabError: what the experiment raised.
        """
        most = max(1, self.size - 1)
        return run_spread(entry, settings, self.cluster, folder, watch, most, pocket_only)

    def loaded(self) -> list[dict[str, Any]]:
        """The models in memory of all workers, each once."""
        hosts = [host for one in list(self.cluster.staff.values()) for host in one["loaded"]]
        return list({str(host["name"]): host for host in hosts}.values())

    def machines(self) -> list[dict[str, Any]]:
        """A line per worker, those of one machine together; those who still start come last."""
        lines = [
            {**BLANK, **one, "loaded": [host["name"] for host in one.get("loaded", ())]}
            for one in self.cluster.standing()
        ]
        return sorted(lines, key=lambda one: (not one["machine"], one["machine"], one["pid"]))

    def standing(self) -> Standing:
        """As `lab.service.crew.Crew.standing`."""
        size, workers, roll = self.size, self.machines(), self.cluster.roll
        return Standing(
            tuple(workers),
            size,
            runs=roll.runs + sum(one["runs"] for one in workers),
            seconds=roll.seconds + sum(one["seconds"] for one in workers),
            lost=roll.lost,
            last=roll.last(),
            trouble=roll.trouble,
        )

    def close(self) -> None:
        """Leave the cluster."""
        self.cluster.close()

    def _working(self, worker: Any, wish: Wish, cancelled: threading.Event) -> _Working:
        known = self.cluster.staff[worker._actor_id.hex()]
        return _Working(known, wish, worker, cancelled)


class _Working:
    """A worker at its work: its line says so, and a stop is passed on at once."""

    def __init__(
        self, line: dict[str, Any], wish: Wish, worker: Any, cancelled: threading.Event
    ) -> None:
        self._line, self._wish, self._worker, self._cancelled = line, wish, worker, cancelled
        self._over = threading.Event()

    def __enter__(self) -> None:
        self._line["at"], self._began = self._wish.name, time.monotonic()
        threading.Thread(target=self._pass_on, daemon=True, name="passes a stop on").start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._line["at"] = ""
        if self._wish.run:
            self._line["runs"] += 1
            self._line["seconds"] += time.monotonic() - self._began

    def _pass_on(self) -> None:
        """Until it is over: what came before the work had begun was forgotten by the worker."""
        while not self._over.is_set():
            if self._cancelled.wait(1.0) and not self._over.is_set():
                self._worker.stop.remote()
                self._over.wait(PULSE_S)
