"""What may stand behind the service in place of its own device: workers on other devices.

The service knows no cluster; whoever has one (`lab.cluster`) gives it a crew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lab.events import Event
from lab.experiments.harness.driver import Watch
from lab.experiments.harness.registry import Experiment
from lab.panels.machines import Standing
from lab.plan import Plan, Strict
from lab.records import Record
from lab.records.results import ResultTable

if TYPE_CHECKING:
    from lab.models.pool import HostPool

DeviceWork = Callable[["HostPool", Callable[..., None]], Any]
"""``work(pool, progress) -> result`` with ``progress(share, text="")``, which raises `Cancelled`
after a stop. It may be done in another process: what it holds and returns is data (records, plans,
numbers, texts), and it can be done again."""


class Crew(Protocol):
    """Workers that each own a device and the models on it. All calls may come from any thread."""

    @property
    def size(self) -> int:
        """How many runs it works on at the same time."""

    def run(
        self,
        plan: Plan,
        folder: Path,
        cancelled: threading.Event,
        on_event: Callable[[Event], None],
        on_status: Callable[[str], None],
        pocket_only: bool,
    ) -> Record:
        """As `lab.service.runner.run_plan`, on a worker; ``pocket_only``: only members of the
        pocket family may be loaded for it."""

    def do(
        self,
        name: str,
        work: DeviceWork,
        cancelled: threading.Event,
        progress: Callable[..., None],
        pocket_only: bool,
    ) -> Any:
        """What some work for models returns, done on a worker: on that of the models of the
        records that it holds, if that one is free."""

    def experiment(
        self,
        entry: Experiment,
        settings: Strict,
        folder: Path | None,
        watch: Watch,
        pocket_only: bool,
    ) -> ResultTable:
        """As `lab.experiments.harness.driver.run_experiment`, on many workers."""

    def loaded(self) -> list[dict[str, Any]]:
        """The models in memory of all workers, each once."""

    def standing(self) -> Standing:
        """How it is just now."""

    def close(self) -> None:
        """Let the workers go."""
