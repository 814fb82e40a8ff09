"""A Ray cluster that this process has joined: its machines, and how many workers they carry."""

from __future__ import annotations

import threading
import time
from typing import Any

from lab.cluster.desks import Machine
from lab.cluster.head_address import (
    MOST_WORKERS,
    import_ray,
    local_workers,
    require_answer,
    require_head,
    unreachable,
)
from lab.cluster.ray_calls import RayCalls
from lab.words import say

PULSE_S = 0.2
"""How often somebody who waits for a worker looks whether it is still wanted."""
LOOK_S = 2.0
"""How often the machines of a cluster are counted, and its workers called."""
JOIN_S = 120.0
"""How long a cluster without any worker may take to get its first."""
FREE_S = 20.0
"""How long those who had a cluster before may take to leave it."""
WORKER_BYTES = 1.5e9
"""Memory that a worker on a CPU is given: torch, and some small models."""


class JoinedCluster(RayCalls):
    """A cluster by its address, reached or started. Leave it with `close`."""

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
        self._machines: list[Machine] = []
        self._nodes: set[str] = set()
        """Machines that Ray says are there, by its own ids."""
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
        with self._changed:
            now = time.monotonic()
            if now - self._looked > LOOK_S and not self._closed:
                self._count([one for one in self.machines() if one["alive"]])
                self._looked = now if self._size else 0.0
                self._call_the_roll()
            return self._size

    def _count(self, there: list[dict[str, Any]]) -> None:
        gpus, cores = (sum(one[what] for one in there) for what in ("gpus", "cores"))
        fitting = sum(min(one["cores"], int(one["bytes"] / WORKER_BYTES)) for one in there)
        self._size = self._fixed or min(gpus or fitting or min(cores, 1), MOST_WORKERS)
        self._gpus = min(1.0, gpus / max(self._size, 1)) if gpus else 0.0
        self._memory = 0 if self._fixed or gpus or not fitting else int(WORKER_BYTES)
        self._machines = [Machine(one["machine"], one["gpus"]) for one in there]
        self._nodes = {one["node"] for one in there}

    def _call_the_roll(self) -> None:
        """Look after the workers, once the machines are counted."""

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        self._closed = True
        self._ray.shutdown()
