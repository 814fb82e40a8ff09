"""Runs an experiment from its settings to a finished result folder: progress with time left, stop,
resume, failure.

What is measured is the experiment's business; the driver sees that nothing finished is lost however
a run ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.errors import Cancelled, LabError
from lab.experiments.harness.registry import Experiment
from lab.models.hosts import Hosts
from lab.plan import Strict
from lab.records.results import ResultTable
from lab.words import say


@dataclass
class Watch:
    """How a running experiment reports and is stopped."""

    progress: Callable[[float, str], None] = lambda _share, _text: None
    """Called with the share that is done (0 to 1) and a sentence: what, and the time left."""
    cancelled: Callable[[], bool] = lambda: False
    on_table: Callable[[ResultTable], None] = lambda _table: None
    """Called when a condition is finished: the page redraws its bars."""
    began: float = field(default_factory=time.perf_counter)

    def step(self, done: int, total: int, what: str) -> None:
        """To be called before every batch.

        Raises:
            Cancelled: if the owner has stopped the experiment.
        """
        if self.cancelled():
            raise Cancelled(
                say("error.driver.stopped_before_parts_finished", what=what, done=done, total=total)
            )
        self.tell(done, total, what)

    def tell(self, done: int, total: int, what: str, kept: int = 0) -> None:
        """Say how far it is.

        Args:
            done: parts that are finished.
            total: all parts.
            what: that begins.
            kept: of the finished parts those that an earlier run had finished.
        """
        share = done / max(total, 1)
        spent, now = time.perf_counter() - self.began, (done - kept) / max(total - kept, 1)
        key, seconds = "said.progress.part", 0.0
        if 0.02 < now < 1:
            key, seconds = "said.progress.part_left", spent / now * (1 - now)
        self.progress(share, say(key, what=what, done=done, total=total, seconds=seconds))


def run_experiment(
    entry: Experiment,
    settings: Strict,
    hosts: Hosts,
    folder: Path | None = None,
    watch: Watch | None = None,
) -> ResultTable:
    """Run (or continue) an experiment; a stop returns the table with status ``cancelled`` and all
    that is finished.

    Raises:
        LabError: what the experiment raised; the folder then says ``failed`` and keeps what was
            finished.
    """
    watch = watch or Watch()

    def fill(table: ResultTable) -> None:
        entry.load().fill(table, settings, hosts, watch)

    return fill_table(entry, settings, fill, folder, watch)


def fill_table(
    entry: Experiment,
    settings: Strict,
    fill: Callable[[ResultTable], None],
    folder: Path | None,
    watch: Watch,
) -> ResultTable:
    """As `run_experiment`, with another way to fill the table.

    Args:
        entry: which experiment.
        settings: all of them.
        fill: called with the table, which may be finished in parts.
        folder: of the record; None keeps it in memory.
        watch: is told of every change of the table.

    Raises:
        LabError: what ``fill`` raised; the folder then says ``failed``.
    """
    module = entry.load()
    spec = {"experiment": entry.name, **settings.model_dump(mode="json")}
    table = ResultTable.start(entry.name, spec, folder, module.METRICS)
    table.meta["versions"].update(_versions())
    table.changed = watch.on_table
    began = time.perf_counter()
    try:
        fill(table)
        if hasattr(module, "close"):
            module.close(table)
    except Cancelled as stop:
        return table.finish("cancelled", str(stop))
    except LabError as error:
        table.finish("failed", str(error))
        raise
    except BaseException as error:
        table.finish("failed", f"{type(error).__name__}: {error}")
        raise
    table.meta["seconds"] = table.meta.get("seconds", 0.0) + time.perf_counter() - began
    watch.progress(1.0, say("said.progress.finished"))
    return table.finish("finished")


def _versions() -> dict[str, Any]:
    from importlib.metadata import version

    import torch

    return {
        "torch": torch.__version__,
        "transformers": version("transformers"),
        "threads": torch.get_num_threads(),
    }
