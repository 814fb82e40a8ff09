"""A class for a long while: everything that students do, with a mark in each answer, and what is
there at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lab.bench.result import Measurement, at_least, at_most
from lab.bench.room_class import KEY, ClassServer, Client, everybody, one_round
from lab.bench.room_page import PageParts
from lab.bench.room_pupils import ClassBook, PupilClient, lost_records
from lab.ui.frame.sessions import FORGOTTEN_AFTER, SWEEP_SECONDS

log = logging.getLogger(__name__)
ROUND_SECONDS = 40.0
"""From question to result; as long again until the next at most."""
BETWEEN = 40.0
"""Mean seconds from an answer to the next thing that a student does."""
WARM = 1 / 6
"""Share of the time after which memory must not grow, and not before pages that were left are
forgotten, where the class is long enough."""
FORGETTING = FORGOTTEN_AFTER + SWEEP_SECONDS
MEMORY = "memory grown after warm-up"
FILLING = 30.0
"""Minutes: in a shorter class memory is told and not judged. It was seen to rise for some thirteen
minutes before it stayed level; what fills meanwhile is not known."""
LAST = 1 / 12
"""Share of the time over which memory is looked at, after warm-up and at the end."""
ACTS = ("replay", "scene", "run", "demonstration", "reload_record", "lose_connection", "peek")


def soak(minutes: float, students: int) -> Iterator[Measurement]:
    """A class of some minutes.

    Args:
        minutes: how long.
        students: in the room.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = ClassServer(Path(folder))
        server.start()
        try:
            yield from asyncio.run(_soak(server, minutes, students))
        finally:
            server.kill()


async def _soak(server: ClassServer, minutes: float, count: int) -> list[Measurement]:
    book, rng = ClassBook(), random.Random(0)
    teacher = Client(server.url, book.tally)
    limit = {"size": count, "runs_per_minute": 120}
    code = str((await teacher.ask("", {"key": KEY, "limit": limit, "hours": 24}))["code"])
    parts = await PageParts.read(server.url)
    pupils = [PupilClient(server.url, book, i, parts) for i in range(count)]
    began = time.monotonic()
    await everybody(pupils, lambda pupil: pupil.join(code))
    joining = time.monotonic() - began
    await asyncio.gather(*(pupil.open() for pupil in pupils))
    began = time.monotonic()
    end = began + 60 * minutes
    samples: list[tuple[float, float]] = []
    watching = asyncio.create_task(_watch(server, samples))
    acting = [asyncio.create_task(_act(pupil, end, 60 * minutes)) for pupil in pupils]
    lost = rounds = 0
    seconds = min(ROUND_SECONDS, 60 * minutes / 3)
    while time.monotonic() + seconds < end or not rounds:
        lost += await one_round(teacher, pupils, code, seconds, rng)
        rounds += 1
        wrong = [*book.tally.errors, *book.pages.errors, *book.tally.crossed]
        log.info(
            "%d questions, %d lost, %.0f MB, %s", rounds, lost, server.memory(), dict(book.did)
        )
        log.info("%d wrong: %s", len(wrong), wrong[-3:])
    await asyncio.gather(*acting)
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    gone = lost_records(server.records, book)
    for pupil in pupils:
        await pupil.leave()
        await pupil.close()
    await teacher.close()
    warm = max(WARM, FORGETTING / (60 * minutes))
    warm, last = _around(samples, warm if warm < 2 / 3 else WARM), _around(samples, 1 - LAST)
    name, growth, note = MEMORY, 100 * (last / warm - 1), f"from {warm:.0f} MB"
    judged = minutes >= FILLING
    grown = (
        at_most(name, growth, 5, "%", note) if judged else Measurement(name, growth, "%", note=note)
    )
    errors = [*book.tally.errors, *book.pages.errors]
    crossed, did = book.tally.crossed, book.did
    what = f"{count} students, {(time.monotonic() - began) / 60:.0f} minutes"
    return [
        at_most("joining", joining, 10, "s", f"{count} students at once"),
        at_most("errors", len(errors), 0, "", _first(errors)),
        at_most("answers that were another's", len(crossed), 0, "", _first(crossed)),
        at_most("lost predictions", lost, 0, "", f"of {count * rounds}"),
        at_most("lost records", len(gone), 0, "", _first(gone) or f"of {len(book.records)}"),
        grown,
        *(at_least(act.replace("_", " "), did[act], 1, "", what) for act in ACTS),
        Measurement("replay or lesson step, 95th percentile", p95(book.steps), "s", note=what),
        Measurement("look or predict, 95th percentile", p95(book.tally.seconds), "s", note=what),
        Measurement("run with its waiting, median", _median(book.runs), "s", note=what),
        Measurement("page opened, 95th percentile", p95(book.opened), "s", note=what),
    ]


async def _act(pupil: PupilClient, end: float, lasts: float) -> None:
    rng = random.Random(-pupil.number)
    between = min(BETWEEN, lasts / 12)
    while True:
        pause = rng.expovariate(1 / between)
        if time.monotonic() + pause >= end:
            return
        await asyncio.sleep(pause)
        await pupil.something()


async def _watch(server: ClassServer, samples: list[tuple[float, float]]) -> None:
    while True:
        samples.append((time.monotonic(), server.memory()))
        await asyncio.sleep(1)


def _around(samples: list[tuple[float, float]], share: float) -> float:
    """The median of the memory from this share of the time on."""
    first, last = samples[0][0], samples[-1][0]
    since = first + share * (last - first)
    until = since + LAST * (last - first)
    return _median([mb for at, mb in samples if since <= at <= until])


def p95(values: list[float]) -> float:
    """The 95th percentile; 0 of nothing."""
    return sorted(values)[int(0.95 * (len(values) - 1))] if values else 0.0


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def _first(texts: list[str]) -> str:
    return texts[0] if texts else ""
