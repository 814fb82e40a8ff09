"""Who gets which worker, and how many GPUs a worker needs for some models: decided from numbers,
before anything is loaded. Knows neither Ray nor torch.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lab.errors import ModelUnavailable
from lab.words import say


@dataclass(frozen=True)
class Machine:
    """A machine of the cluster."""

    name: str
    gpus: int = 0
    gpu_bytes: int = 0
    """Memory of one of its GPUs; 0 where no worker has told it yet."""


@dataclass(frozen=True)
class HiredWorker:
    """A worker that was hired."""

    worker: str
    machine: str = ""
    """Empty until it has started."""
    gpus: int = 0
    models: frozenset[str] = frozenset()
    busy: bool = False

    @property
    def units(self) -> int:
        """How much of the cluster it takes: its GPUs, or one core's worth."""
        return max(self.gpus, 1)


@dataclass(frozen=True)
class Take:
    """This worker, which has nothing to do."""

    worker: str


@dataclass(frozen=True)
class Hire:
    """A new worker with so many GPUs."""

    gpus: int


@dataclass(frozen=True)
class Dismiss:
    """This worker goes, so that a larger one has room; then decide again."""

    worker: str


@dataclass(frozen=True)
class Wait:
    """Until somebody is given back."""


Decision = Take | Hire | Dismiss | Wait


def gpus_for(name: str, need: int, machines: Sequence[Machine], share: float) -> int:
    """GPUs that a worker must have for a model: as few as carry its weights, all of one machine.

    Args:
        name: of the model.
        need: bytes of its weights.
        machines: of the cluster; those without GPUs do not count where others have some.
        share: part of a GPU's memory that weights may take.

    Returns:
        0 where no machine is known to have GPUs: the worker then judges by its own memory.

    Raises:
        ModelUnavailable: if it fits no machine.
    """
    known = [one for one in machines if one.gpus and one.gpu_bytes]
    if not known:
        return 0
    wanted = [(max(1, math.ceil(need / (share * one.gpu_bytes))), one) for one in known]
    fitting = [gpus for gpus, one in wanted if gpus <= one.gpus]
    if not fitting:
        most = max(known, key=lambda one: one.gpus * one.gpu_bytes)
        told = {"name": name, "need": need / 1e9, "gpus": most.gpus, "gb": most.gpu_bytes / 1e9}
        raise ModelUnavailable(say("error.cluster.fits_no_machine", share=100 * share, **told))
    return min(fitting)


def decide(
    gpus: int,
    models: Collection[str],
    desks: Sequence[HiredWorker],
    machines: Sequence[Machine],
    size: int,
) -> Decision:
    """What is done for somebody who wants a worker.

    Args:
        gpus: that it must have; 0 and 1 are content with any worker.
        models: that it should have.
        desks: all workers.
        machines: of the cluster.
        size: units that there can be, see `HiredWorker.units`.
    """
    idle = [one for one in desks if not one.busy]
    fitting = [one for one in idle if one.gpus >= gpus or gpus <= 1]
    if fitting:
        return Take(max(fitting, key=lambda one: (len(one.models & set(models)), -one.gpus)).worker)
    if gpus <= 1:
        return Hire(gpus) if sum(one.units for one in desks) < size else Wait()
    for place in sorted(
        (one for one in machines if one.gpus >= gpus),
        key=lambda one: sum(d.gpus for d in desks if d.busy and d.machine == one.name),
    ):
        there = [one for one in desks if one.machine in ("", place.name)]
        if place.gpus - sum(one.gpus for one in there) >= gpus:
            return Hire(gpus)
        can_go = [one for one in there if not one.busy]
        if can_go and place.gpus - sum(one.gpus for one in there if one.busy) >= gpus:
            return Dismiss(min(can_go, key=lambda one: len(one.models)).worker)
    return Wait()
