"""A Ray cluster by its address: reached or started, its workers hired, and hired again when one
dies.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from typing import Any

from lab.cluster.desks import Dismiss, Hire, HiredWorker, Machine, Take, decide, gpus_for
from lab.cluster.head_address import (
    MOST_WORKERS,
    import_ray,
    local_workers,
    require_answer,
    require_head,
    told,
    unreachable,
)
from lab.cluster.ray_calls import RayCalls, WorkerLost
from lab.cluster.ray_worker import RayWorker
from lab.errors import Cancelled
from lab.models.remote import is_remote
from lab.models.spec import POCKET
from lab.version import __version__
from lab.words import say

PULSE_S = 0.2
"""How often somebody who waits for a worker looks whether it is still wanted."""
LOOK_S = 5.0
"""How often the machines of a cluster are counted."""
JOIN_S = 120.0
"""How long a cluster without any worker may take to get its first."""
FREE_S = 20.0
"""How long those who had a cluster before may take to leave it."""
ANSWER_S = 10.0
"""How long one that has nothing to do may take to answer: Ray itself waits a minute for a machine
that was cut off."""
START_S = 180.0
"""How long a worker has to start: a slow disk reads torch for a minute."""
WORKER_BYTES = 1.5e9
"""Memory that a worker on a CPU is given: torch, and some small models."""
CALLS = 5
"""Calls that a worker takes at the same time: one that works, one that stays as long as it lives,
the others answer and stop it."""
MOST_STARTS = 2
"""New workers that may die before their first word until it is not taken for an accident."""


class Cluster(RayCalls):
    """A cluster that this process has joined. Leave it with `close`."""

    def __init__(self, where: str) -> None:
        """
        Args:
            where: ``local:N`` starts N workers on this machine, ``auto`` joins the cluster of this
                machine, everything else is the address of a head (``HOST:PORT``).

        Raises:
            BadInput: for an address that is none.
            ClusterUnreachable: if Ray is not installed, nobody answers, or nobody can work there.
        """
        super().__init__(import_ray())
        self.where = where
        number = local_workers(where)
        if number is None:
            require_head(where, require_answer(where))
        try:
            self._ray.init(
                address="local" if number else where,
                num_cpus=number,
                include_dashboard=False if number else None,
                log_to_driver=False,
                logging_level="error",
                namespace="latent-lab",
            )
        except (RuntimeError, OSError, ValueError, self._ray.exceptions.RayError) as error:
            raise unreachable(where, str(error)) from error
        self.staff: dict[str, dict[str, Any]] = {}
        """Who has started: what `RayWorker.hello` says, by the worker's id."""
        self.lost = 0
        """Workers that died."""
        self._actors: dict[str, Any] = {}
        self._desks: dict[str, HiredWorker] = {}
        self._lives: dict[Any, str] = {}
        """A call of every worker that comes to an end only with the worker."""
        self._machines: list[Machine] = []
        self._bytes: dict[str, int] = {}
        """Of large models' weights."""
        self._closed = False
        self._changed = threading.Condition(threading.RLock())
        self._fixed, self._size, self._gpus, self._looked = number, 0, 0.0, 0.0
        self._memory = 0
        """Bytes that a worker is given."""
        patience = time.monotonic() + JOIN_S
        while self.size < 1:
            if time.monotonic() > patience:
                self.close()
                raise unreachable(where, say("error.cluster.why.nothing_to_work_on"))
            time.sleep(PULSE_S)
        patience = time.monotonic() + FREE_S
        while not number and not self._has_room():
            if time.monotonic() > patience:
                self.close()
                raise unreachable(where, say("error.cluster.why.taken"))
            time.sleep(PULSE_S)

    def _has_room(self) -> bool:
        """Whether a first worker finds a core, and a GPU where there are some."""
        free = self._ray.available_resources()
        return bool(free.get("CPU", 0) >= 1 and free.get("GPU", 0) >= self._gpus)

    @property
    def size(self) -> int:
        """Workers that the cluster can have now, machines come and go: one per GPU, else one per
        core as far as memory lasts; on this machine as many as were asked for."""
        now = time.monotonic()
        if now - self._looked > LOOK_S and not self._closed:
            there = [one for one in self.machines() if one["alive"]]
            gpus, cores = (sum(one[what] for one in there) for what in ("gpus", "cores"))
            fitting = sum(min(one["cores"], int(one["bytes"] / WORKER_BYTES)) for one in there)
            self._size = self._fixed or min(gpus or fitting or min(cores, 1), MOST_WORKERS)
            self._gpus = min(1.0, gpus / max(self._size, 1)) if gpus else 0.0
            self._memory = 0 if self._fixed or gpus or not fitting else int(WORKER_BYTES)
            self._machines = [Machine(one["machine"], one["gpus"]) for one in there]
            self._looked = now if self._size else 0.0
            self._miss()
        return self._size

    def _miss(self) -> None:
        """Count those who died while they had nothing to do; of others hears who waits for
        them."""
        with self._changed:
            lives = list(self._lives)
            ended = self._ray.wait(lives, num_returns=len(lives), timeout=0)[0] if lives else ()
            for name in [self._lives[life] for life in ended]:
                if name in self._desks and not self._desks[name].busy:
                    self.lost += 1
                    self.dismiss(self._actors[name])

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
                self.lost += not fresh
                failed += fresh
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
                known["loaded"] = self.get(worker.loaded.remote())
            name = worker._actor_id.hex()
            loaded = frozenset(str(host["name"]) for host in (known or {}).get("loaded", ()))
            with self._changed:
                self._desks[name] = replace(self._desks[name], busy=False, models=loaded)
                self._changed.notify_all()
        except WorkerLost:
            self.lost += 1
            self.dismiss(worker)

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
                    self.staff.pop(worker._actor_id.hex(), None)
                    raise WorkerLost("it does not answer") from None
                if time.monotonic() > patience:
                    why = say("error.cluster.why.late", seconds=START_S)
                    raise unreachable(self.where, why) from None
            except self._ray.exceptions.RayTaskError as error:
                why = say("error.cluster.why.not_started", what=told(error))
                raise unreachable(self.where, why) from error
            except WorkerLost:
                self.staff.pop(worker._actor_id.hex(), None)
                self._looked = 0.0
                raise
        if hello["version"] != __version__:
            both = {"machine": hello["machine"], "theirs": hello["version"], "ours": __version__}
            raise unreachable(self.where, say("error.cluster.why.other_version", **both))
        fresh = {"loaded": [], "at": "", "runs": 0, "seconds": 0.0}
        name = worker._actor_id.hex()
        self.staff.setdefault(name, fresh).update(hello)
        with self._changed:
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
            self.lost += 1
            give_back = self.dismiss
            raise unreachable(self.where, say("error.cluster.why.died", what=error)) from error
        finally:
            give_back(worker)

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        self._closed = True
        self._ray.shutdown()
