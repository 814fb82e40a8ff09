"""What runs on the machines of a cluster: a worker owns one device and the models on it.

The head hires it as a Ray actor (`lab.cluster.connection`). Its long calls are generators, so that
what happens is heard as it happens; meanwhile other calls answer its questions and stop it.
"""

from __future__ import annotations

import os
import pickle
import platform
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from lab.errors import Cancelled
from lab.events import Event
from lab.plan import PlanProblem
from lab.records.block import CapturedBlock
from lab.records.schema import Status, versions
from lab.service.libraries import LIBRARIES
from lab.version import __version__
from lab.words import say as text_of

LINGER_S = 0.008
"""How long an event of a run may wait for the next ones: far below what an eye sees."""
Said = tuple[str, Any]
"""A word to the head: what it is, and its content (plain data)."""


class Telling:
    """The record of a run, told to the head, who writes it."""

    def __init__(self, say: Callable[[Said], None], run_id: str) -> None:
        self._say = say
        self.meta: dict[str, Any] = {"run_id": run_id}

    def fact(self, name: str, value: Any) -> None:
        """As `Writer.fact`."""
        self._say(("fact", (name, value)))

    def host(self, name: str, info: dict[str, Any]) -> None:
        """As `Writer.host`."""
        self._say(("host", (name, info)))

    def event(self, event: Event) -> None:
        """As `Writer.event`; with the time at which it happened here."""
        self._say(("event", (event, time.time())))

    def block(self, block: CapturedBlock) -> None:
        """As `Writer.block`."""
        self._say(("block", (block,)))

    def finish(self, status: Status, message: str = "") -> None:
        """As `Writer.finish`."""
        self._say(("finish", (status, message)))


