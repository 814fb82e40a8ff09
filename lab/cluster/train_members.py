"""Members of the pocket family trained at the same time, one per worker; the finished folders come
back to the head.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

from lab.cluster.connection import Cluster
from lab.cluster.head_address import ClusterUnreachable
from lab.cluster.ray_calls import WorkerLost
from lab.cluster.spread import MOST_LOSSES
from lab.words import say
from lab.zoo.member import TrainingOrder


def train_on(
    where: str, orders: Sequence[TrainingOrder], work: Path, out: Path | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Train on a cluster that is joined for it.

    Args:
        where: the cluster, see `Cluster`.
        orders: the members; those that find no worker free wait.
        work: folder of checkpoints on every machine, and of the finished models here.
        out: folder of the finished model, where there is one only.

    Yields:
        a member's name and what `lab.zoo.member.train_member` says of it, as they finish.

    Raises:
        LabError: what a worker raised; `ClusterUnreachable` where several died at one member.
    """
    cluster = Cluster(where)
    try:
        with ThreadPoolExecutor(len(orders), "trains") as threads:
            waiting = [
                threads.submit(train_one, cluster, order, work, out or work / "models" / order.name)
                for order in orders
            ]
            for done in as_completed(waiting):
                yield done.result()
    finally:
        cluster.close()


def train_one(
    cluster: Cluster, order: TrainingOrder, work: Path, out: Path
) -> tuple[str, dict[str, Any]]:
    """Train one member on the next worker that is free; after a death on another one, from the
    last checkpoint if that is to be found there.

    Args:
        cluster: that has the workers.
        order: which member, and how long.
        work: folder of checkpoints on the worker's machine.
        out: folder here that the finished model is put into.

    Raises:
        LabError: as `train_on`.
    """
    for attempt in range(MOST_LOSSES):
        worker = cluster.lend()
        if worker is None:
            break
        give_back = partial(cluster.release, worker)
        try:
            took, files = cluster.get(worker.train.remote(order, work.resolve(), attempt > 0))
        except WorkerLost:
            give_back = partial(cluster.bury, worker, order.name)
        else:
            out.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                (out / name).write_bytes(content)
            return order.name, {**took, "folder": out}
        finally:
            give_back()
    raise ClusterUnreachable(say("error.cluster.died_at_training", name=order.name, n=MOST_LOSSES))
