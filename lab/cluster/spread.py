"""An experiment over all workers of a cluster, with the results of one process.

The head hands out units (a condition, or a condition and a part of the problems) to whoever asks,
keeps every finished unit as a file beside the record, and puts them together in the order in which
one process would have worked. A worker that dies takes only the unit that it was at.
"""

from __future__ import annotations

import copy
import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, ClassVar

from lab.cluster.chunks import CHUNKS, Chunks, name_of
from lab.cluster.connection import Cluster
from lab.cluster.head_address import ClusterUnreachable
from lab.cluster.ray_calls import WorkerLost
from lab.cluster.share_table import Unit, merge
from lab.errors import Cancelled, LabError
from lab.experiments.harness.driver import Watch, fill_table
from lab.experiments.harness.registry import Experiment, models_named
from lab.plan import Strict
from lab.records.results import ResultTable
from lab.words import say

PULSE_S = 0.2
"""How often a stop is looked for while nobody says anything."""
STOP_S = 20.0
"""How long workers have to come to the end of a step after a stop."""
PAIR = 2
"""Models that an experiment has in memory at the same time: who hands over, and who receives."""
MOST_LOSSES = 3
"""Workers that may die at one unit before it is given up."""


def run_spread(
    entry: Experiment,
    settings: Strict,
    cluster: Cluster,
    folder: Path | None = None,
    watch: Watch | None = None,
    most: int = 2**31,
    pocket_only: bool = False,
) -> ResultTable:
    """Run (or continue) an experiment on a cluster; see `lab.experiments.harness.driver`.

    Args:
        entry: which experiment.
        settings: all of them.
        cluster: whose workers do it.
        folder: of the record; None keeps nothing of a run that is stopped.
        watch: is told what is done of the whole.
        most: workers to use; as many as there can be by default.
        pocket_only: whether only members of the pocket family may be loaded for it.

    Raises:
        LabError: what the experiment raised on every worker; the folder then says ``failed``.
    """
    watch = watch or Watch()

    def fill(table: ResultTable) -> None:
        shift = _Shift(entry, settings, cluster, Chunks(folder), watch)
        shift.pocket_only = pocket_only

        def show() -> None:
            meta = copy.deepcopy(table.meta)
            so_far = ResultTable(table.experiment, table.metrics, None, meta, table.rows)
            merge(so_far, shift.chunks.units.values(), ())
            watch.on_table(so_far)

        shift.show = show
        try:
            shift.work(table, most)
        finally:
            shift.dismiss()
            merge(table, shift.chunks.units.values(), shift.metas)

    table = fill_table(entry, settings, fill, folder, watch)
    if table.meta["status"] == "finished" and folder is not None:
        shutil.rmtree(folder / CHUNKS, ignore_errors=True)
    return table


