"""The stage's work on the device: one problem at once, or many with bars that fill in, stoppable
and kept on disk.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import BadInput
from lab.experiments.harness import registry
from lab.files import EXPERIMENTS, PRESETS
from lab.panels.break_it.break_results import find_result
from lab.panels.break_it.measured_on import POCKET, study_of
from lab.presets import read_yaml
from lab.records import new_run_id
from lab.records.results import ResultTable, read_result
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import DeviceRequest, person, place_sentence
from lab.words import known, say

if TYPE_CHECKING:
    from lab.models.pool import HostPool

KEPT = 32
POLL = 0.4


class ResultShelf:
    """Result tables by key, for pages that look at them; bounded, and shared only by those who know
    the key."""

    def __init__(self) -> None:
        self._tables: OrderedDict[str, ResultTable] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: str, table: ResultTable) -> None:
        """Keep a snapshot under a key."""
        with self._lock:
            self._tables[key] = table
            self._tables.move_to_end(key)
            while len(self._tables) > KEPT:
                self._tables.popitem(last=False)

    def get(self, key: str | None) -> ResultTable | None:
        """The snapshot, or None when it is gone."""
        with self._lock:
            return self._tables.get(key or "")


def folders(ctx: Ctx) -> list[Path]:
    """Where results are looked for: the user's own first, then the shipped ones."""
    return [Path(ctx.service.records_dir) / "experiments", EXPERIMENTS]


def recorded(ctx: Ctx, name: str) -> ResultTable | None:
    """The recorded result of a name, see `ResultTable.study`, or None: the shipped one, so that no
    visitor changes what others see."""
    if (EXPERIMENTS / name / "record.json").is_file():
        return read_result(EXPERIMENTS / name)
    return find_result([EXPERIMENTS, *folders(ctx)], name)


def evaluated(ctx: Ctx, models: str = POCKET) -> ResultTable | None:
    """The papers' table: the newest that ``python -m lab eval`` measured into this lab's records,
    else the shipped one."""
    return find_result(folders(ctx), study_of("tasks", models))


def gallery(ctx: Ctx, models: str = POCKET) -> ResultTable | None:
    """The result behind the cards: the shipped one, else the user's own."""
    return recorded(ctx, study_of("constraints", models))


def try_one(ctx: Ctx, ask: dict[str, Any]) -> DeviceRequest:
    """Ask for the three answers for one problem; the result is JSON data."""

    def work(pool: HostPool) -> dict[str, Any]:
        from lab.experiments.failure.live import read_ask, try_one

        return try_one(read_ask(ask), pool.get)

    return DeviceRequest(ctx.service, "break: one problem", work, same=json.dumps(ask))


def rates(ctx: Ctx, ask: dict[str, Any]) -> DeviceRequest:
    """Ask for the rates of the same answers over some more problems, where that takes a moment
    only; the result is a rate by answer."""

    def work(pool: HostPool) -> dict[str, Any]:
        from lab.experiments.failure.live import rates, read_ask

        return rates(read_ask(ask), pool.get)

    return DeviceRequest(ctx.service, "break: rates", work, same=json.dumps(ask))


def with_rates(result: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The answers, each with its rate."""
    return {**result, **{key: {**result[key], "rate": rate} for key, rate in found.items()}}


def preset_lines(name: str = "constraints") -> list[dict[str, Any]]:
    """The conditions of a preset, a line per channel, as plain data."""
    from lab.experiments.transfer.conditions import Conditions

    data = read_yaml(PRESETS / "experiments" / f"{name}.yaml")
    wanted = {key: value for key, value in data.items() if key in ("conditions", "constraints")}
    return [line.model_dump(mode="json") for line in Conditions(**wanted).resolved()]


def relay_settings(conditions: list[dict[str, Any]], n: int, steps: int) -> dict[str, Any]:
    """The experiment `relay` with these conditions, each with a sender and a receiver of its
    own."""
    own = {"sender": "", "receiver": ""}
    return {"n": n, "steps": steps, "conditions": conditions, **own}


def measure(
    ctx: Ctx, conditions: list[dict[str, Any]], n: int, steps: int, results: ResultShelf
) -> Iterator[tuple[str, str, float, ResultTable | None, str]]:
    """Run conditions over many problems; yields (job id, result key, share, snapshot, sentence)
    while they fill in.

    Raises:
        BadInput: for n out of range.
    """
    if not 1 <= n <= 2000:
        raise BadInput(say("error.break_run.number_problems_choose_example", n=n))
    folder = Path(ctx.service.records_dir) / "experiments" / new_run_id()
    found: list[ResultTable] = []
    key = folder.name

    def work(progress: Any, cancelled: threading.Event) -> str:
        from lab.experiments.failure.live import written_relays
        from lab.experiments.harness.driver import Watch

        entry = registry.find("relay")
        data = relay_settings(conditions, n, steps)
        written = written_relays(conditions[-1]["sender"], conditions[-1]["receiver"])
        if written is not None:
            facts = [fact.model_dump() for fact in written.by_hand]
            data |= {
                "n": min(n, len(facts)),
                "facts": facts,
                "batch": written.batch,
            }
        settings = registry.load_settings(entry, data)
        watch = Watch(progress, cancelled.is_set, lambda t: found.append(_copy(t)))
        own = conditions[-1]["name"] == "this"
        needs = {conditions[-1]["sender"], conditions[-1]["receiver"]} if own else ()
        table = ctx.service.experiment(entry, settings, folder, watch, needs)
        found.append(_copy(table))
        return str(table.meta["message"])

    job = ctx.service.submit_task("break: measure", work, person())
    shown, told = 0, None
    try:
        while not job.over or shown < len(found):
            if (place := place_sentence(ctx.service, job)) != told:
                told = place
                yield job.id, key, 0.0, None, place
            if len(found) > shown:
                shown = len(found)
                results.put(key, found[-1])
                yield job.id, key, job.progress[0], found[-1], known(job.progress[1])
            job.wait(POLL)
            time.sleep(0)
    finally:
        if not job.over:
            job.cancel()
    if job.state == "failed":
        raise BadInput(known(job.message))
    share = 1.0 if job.state == "finished" else min(job.progress[0], 0.99)
    yield "", key, share, found[-1] if found else None, known(job.message or (job.result or ""))


def _copy(table: ResultTable) -> ResultTable:
    """A snapshot that the worker no longer touches."""
    return ResultTable(table.experiment, table.metrics, None, dict(table.meta), table.rows.copy())
