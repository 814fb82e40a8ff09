"""A Ray cluster by its address: reached or started, its workers hired, and hired again when one
dies.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab.cluster.ray_worker import RayWorker
from lab.errors import BadInput, Cancelled, LabError
from lab.version import __version__

PATIENCE_S = 5.0
"""How long an address may take to answer at all."""
PULSE_S = 0.2
"""How often somebody who waits for a worker looks whether it is still wanted."""
LOOK_S = 5.0
"""How often the machines of a cluster are counted."""
JOIN_S = 60.0
"""How long a cluster without any worker may take to get its first."""
WORKER_BYTES = 1.5e9
"""Memory that a worker on a CPU is given: torch, and some small models."""
CALLS = 4
"""Calls that a worker takes at the same time: one that works, the others answer and stop it."""
MOST_WORKERS = 1024


class ClusterUnreachable(LabError):
    """A cluster that is not there, cannot be joined, or runs another lab."""


class Cluster:
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
        self.where = where
        self._ray = import_ray()
        number = local_workers(where)
        if number is None:
            require_answer(where)
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
        self._free: list[Any] = []
        self._hired = 0
        self._closed = False
        self._changed = threading.Condition()
        self._fixed, self._size, self._gpus, self._looked = number, 0, 0.0, 0.0
        patience = time.monotonic() + JOIN_S
        while self.size < 1:
            if time.monotonic() > patience:
                self.close()
                raise unreachable(where, "it has neither a GPU nor a core to work on")
            time.sleep(PULSE_S)

    @property
    def size(self) -> int:
        """Workers that the cluster can have now, machines come and go: one per GPU, else one per
        core as far as memory lasts; on this machine as many as were asked for."""
        now = time.monotonic()
        if now - self._looked > LOOK_S and not self._closed:
            resources = self._ray.cluster_resources()
            gpus, cpus = int(resources.get("GPU", 0)), int(resources.get("CPU", 0))
            fitting = max(1, int(resources.get("memory", WORKER_BYTES) / WORKER_BYTES))
            self._size = self._fixed or min(gpus or cpus, gpus or fitting, MOST_WORKERS)
            self._gpus = min(1.0, gpus / max(self._size, 1)) if gpus else 0.0
            self._looked = now if self._size else 0.0
        return self._size

    def lend(
        self, models: Collection[str] = (), waits: Callable[[], bool] = lambda: True
    ) -> Any | None:
        """A worker (a Ray actor of `RayWorker`) that has nothing to do: one that has most of the
        models, or a new one, or the next that is given back.

        Args:
            models: names that are wanted.
            waits: asked now and then; None is returned once it says no.
        """
        with self._changed:
            while not self._free and self._hired >= self.size:
                if not waits() or self._closed:
                    return None
                self._changed.wait(PULSE_S)
            if self._free:
                best = max(self._free, key=lambda one: len(self._models(one) & set(models)))
                self._free.remove(best)
                return best
            self._hired += 1
        return self._ray.remote(
            num_cpus=1, num_gpus=self._gpus, max_concurrency=CALLS, max_restarts=0
        )(RayWorker).remote()

    def release(self, worker: Any) -> None:
        """Give a worker back that has nothing to do; it keeps its models."""
        with suppress(WorkerLost):
            known = self.staff.get(worker._actor_id.hex())
            if known is not None:
                known["loaded"] = self.get(worker.loaded.remote())
            with self._changed:
                self._free.append(worker)
                self._changed.notify_all()
            return
        self.dismiss(worker)

    def _models(self, worker: Any) -> set[str]:
        loaded = self.staff.get(worker._actor_id.hex(), {}).get("loaded", [])
        return {str(host["name"]) for host in loaded}

    def dismiss(self, worker: Any) -> None:
        """End a worker, whatever it does."""
        self.staff.pop(worker._actor_id.hex(), None)
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(worker)
        with self._changed:
            self._hired -= 1
            self._changed.notify_all()

    def get(self, ref: Any, timeout: float | None = None) -> Any:
        """What a reference stands for.

        Raises:
            LabError: what the worker raised for people.
            WorkerLost: if the worker has died.
        """
        try:
            return self._ray.get(ref, timeout=timeout)
        except self._ray.exceptions.RayActorError as error:
            raise WorkerLost(told(error)) from error
        except self._ray.exceptions.ObjectLostError as error:
            raise WorkerLost(told(error)) from error
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, LabError):
                raise error.cause from error
            raise

    def hear(self, stream: Any) -> Iterator[Any]:
        """The words of a call that streams, as they come; raises as `get` does."""
        while True:
            try:
                ref = next(stream)
            except StopIteration:
                return
            except self._ray.exceptions.RayActorError as error:
                raise WorkerLost(told(error)) from error
            yield from self.get(ref)

    def alive(self, worker: Any) -> dict[str, Any]:
        """Who a worker is, once it has started (see `RayWorker.hello`).

        Raises:
            ClusterUnreachable: if the lab is not installed there, or is another version.
        """
        try:
            hello: dict[str, Any] = self.get(worker.hello.remote())
        except (WorkerLost, self._ray.exceptions.RayTaskError) as error:
            raise unreachable(
                self.where, f"a worker did not start: {told(error)}; install the lab there"
            ) from error
        if hello["version"] != __version__:
            raise unreachable(
                self.where,
                f"its worker on {hello['machine']} runs Latent Lab {hello['version']}, this is "
                f"{__version__}; install the same version everywhere",
            )
        fresh = {"loaded": [], "at": "", "runs": 0, "seconds": 0.0}
        self.staff.setdefault(worker._actor_id.hex(), fresh).update(hello)
        return hello

    def ask(self, method: str, *arguments: Any, models: Collection[str] = ()) -> Any:
        """One call of one worker.

        Args:
            method: of `RayWorker`.
            arguments: of the method.
            models: names that the worker should have.

        Raises:
            LabError: what the worker raised, or `ClusterUnreachable` where it did not start.
        """
        worker = self.lend(models)
        if worker is None:
            raise Cancelled("The lab was closed before this was asked.")
        give_back = self.dismiss
        try:
            self.alive(worker)
            give_back = self.release
            return self.get(getattr(worker, method).remote(*arguments))
        except WorkerLost as error:
            self.lost += 1
            give_back = self.dismiss
            raise unreachable(self.where, f"its worker died: {error}") from error
        finally:
            give_back(worker)

    def machines(self) -> list[dict[str, Any]]:
        """The machines of the cluster with their resources."""
        return [
            {
                "machine": node["NodeManagerHostname"],
                "address": node["NodeManagerAddress"],
                "alive": bool(node["Alive"]),
                "cores": int(node["Resources"].get("CPU", 0)),
                "gpus": int(node["Resources"].get("GPU", 0)),
                "bytes": int(node["Resources"].get("memory", 0)),
            }
            for node in self._ray.nodes()
        ]

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        self._closed = True
        self._ray.shutdown()


class WorkerLost(Exception):
    """A worker died in the middle of its work."""


def import_ray() -> Any:
    """The package, with nothing sent to anybody.

    Raises:
        ClusterUnreachable: if it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise ClusterUnreachable(
            "Ray is not installed: --ray expects the package; install it with: pip install -r "
            "requirements-ray.txt."
        ) from error
    return ray


