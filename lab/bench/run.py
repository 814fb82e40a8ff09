"""A whole run of the default preset: how long from plan to record, how large the record, what
writing it costs.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lab.bench.result import Measurement, at_most, median_seconds
from lab.files import folder_bytes
from lab.models.pool import HostPool
from lab.presets import load_preset
from lab.records import Record
from lab.service.runner import run_plan

ROUNDS = 3


def measure() -> Iterator[Measurement]:
    """Run the default preset several times with warm models."""
    plan, pool = load_preset(), HostPool()
    with tempfile.TemporaryDirectory() as folder:
        count = 0

        def whole() -> Record:
            nonlocal count
            count += 1
            return run_plan(plan, Path(folder) / str(count), pool)

        start = time.perf_counter()
        record = whole()
        yield Measurement(
            "first run, models loaded from disk", time.perf_counter() - start, "s", note=plan.name
        )
        (seconds,) = median_seconds(whole, rounds=ROUNDS, warm=0)
        lanes = sum(total["seconds"] for total in record.meta["totals"].values())
        yield Measurement("default run, models warm", seconds, "s", note=f"median of {ROUNDS}")
        yield Measurement(
            "of that, lens and record", 100 * max(0.0, seconds - lanes) / seconds, "%"
        )
        yield at_most(
            "record of a default run",
            folder_bytes(record.folder) / 1e6,
            5,
            "MB",
            f"{len(record.points)} vectors",
        )
        (opening,) = median_seconds(
            lambda: (Record.open(record.folder).points, Record.open(record.folder).events)
        )
        yield Measurement("open that record", opening, "s")