class _Shift:
    """The workers of one experiment, and who of them is at what."""

    def __init__(
        self, entry: Experiment, settings: Strict, cluster: Cluster, chunks: Chunks, watch: Watch
    ) -> None:
        self.entry, self.settings, self.cluster = entry, settings, cluster
        self.chunks, self.watch = chunks, watch
        self.metas: list[dict[str, Any]] = []
        """What the workers found out besides their units."""
        self.pocket_only = False
        self.show: Callable[[], None] = lambda: None
        """Draws what is there so far."""
        self._shown = time.monotonic()
        self._heard: SimpleQueue[tuple[int, str, Any]] = SimpleQueue()
        self._size, self._gpus = cluster.size, 1
        self._hiring: set[int] = set()
        """Ranks for which no worker is free yet, or has started."""
        self._workers: dict[int, Any] = {}
        self._busy: set[int] = set()
        """Workers that have not come to an end."""
        self._ended: set[int] = set()
        self._at: dict[int, str] = {}
        """Which unit a worker is at."""
        self._left: set[str] = set()
        """Units that were begun and must be done by somebody else."""
        self._losses: dict[str, int] = {}
        self._unable: dict[str, dict[str, Unit]] = {}
        """Units that some workers cannot do (a model that they cannot load)."""
        self._refused: dict[int, LabError] = {}
        self._done: set[tuple[str, str]] = set()
        self._total, self._stopping, self._over = 0, 0.0, False

    def work(self, table: ResultTable, most: int) -> None:
        """Have everything done that is not done yet.

        Args:
            table: whose finished conditions are left out.
            most: workers to use.

        Raises:
            Cancelled: after a stop.
            LabError: where no worker can do the experiment at all.
        """
        self._done = {(condition, channel) for condition, channel in table.meta["finished"]}
        self._gpus = self.cluster.gpus_for(models_named(self.settings.model_dump()), PAIR)
        self._size = min(most, max(1, self.cluster.size // self._gpus))
        for rank in range(self._size):
            self._hire(rank)
        while self._busy or self._waits():
            self._look()
            try:
                rank, word, content = self._heard.get(timeout=PULSE_S)
            except Empty:
                continue
            self._words[word](self, rank, content)
        if self._stopping:
            done = len(self.chunks.units)
            total = max(self._total, done)
            raise Cancelled(say("error.cluster.stopped", done=done, total=total))
        for name, tried in self._unable.items():
            self.chunks.units.setdefault(name, next(iter(tried.values())))
        missing = [name for name in self._left if name not in self.chunks.units]
        if self._refused and (missing or not self.metas):
            raise self._refused[min(self._refused)]

    def dismiss(self) -> None:
        """Let everybody go; who is still at work or on the way is sent home."""
        self._over = True
        self._hiring.clear()
        for rank in list(self._workers):
            self._send_home(rank)
        while not self._heard.empty():
            _, word, content = self._heard.get()
            if word == "worker":
                self.cluster.release(content)

    def _waits(self) -> bool:
        """Whether somebody must start who has not yet: nobody has come to the end, or something
        was left."""
        left = [name for name in self._left if name not in self.chunks.units]
        if self._hiring and left and self.metas:  # who else could try it may have left the cluster
            there = max(1, self.cluster.size // self._gpus)
            left = [name for name in left if len(self._unable.get(name, ())) < there]
        return bool(self._hiring) and not self._stopping and (not self.metas or bool(left))

    def _look(self) -> None:
        """Pass a stop on; who does not end in time is given up."""
        now = time.monotonic()
        if not self._stopping and self.watch.cancelled():
            self._stopping = now
            for rank in self._busy:
                self._workers[rank].stop.remote()
        if self._stopping and now - self._stopping > STOP_S:
            for rank in list(self._busy):
                self._send_home(rank)

    def _send_home(self, rank: int) -> None:
        self._busy.discard(rank)
        self._at.pop(rank, None)
        self.cluster.dismiss(self._workers.pop(rank))

    def _hire(self, rank: int) -> None:
        """Have another worker take part, as soon as one is free."""
        self._hiring.add(rank)

        def hire() -> None:
            try:
                worker = self.cluster.lend(waits=lambda: rank in self._hiring, gpus=self._gpus)
            except LabError as error:
                self._heard.put((rank, "refused", error))
                return
            except BaseException as error:  # noqa: BLE001
                self._heard.put((rank, "broken", error))
                return
            if worker is not None and self._over:
                self.cluster.release(worker)
            elif worker is not None:
                self._heard.put((rank, "worker", worker))

        threading.Thread(target=hire, daemon=True, name=f"hires worker {rank}").start()

    def _again(self) -> None:
        """Something was left: somebody who has ended comes again."""
        if self._ended and not self._stopping:
            self._hire(self._ended.pop())

    def _listen(self, rank: int) -> None:
        """Let a worker take part, and hear it on a thread of its own."""
        worker = self._workers[rank]
        settings = self.settings.model_dump(mode="json")

        def listen() -> None:
            try:
                stream = worker.fill.remote(
                    self.entry.name, settings, rank, self._size, self.pocket_only
                )
                for word, content in self.cluster.hear(stream):
                    self._heard.put((rank, word, content))
                self._heard.put((rank, "end", worker))
            except WorkerLost:
                self._heard.put((rank, "lost", worker))
            except LabError as error:
                self._heard.put((rank, "refused", error))
                self._heard.put((rank, "end", worker))
            except BaseException as error:  # noqa: BLE001
                self._heard.put((rank, "broken", error))

        threading.Thread(target=listen, daemon=True, name=f"hears worker {rank}").start()

    def _on_worker(self, rank: int, worker: Any) -> None:
        self._hiring.discard(rank)
        if self._stopping:
            self.cluster.release(worker)
            return
        self._workers[rank] = worker
        self._busy.add(rank)
        self.cluster.at_work(worker, self.entry.name)
        self._listen(rank)

    def _on_ask(self, rank: int, key: list[Any]) -> None:
        if rank not in self._workers:
            return
        name = name_of(key)
        free = (
            self._can(rank, name)
            and self._losses.get(name, 0) < MOST_LOSSES
            and (key[0], key[1]) not in self._done
        )
        if free:
            self._at[rank] = name
        self._workers[rank].answer.remote(free)

    def _can(self, rank: int, name: str) -> bool:
        """Whether a unit is free for this worker."""
        return (
            not self._stopping
            and name not in self.chunks.units
            and name not in {at for other, at in self._at.items() if other != rank}
            and self._who(rank) not in self._unable.get(name, {})
        )

    def _who(self, rank: int) -> str:
        return str(self._workers[rank]._actor_id.hex())

    def _on_step(self, _rank: int, step: tuple[int, int, str]) -> None:
        self._total = max(self._total, step[1])
        if not self._stopping:
            done = min(len(self.chunks.units), self._total)
            self.watch.tell(done, self._total, step[2], self.chunks.kept)

    def _on_unit(self, rank: int, unit: Unit) -> None:
        name = name_of(unit["key"])
        self._at.pop(rank, None)
        if rank in self._workers and unit["refused"] and not unit["final"]:
            self._unable.setdefault(name, {})[self._who(rank)] = unit
            if len(self._unable[name]) < self._size:
                self._left.add(name)
                self._again()
            else:
                self._left.discard(name)
        else:
            self._left.discard(name)
            self.chunks.add(unit)
            if (began := time.monotonic()) > self._shown:
                self.show()
                self._shown = began + max(1.0, 10 * (time.monotonic() - began))

    def _on_meta(self, _rank: int, meta: dict[str, Any]) -> None:
        self.metas.append(meta)

    def _on_refused(self, rank: int, error: LabError) -> None:
        self._hiring.discard(rank)
        self._refused[rank] = error

    def _on_end(self, rank: int, worker: Any) -> None:
        """A worker has gone through everything: once more, if something was left meanwhile."""
        if self._workers.get(rank) is not worker:
            return
        self._at.pop(rank, None)
        if rank not in self._refused and any(self._can(rank, name) for name in self._left):
            self._listen(rank)
            return
        self._busy.discard(rank)
        del self._workers[rank]
        self.cluster.release(worker)
        if rank not in self._refused:
            self._ended.add(rank)

    def _on_lost(self, rank: int, worker: Any) -> None:
        """A worker died: what it was at is done again by whoever is free, and a new one comes."""
        if self._workers.get(rank) is not worker:
            return
        name = self._at.get(rank, "")
        self.cluster.bury(worker, self.entry.name)
        self._send_home(rank)
        self._losses[name] = self._losses.get(name, 0) + 1
        if self._stopping:
            return
        if self._losses[name] >= MOST_LOSSES:
            key = f"error.cluster.died_at_{'experiment' if name else 'beginning'}"
            what = {"what": json.loads(name)[0]} if name else {}
            raise ClusterUnreachable(say(key, name=self.entry.name, n=MOST_LOSSES, **what))
        if name:
            self._left.add(name)
        self._hire(rank)
        self._again()

    def _on_broken(self, _rank: int, error: BaseException) -> None:
        raise error

    _words: ClassVar[dict[str, Callable[[_Shift, int, Any], None]]] = {
        "worker": _on_worker,
        "ask": _on_ask,
        "step": _on_step,
        "unit": _on_unit,
        "meta": _on_meta,
        "refused": _on_refused,
        "end": _on_end,
        "lost": _on_lost,
        "broken": _on_broken,
    }
