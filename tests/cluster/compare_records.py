"""What tests of a cluster compare and wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from lab import events as ev
from lab.records import Record
from tests.service.test_runner import WAIT


def contents(folder: Path) -> dict[str, object]:
    """What a record holds but for clocks and the notes of a busy machine."""
    record = Record.open(folder)
    points = record.points.drop(columns="seconds")
    arrays = [a.tobytes() for a in record.lens(slice(None))]
    states = {
        h: record.states(record.points[record.points.host == h].point_id).tobytes()
        for h in record.meta["hosts"]
    }
    meta = {
        k: v for k, v in record.meta.items() if k not in ("created", "ended", "notes", "totals")
    }
    events = [timeless(e) for e in record.events if not (isinstance(e, ev.Note) and not e.lane)]
    return {
        "meta": meta,
        "points": points.to_json(),
        "arrays": arrays,
        "states": states,
        "events": events,
        "files": sorted(p.name for p in folder.iterdir()),
    }


def timeless(event: ev.Event) -> dict[str, object]:
    clocks = ("at", "seconds", "first_token", "peak_bytes")
    return {key: value for key, value in ev.to_dict(event).items() if key not in clocks}


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
