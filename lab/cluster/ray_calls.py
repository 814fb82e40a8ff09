"""Calls of workers and what comes of them: Ray's errors as the lab's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lab.cluster.head_address import told
from lab.errors import LabError


class WorkerLost(Exception):
    """A worker died in the middle of its work."""


class RayCalls:
    """What a process that has joined a cluster can ask Ray for."""

    def __init__(self, ray: Any) -> None:
        """
        Args:
            ray: the package.
        """
        self._ray = ray

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

    def come(self, refs: Sequence[Any]) -> list[Any]:
        """Those of some references that stand for something by now, be it an error."""
        if not refs:
            return []
        return list(self._ray.wait(refs, num_returns=len(refs), timeout=0)[0])

    def put(self, thing: Any) -> Any:
        """Give something to the object store; returns its reference."""
        return self._ray.put(thing)

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

    def machines(self) -> list[dict[str, Any]]:
        """The machines of the cluster with their resources."""
        return [
            {
                "machine": node["NodeManagerHostname"],
                "node": node["NodeID"],
                "address": node["NodeManagerAddress"],
                "alive": bool(node["Alive"]),
                "cores": int(node["Resources"].get("CPU", 0)),
                "gpus": int(node["Resources"].get("GPU", 0)),
                "bytes": int(node["Resources"].get("memory", 0)),
            }
            for node in self._ray.nodes()
        ]