def local_workers(where: str) -> int | None:
    """N of ``local:N``; None for other addresses.

    Raises:
        BadInput: for a number of workers that makes no sense, or an address that is none.
    """
    kind, _, number = where.partition(":")
    if kind == "local":
        if not number.isdecimal() or not 1 <= int(number) <= MOST_WORKERS:
            raise BadInput(
                f"--ray {where!r}: expected local:N with N workers from 1 to {MOST_WORKERS}; write "
                "for example local:2."
            )
        return int(number)
    if where != "auto" and not re.fullmatch(r"(ray://)?[\w.\-\[\]:]+:\d{1,5}", where):
        raise BadInput(
            f"--ray {where!r}: expected auto, local:N or the address HOST:PORT of a head; write "
            "for example local:2."
        )
    return None


def require_answer(where: str) -> None:
    """Knock at a head's door: Ray itself would wait for minutes.

    Raises:
        ClusterUnreachable: if nobody opens.
    """
    address = where
    if where == "auto":
        address = os.environ.get("RAY_ADDRESS", "") or _announced()
    if not address:
        raise unreachable(where, "no cluster runs on this machine")
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE_S).close()
    except (OSError, ValueError, OverflowError) as error:
        raise unreachable(where, f"nobody answers at {address}") from error


def _announced() -> str:
    """Where the cluster of this machine says that it is; Ray's own file."""
    try:
        return (
            Path(os.environ.get("RAY_TMPDIR", "/tmp")) / "ray" / "ray_current_cluster"
        ).read_text(encoding="ascii")
    except OSError:
        return ""


def unreachable(where: str, why: str) -> ClusterUnreachable:
    """The sentence for a cluster that cannot be used."""
    return ClusterUnreachable(
        f"The cluster {where!r} cannot be reached: {' '.join(why.split())[:300]}; start one with "
        "ray start --head, or use --ray local:2."
    )


def told(error: BaseException) -> str:
    """The first line of what Ray says."""
    lines = str(error).strip().splitlines()
    return (
        lines[-1 if "Error" in (lines or [""])[-1] else 0][:200] if lines else type(error).__name__
    )
