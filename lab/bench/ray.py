"""A cluster of two workers on this machine beside one process: what a live run pays for it, how
fast its events come, what two workers gain on many problems, and what more of them would carry.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from lab.bench.result import Measurement, at_least, at_most
from lab.cluster.connection import Cluster
from lab.cluster.ray_crew import RayCrew
from lab.cluster.spread import run_spread
from lab.experiments.harness import registry
from lab.models.pool import HostPool
from lab.plan import Plan
from lab.presets import load_preset
from lab.records.results import ResultTable
from lab.service.crowd import Crowd, simulate
from lab.service.runner import run_plan

WORKERS = 2
RUNS = 12
PROBLEMS = 2000
CONDITIONS = [
    {"name": "text", "channel": "text", "control": "ceiling"},
    {"name": "method", "channel": "kv", "control": "method"},
    {"name": "vectors", "channel": "latent"},
    {"name": "nothing", "channel": "none", "control": "floor"},
    {"name": "another problem", "channel": "kv", "ops": [{"op": "other_problem"}]},
]
PEOPLE, PAUSE = 200, 20.0
"""A class that presses Run again 20 s after an answer."""
SIMULATED = 1800.0
"""Seconds."""
CROWDS = (1, 8, 64)


def measure() -> Iterator[Measurement]:
    """Live runs first, then many problems, then what follows for larger clusters.

    Raises:
        ClusterUnreachable: if Ray is not installed.
    """
    cluster = Cluster(f"local:{WORKERS}")
    try:
        crew = RayCrew(cluster)
        with tempfile.TemporaryDirectory() as folder:
            service, head = yield from _live(crew, Path(folder))
        yield from _many(cluster)
    finally:
        cluster.close()
    yield from _carried(service, head)


def _live(crew: RayCrew, folder: Path) -> Generator[Measurement, None, tuple[float, float]]:
    """Runs of the default plan, here and on a worker in turn; returns seconds of a worker and of
    the head per run."""
    plan, pool = load_preset(), HostPool()
    here: list[float] = []
    there: list[float] = []
    head: list[float] = []

    def local(name: str) -> None:
        run_plan(plan, folder / f"here-{name}", pool)

    def remote(name: str) -> None:
        _run(crew, plan, folder / f"there-{name}")

    for i in range(2 * WORKERS):  # every worker has its models
        local(f"warm-{i}")
        remote(f"warm-{i}")
    crew.delays.clear()
    for i in range(RUNS):
        here.append(_seconds(local, str(i)))
        cpu = time.process_time()
        there.append(_seconds(remote, str(i)))
        head.append(time.process_time() - cpu)
    delays = sorted(crew.delays)
    extra = 1e3 * (statistics.median(there) - statistics.median(here))
    told = f"default plan, median of {RUNS} in turn: {1e3 * statistics.median(here):.0f} ms here"
    yield at_most("overhead of a live run", extra, 50, "ms", told)
    p95 = 1e3 * delays[int(0.95 * (len(delays) - 1))]
    yield at_most("event latency, p95", p95, 100, "ms", f"{len(delays)} events")
    service, cost = statistics.median(there), statistics.median(head)
    yield Measurement(
        "the head's processor time per run", 1e3 * cost, "ms", note="writes the record"
    )
    return service, cost


def _many(cluster: Cluster) -> Iterator[Measurement]:
    entry = registry.find("relay")

    def spread(n: int, workers: int) -> ResultTable:
        settings = registry.load_settings(entry, {"n": n, "conditions": CONDITIONS})
        return run_spread(entry, settings, cluster, most=workers)

    spread(200, WORKERS)  # everybody has imported and loaded
    began = time.perf_counter()
    one = spread(PROBLEMS, 1)
    alone = time.perf_counter() - began
    began = time.perf_counter()
    both = spread(PROBLEMS, WORKERS)
    gain = alone / (time.perf_counter() - began)
    what = f"relay, {PROBLEMS} problems, {len(CONDITIONS)} conditions: {alone:.1f} s with one"
    yield at_least(f"{WORKERS} workers against one of one thread", gain, 1.7, "×", what)
    clocks = {"ms"}
    rows = [table.rows.drop(columns=list(clocks)) for table in (one, both)]
    same = rows[0].equals(rows[1])
    differ = 0 if same else int((rows[0] != rows[1]).any(axis=1).sum())
    yield at_most("rows that differ with more workers", differ, 0, "rows", f"of {len(rows[0])}")


def _carried(service: float, head: float) -> Iterator[Measurement]:
    told = f"simulated: {PEOPLE} people, {PAUSE:.0f} s between their runs"
    for workers in CROWDS:
        found = simulate(Crowd(PEOPLE, PAUSE, [service], workers, head), SIMULATED)
        late = found.p95 - service - head
        note = f"{told}; wait p95 {late:.1f} s, head busy {100 * found.head_busy:.0f} %"
        yield Measurement(
            f"runs carried by {workers} workers", found.per_minute, "per min", note=note
        )
    yield Measurement(
        "workers at which the head is the limit",
        service / head,
        "workers",
        note=f"it writes {60 / head:.0f} runs per min; for more, capture fewer layers, or give "
        "a second head some of the machines",
    )


def _run(crew: RayCrew, plan: Plan, folder: Path) -> None:
    crew.run(plan, folder, threading.Event(), lambda _: None, lambda _: None)


def _seconds(work: Callable[[str], None], name: str) -> float:
    began = time.perf_counter()
    work(name)
    return time.perf_counter() - began