class RayWorker:
    """One device and its pool of models, in a process of its own."""

    def __init__(self) -> None:
        from lab.models.pool import HostPool

        self._pool = HostPool()
        self._stopped = threading.Event()
        self._answers: SimpleQueue[bool] = SimpleQueue()

    def hello(self) -> dict[str, Any]:
        """Who this is: version, machine (by name, and by Ray's id), process, device, threads."""
        import ray

        LIBRARIES.bring()  # what the first run, question or stage would wait for
        import torch

        from lab.models.placement import gpu_bytes, pick_device

        device, _ = pick_device("auto")
        return {
            "version": __version__,
            "machine": platform.node(),
            "node": ray.get_runtime_context().get_node_id(),
            "pid": os.getpid(),
            "device": str(device),
            "gpu_bytes": gpu_bytes() if device.type == "cuda" else 0,
            "threads": torch.get_num_threads(),
        }

    def live(self) -> None:
        """Never returns: the call is over when the worker is."""
        threading.Event().wait()

    def loaded(self) -> list[dict[str, Any]]:
        """The models in memory; answers at once, whatever the worker is at."""
        return self._pool.loaded()

    def stop(self) -> None:
        """Let what is at work end before its next step."""
        self._stopped.set()
        self._answers.put(False)

    def answer(self, yes: bool) -> None:
        """The head's answer to the question that was asked last."""
        self._answers.put(yes)

    def run(self, plan: dict[str, Any], run_id: str, pocket_only: bool) -> Iterator[list[Said]]:
        """Work on a plan.

        Args:
            plan: as plain data.
            run_id: of its record.
            pocket_only: whether only members of the pocket family may be loaded for it.

        Yields:
            some words at a time: ``status`` (a sentence), then what a `lab.service.runner.Sink`
            is told, each under the name of its method: ``begin`` (problem, versions), ``fact``,
            ``host``, ``event``, ``block``, ``finish``.

        Raises:
            LabError: as `lab.service.runner.run_plan`.
        """
        from lab.plan import Plan
        from lab.service.runner import work_plan

        def work(say: Callable[[Said], None]) -> None:
            def begin(_plan: Plan, problem: PlanProblem) -> Telling:
                say(("begin", (problem, versions())))
                return Telling(say, run_id)

            self._pool.pocket_only = pocket_only
            asked = Plan.model_validate(plan)
            work_plan(
                asked, self._pool, begin, self._stopped, None, lambda text: say(("status", text))
            )

        yield from self._told(work, LINGER_S)

    def do(self, content: bytes, records: list[Any], pocket_only: bool) -> Iterator[list[Said]]:
        """Do some work for models, see `lab.service.crew.DeviceWork`.

        Args:
            content: of its `lab.cluster.parcel.Parcel`.
            records: references to what it says of records.
            pocket_only: whether only members of the pocket family may be loaded for it.

        Yields:
            some words at a time: ``progress`` (share, sentence), and at the end ``answer`` (what
            the work returned, pickled: what comes from the object store could not be changed).

        Raises:
            LabError: what the work raised.
        """
        import ray

        from lab.cluster.parcel import unpack

        def work(say: Callable[[Said], None]) -> None:
            def progress(share: float, text: str = "") -> None:
                if self._stopped.is_set():
                    raise Cancelled(text_of("error.stopped"))
                say(("progress", (share, text)))

            self._pool.pocket_only = pocket_only
            answer = unpack(content, ray.get(records))(self._pool, progress)
            say(("answer", pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)))

        yield from self._told(work)

    def sizes(self, names: Sequence[str]) -> dict[str, int]:
        """Bytes that models' weights will take in memory, from their files' headers.

        Args:
            names: of models.

        Raises:
            LabError: if one of them cannot be had.
        """
        from lab.models.loader import estimate_bytes
        from lab.models.spec import parse_spec

        return {name: estimate_bytes(parse_spec(name)) for name in names}

    def reads_like_pocket(self, model: str) -> bool:
        """Whether a model reads the pocket models' template.

        Raises:
            LabError: if it cannot be had.
        """
        from lab.face.reading import is_pocket

        return is_pocket(self._pool.get(model))

    def train(
        self, order: Any, work: Path, resume: bool
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Train a member of the family.

        Args:
            order: a `lab.zoo.member.TrainingOrder`.
            work: folder of checkpoints, on this machine.
            resume: continue from a checkpoint if there is one here.

        Returns:
            what it took, and the finished folder: a file's name to what is in it.

        Raises:
            BadInput: for what cannot be trained.
        """
        from lab.zoo.member import train_member

        if resume and (work / order.name / "checkpoint.pt").exists():
            order = replace(order, resume=True)
        took = train_member(order, work)
        folder = took.pop("folder")
        return took, {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def fill(
        self, experiment: str, settings: dict[str, Any], rank: int, size: int, pocket_only: bool
    ) -> Iterator[list[Said]]:
        """Take part in an experiment.

        Args:
            experiment: its name.
            settings: all of them, as plain data.
            rank: this worker's number.
            size: number of workers.
            pocket_only: whether only members of the pocket family may be loaded for it.

        Yields:
            some words at a time: ``ask`` (a key, see `answer`), ``step`` (done, total, what),
            ``unit`` (see `lab.cluster.share_table.Unit`), and at the end ``meta``.

        Raises:
            LabError: what the experiment raised.
        """
        from lab.cluster.share_table import Reports, ShareTable
        from lab.experiments.harness import registry

        def work(say: Callable[[Said], None]) -> None:
            entry = registry.find(experiment)
            module, given = entry.load(), registry.settings_from(entry, settings)
            table = ShareTable.start(entry.name, {}, None, module.METRICS)
            known = set(table.meta) - {"hosts", "notes"}

            def ask(key: Sequence[Any]) -> bool:
                say(("ask", list(key)))
                return self._answers.get() and not self._stopped.is_set()

            self._pool.pocket_only = pocket_only
            table.join(ask, lambda unit: say(("unit", unit)), rank, size)
            try:
                module.fill(table, given, self._pool.get, Reports(say, table, self._stopped))
            except Cancelled:
                return
            table.flush()
            say(("meta", {k: v for k, v in table.meta.items() if k not in known}))

        yield from self._told(work)

    def _told(
        self, work: Callable[[Callable[[Said], None]], None], linger: float = 0.0
    ) -> Iterator[list[Said]]:
        """What some work says while it runs on a thread of its own, all that was said meanwhile
        together: every piece costs the head the same, however much is in it.

        Args:
            work: called with the function by which it speaks.
            linger: seconds that a word waits for the next ones.
        """
        said: SimpleQueue[Said | None] = SimpleQueue()
        broken: list[BaseException] = []
        self._stopped.clear()
        while not self._answers.empty():
            self._answers.get()

        def run() -> None:
            try:
                work(said.put)
            except BaseException as error:  # noqa: BLE001
                broken.append(error)
            finally:
                said.put(None)

        threading.Thread(target=run, daemon=True, name="work").start()
        over = False
        while not over:
            words: list[Said] = []
            word = said.get()
            if linger and word is not None:
                time.sleep(linger)
            while word is not None:
                words.append(word)
                if said.empty():
                    break
                word = said.get()
            over = word is None
            if words:
                yield words
        if broken:
            raise broken[0]
