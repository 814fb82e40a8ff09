"""The failure lab: how long its experiments take, and how much batching brings over one problem at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from lab.bench.result import Measurement, at_least, at_most
from lab.experiments import registry
from lab.experiments.driver import run_experiment
from lab.models.pool import HostPool

SINGLES = 6
"""Problems that are run one by one, to be compared with the batch."""


def measure() -> Iterator[Measurement]:
    """The relay with all its controls and the heat-map, batched and one by one, on warm models."""
    pool = HostPool()
    pool.get("pocket-base")
    for name, n, limit, what in (
        ("relay", 200, 60, "relay with all controls, N = 200"),
        ("layers", 50, 60, "layer heat-map, N = 50 per cell"),
    ):
        batched, conditions = _seconds(pool, name, {"n": n})
        yield at_most(what, batched, limit, "s", f"{conditions} conditions")
        single, _ = _seconds(pool, name, {"n": SINGLES}, one_by_one=True)
        ratio = (single / SINGLES) / (batched / n)
        yield at_least(f"{name}: throughput against one by one", ratio, 10, "×", f"{SINGLES} problems one by one")


def _seconds(pool: HostPool, name: str, overrides: dict[str, Any], one_by_one: bool = False) -> tuple[float, int]:
    entry = registry.find(name)
    began = time.perf_counter()
    if not one_by_one:
        table = run_experiment(entry, registry.load_settings(entry, overrides), pool.get)
        return time.perf_counter() - began, len(table.meta["finished"])
    for seed in range(overrides["n"]):
        table = run_experiment(entry, registry.load_settings(entry, {"n": 1, "seed": seed}), pool.get)
    return time.perf_counter() - began, len(table.meta["finished"])
