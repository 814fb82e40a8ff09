"""The workers of a cluster: hired, lent to whoever has work, and hired again when one dies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from typing import Any

from lab.cluster.desks import Dismiss, Hire, HiredWorker, Machine, Take, decide, gpus_for
from lab.cluster.head_address import told, unreachable
from lab.cluster.membership import PULSE_S, JoinedCluster
from lab.cluster.ray_calls import WorkerLost
from lab.cluster.ray_worker import RayWorker
from lab.cluster.roll_call import RollCall
from lab.errors import Cancelled, LabError
from lab.models.remote import is_remote
from lab.models.spec import POCKET
from lab.version import __version__
from lab.words import say

ANSWER_S = 10.0
"""How long one that has nothing to do may take to answer: Ray itself waits a minute for a machine
that was cut off."""
START_S = 180.0
"""How long a worker has to start: a slow disk reads torch for a minute."""
CALLS = 5
"""Calls that a worker takes at the same time: one that works, one that stays as long as it lives,
the others answer and stop it."""
MOST_STARTS = 2
"""New workers that may die before their first word until it is not taken for an accident."""


class Cluster(JoinedCluster):
    """A cluster that this process has joined, with its workers. Leave it with `close`."""

    def __init__(self, where: str) -> None:
        """
        Args:
            where: see `JoinedCluster`.

        Raises:
            BadInput: for an address that is none.
            ClusterUnreachable: if Ray is not installed, nobody answers, or nobody can work there.
        """
        self.staff: dict[str, dict[str, Any]] = {}
        """Who has started: what `RayWorker.hello` says, by the worker's id."""
        self.roll = RollCall()
        """Who is lost, late or silent."""
        self._keeps_full = False
        self._actors: dict[str, Any] = {}
        self._desks: dict[str, HiredWorker] = {}
        self._lives: dict[Any, str] = {}
        """A call of every worker that comes to an end only with the worker."""
        self._bytes: dict[str, int] = {}
        """Of large models' weights."""
        super().__init__(where)

    @property
    def lost(self) -> int:
        """Workers that died."""
        return self.roll.lost

    def keep_full(self) -> None:
        """From now on hire whenever there is room, not only when somebody has work."""
        self._keeps_full = True
        self._fill()

    def _fill(self) -> None:
        """Hire as many as there is room for; nobody waits for them."""
        with self._changed:
            if not self._keeps_full or self._closed or self.roll.trouble:
                return
            free = self._size - sum(one.units for one in self._desks.values())
            fresh = [self._hire(1) for _ in range(free)]
        for worker in fresh:
            threading.Thread(target=self._welcome, args=(worker,), daemon=True).start()

    def _welcome(self, worker: Any) -> None:
        """Give a worker back once it has started."""
        started = False
        try:
            started = self.alive(worker)
        except LabError as error:
            self.roll.trouble = getattr(error, "why", "") or str(error)
        except WorkerLost as error:
            self.roll.trouble = say("error.cluster.why.not_started", what=error)
        finally:
            (self.release if started else self.dismiss)(worker)

    def _call_the_roll(self) -> None:
        """Count those who died while they had nothing to do (of others hears who waits for them),
        notice who does not answer, and hire in place of the lost."""
        for name in [self._lives[life] for life in self.come(list(self._lives))]:
            if name in self._desks and not self._desks[name].busy:
                self.bury(self._actors[name])
        started = {name: actor for name, actor in self._actors.items() if name in self.staff}
        come = self.roll.call(started, lambda worker: worker.loaded.remote(), self.come)
        for name, loaded in come.items():
            with suppress(WorkerLost):
                self.staff[name]["loaded"] = self.get(loaded)
        self.roll.machines_are(self._nodes)
        self._fill()

    def bury(self, worker: Any, at: str = "") -> None:
        """Dismiss a worker that has died.

        Args:
            worker: as `lend` gave it.
            at: what it was at.
        """
        name = worker._actor_id.hex()
        with self._changed:
            self.roll.bury(self.staff.get(name, {}), at)
            small = name not in self._desks or self._desks[name].gpus <= 1
            self.dismiss(worker)
            if small:  # who needs a larger one hires it
                self._fill()

    def at_work(self, worker: Any, name: str) -> None:
        """Note what a worker is at."""
        self.staff.get(worker._actor_id.hex(), {})["at"] = name

    def standing(self) -> list[dict[str, Any]]:
        """A line per worker: those who have started (``state`` is ``here`` or ``silent``, with
        ``silent_s``), and those who are still starting (``starting``, or ``replacing`` a lost
        one)."""
        with self._changed:
            started = {name: dict(line) for name, line in list(self.staff.items())}
            late = sum(name not in started for name in self._desks)
        lines: list[dict[str, Any]] = []
        for name, line in started.items():
            silent = self.roll.silent_s(name)
            lines.append({**line, "silent_s": silent, "state": "silent" if silent else "here"})
        owed = self.roll.owed(late)
        return lines + [{"state": "replacing"}] * owed + [{"state": "starting"}] * (late - owed)

    def lend(
        self,
        models: Collection[str] = (),
        waits: Callable[[], bool] = lambda: True,
        gpus: int = 1,
    ) -> Any | None:
        """A worker (a Ray actor of `RayWorker`) that has started and has nothing to do: one that
        has most of the models, or a new one, or the next that is given back. One that died while
        it had nothing to do, or whose machine went before it began, is passed over.

        Args:
            models: names that are wanted.
            waits: asked now and then; None is returned once it says no.
            gpus: that it must have, see `gpus_for`.

        Raises:
            ClusterUnreachable: if one does not start, see `alive`.
        """
        failed = 0
        while (worker := self._choose(models, waits, gpus)) is not None:
            fresh, started = worker._actor_id.hex() not in self.staff, False
            try:
                started = self.alive(worker, waits)
                if started:
                    return worker
            except WorkerLost as error:
                failed += fresh
                if not fresh:
                    self.bury(worker)
                if failed >= MOST_STARTS:
                    why = say("error.cluster.why.not_started", what=error)
                    raise unreachable(self.where, why) from error
            finally:
                if not started:
                    known = worker._actor_id.hex() in self.staff
                    (self.release if known else self.dismiss)(worker)
        return None

    def _choose(self, models: Collection[str], waits: Callable[[], bool], gpus: int) -> Any | None:
        with self._changed:
            while True:
                step = decide(gpus, models, [*self._desks.values()], self._places(), self.size)
                if isinstance(step, Take):
                    self._desks[step.worker] = replace(self._desks[step.worker], busy=True)
                    return self._actors[step.worker]
                if isinstance(step, Hire) and waits():
                    return self._hire(step.gpus)
                if isinstance(step, Dismiss):
                    self.dismiss(self._actors[step.worker])
                    continue
                if not waits() or self._closed:
                    return None
                self._changed.wait(PULSE_S)

    def _hire(self, gpus: int) -> Any:
        share = self._gpus if gpus <= 1 else float(gpus)
        actor = self._ray.remote(
            num_cpus=1,
            num_gpus=share,
            memory=self._memory,
            max_concurrency=CALLS,
            max_restarts=0,
        )(RayWorker).remote()
        name = actor._actor_id.hex()
        self._actors[name] = actor
        self._lives[actor.live.remote()] = name
        self._desks[name] = HiredWorker(name, gpus=max(gpus, int(self._gpus)), busy=True)
        return actor

    def gpus_for(self, models: Collection[str], together: int | None = None) -> int:
        """GPUs that a worker needs for models, see `lab.cluster.desks.gpus_for`. The workers judge
        small ones themselves.

        Args:
            models: their names.
            together: how many of them are in memory at the same time; all, if nothing is said.

        Raises:
            LabError: if they fit no machine, or one of them cannot be had.
        """
        large = [name for name in models if not (name.startswith(POCKET) or is_remote(name))]
        if not large or not any(one.gpus for one in self._places()):
            return 1
        from lab.models.pool import SHARE

        unknown = [name for name in large if name not in self._bytes]
        if unknown:
            self._bytes |= self.ask("sizes", unknown)
        largest = sorted(large, key=self._bytes.__getitem__, reverse=True)[:together]
        need = sum(self._bytes[name] for name in largest)
        return max(1, gpus_for(" + ".join(largest), need, self._places(), SHARE))

    def _places(self) -> list[Machine]:
        """The machines, with what their workers have told of their GPUs."""
        told = {one["machine"]: one["gpu_bytes"] for one in [*self.staff.values()]}
        return [replace(one, gpu_bytes=told.get(one.name, 0)) for one in self._machines]

    def release(self, worker: Any) -> None:
        """Give a worker back that has nothing to do; it keeps its models."""
        if self._closed:
            return
        try:
            known = self.staff.get(worker._actor_id.hex())
            if known is not None:
                known["at"] = ""
                known["loaded"] = self.get(worker.loaded.remote())
            name = worker._actor_id.hex()
            loaded = frozenset(str(host["name"]) for host in (known or {}).get("loaded", ()))
            with self._changed:
                self._desks[name] = replace(self._desks[name], busy=False, models=loaded)
                self._changed.notify_all()
        except WorkerLost:
            self.bury(worker)

    def dismiss(self, worker: Any) -> None:
        """End a worker, whatever it does."""
        name = worker._actor_id.hex()
        self.staff.pop(name, None)
        with self._changed:
            self._lives = {life: who for life, who in self._lives.items() if who != name}
            with suppress(self._ray.exceptions.RayError):
                self._ray.kill(worker)
            self._actors.pop(name, None)
            self._desks.pop(name, None)
            self._changed.notify_all()

    def alive(self, worker: Any, waits: Callable[[], bool] = lambda: True) -> bool:
        """Wait until a worker has started, and note who it is (see `RayWorker.hello`).

        Args:
            worker: as `_choose` gives it.
            waits: asked now and then.

        Returns:
            whether it has: the machine that it was meant for may have left the cluster meanwhile,
            or nobody waits for it any more.

        Raises:
            WorkerLost: if it has died.
            ClusterUnreachable: if the lab is not installed there, is another version, or does not
                start.
        """
        ref, known = worker.hello.remote(), worker._actor_id.hex() in self.staff
        patience = time.monotonic() + (ANSWER_S if known else START_S)
        while True:
            try:
                hello: dict[str, Any] = self.get(ref, PULSE_S)
                break
            except self._ray.exceptions.GetTimeoutError:
                if not waits() or self._closed or not self._has_place(worker):
                    return False
                if time.monotonic() > patience and known:
                    raise WorkerLost("it does not answer") from None
                if time.monotonic() > patience:
                    why = say("error.cluster.why.late", seconds=START_S)
                    raise unreachable(self.where, why) from None
            except self._ray.exceptions.RayTaskError as error:
                why = say("error.cluster.why.not_started", what=told(error))
                raise unreachable(self.where, why) from error
            except WorkerLost:
                self._looked = 0.0
                raise
        if hello["version"] != __version__:
            both = {"machine": hello["machine"], "theirs": hello["version"], "ours": __version__}
            raise unreachable(self.where, say("error.cluster.why.other_version", **both))
        fresh = {"loaded": [], "at": "", "runs": 0, "seconds": 0.0}
        name = worker._actor_id.hex()
        with self._changed:
            if name not in self.staff:
                self.roll.arrived()
            self.staff.setdefault(name, fresh).update(hello)
            if name in self._desks:
                self._desks[name] = replace(self._desks[name], machine=hello["machine"])
        return True

    def _has_place(self, worker: Any) -> bool:
        """Whether the cluster is still as large as it was when a worker was hired that has not
        started yet; where it is not, the worker is taken off."""
        with self._changed:
            name = worker._actor_id.hex()
            desk = self._desks.get(name)
            if desk is None:
                return False
            if desk.machine or sum(one.units for one in self._desks.values()) <= self.size:
                return True
            del self._desks[name]
            return False

    def ask(self, method: str, *arguments: Any, models: Collection[str] = ()) -> Any:
        """One call of one worker.

        Args:
            method: of `RayWorker`.
            arguments: of the method.
            models: names that the worker should have.

        Raises:
            LabError: what the worker raised, or `ClusterUnreachable` where none starts, or it died.
        """
        worker = self.lend(models)
        if worker is None:
            raise Cancelled(say("error.cluster.closed"))
        give_back = self.release
        try:
            return self.get(getattr(worker, method).remote(*arguments))
        except WorkerLost as error:
            give_back = self.bury
            raise unreachable(self.where, say("error.cluster.why.died", what=error)) from error
        finally:
            give_back(worker)
