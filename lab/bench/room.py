"""A class on one server: fifty students join, look, predict, reload and lose their network while
the device is kept busy, and the server is killed in the middle of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from lab.bench.result import Measurement, at_least, at_most
from lab.bench.room_class import (
    CHOICES,
    KEY,
    ClassServer,
    Client,
    StudentClient,
    Tally,
    everybody,
    one_round,
    press,
)
from lab.bench.room_page import PageParts
from lab.bench.room_pupils import SEED, ClassBook, PupilClient, lost_records
from lab.bench.room_rush import rush
from lab.bench.room_soak import p95, soak

STUDENTS = 50
ROUNDS = 5
ROUND_SECONDS = 12.0
KILLS = 20
RUN_EVERY = 4
"""Before every so many kills a run must have finished."""
RUN_PATIENCE = 60.0
"""Seconds that it may take: a server that was just started loads its models first."""


def measure(
    students: int = STUDENTS,
    rounds: int = ROUNDS,
    seconds: float = ROUND_SECONDS,
    kills: int = KILLS,
    minutes: float | None = None,
) -> Iterator[Measurement]:
    """A lesson of some rounds, then kills; or a class that does everything for some minutes.

    Args:
        students: in the room.
        rounds: questions asked.
        seconds: from question to result.
        kills: how often the server is killed.
        minutes: of the long class, instead of the others.
    """
    if minutes is not None:
        yield from soak(minutes, students)
        return
    with tempfile.TemporaryDirectory() as folder:
        server = ClassServer(Path(folder))
        server.start()
        try:
            yield from asyncio.run(_lesson(server, students, rounds, seconds))
            yield from asyncio.run(rush(server, students, 5 * seconds))
            yield from asyncio.run(_kills(server, students, kills))
        finally:
            server.kill()


async def _open(server: ClassServer, seen: Tally, count: int) -> tuple[Client, str]:
    teacher = Client(server.url, seen)
    state = await teacher.ask(
        "", {"key": KEY, "limit": {"size": count + 1, "runs_per_minute": 120}}
    )
    return teacher, str(state["code"])


async def _lesson(
    server: ClassServer, count: int, rounds: int, seconds: float
) -> list[Measurement]:
    seen, rng = Tally(), random.Random(0)
    teacher, code = await _open(server, seen, count)
    students = [StudentClient(server.url, seen, i) for i in range(count)]
    began = time.perf_counter()
    await everybody(students, lambda student: student.join(code))
    joining = time.perf_counter() - began
    runs: list[bool] = []
    await press(server.url, "button-run")  # models are loaded
    busy = asyncio.create_task(_keep_busy(server.url, runs))
    lost, warm = 0, 0.0
    seen.seconds.clear()
    for i in range(rounds):
        lost += await one_round(teacher, students, code, seconds, rng)
        if i == min(1, rounds - 1):
            warm = server.memory()
    busy.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await busy
    grown = 100 * (server.memory() / warm - 1)
    for client in (teacher, *students):
        await client.close()
    what = f"{count} students, {rounds} questions"
    return [
        at_most("joining", joining, 10, "s", f"{count} students at once"),
        at_most("look or predict, 95th percentile", p95(seen.seconds), 1, "s", what),
        at_most("reload of the page, 95th percentile", p95(seen.reloads), 1, "s", what),
        at_most("errors", len(seen.errors), 0, "", _first(seen.errors)),
        at_most("answers that were another's", len(seen.crossed), 0, "", _first(seen.crossed)),
        at_most("lost predictions", lost, 0, "", f"of {count * rounds}"),
        at_least("runs meanwhile", sum(runs), 1, "", f"{runs.count(False)} failed"),
        at_most("memory grown after the second question", grown, 5, "%", f"from {warm:.0f} MB"),
    ]


async def _keep_busy(url: str, runs: list[bool]) -> None:
    for seed in itertools.count(1):  # equal runs would be worked on once
        runs.append(await press(url, "button-run", {SEED: seed}))


async def _kills(server: ClassServer, count: int, kills: int) -> list[Measurement]:
    """Kill the server while all predict; afterwards everybody must find what was confirmed."""
    if not kills:
        return []
    seen, rng, missing = Tally(), random.Random(1), 0
    teacher, code = await _open(server, seen, count)
    students = [StudentClient(server.url, seen, i) for i in range(count)]
    await everybody(students, lambda student: student.join(code))
    back: list[float] = []
    book = ClassBook()
    runner = PupilClient(server.url, book, count, await PageParts.read(server.url))
    await runner.join(code)
    running = asyncio.create_task(_keep_running(runner))
    for number in range(kills):
        if number % RUN_EVERY == 0:
            await _another_run(book)
        state = await teacher.ask(f"/{code}/ask", {"text": "Which?", "choices": CHOICES})
        question = int(state["question"]["id"])

        async def sit(student: StudentClient, question: int = question) -> None:
            for _ in range(3):
                await asyncio.sleep(rng.uniform(0, 1))
                value = rng.randrange(len(CHOICES))
                await student.predict(code, question, value, patient=True)

        async def kill() -> None:
            await asyncio.sleep(rng.uniform(0.2, 2.5))
            server.kill()
            began = time.perf_counter()
            await asyncio.to_thread(server.start)
            back.append(time.perf_counter() - began)

        await asyncio.gather(everybody(students, sit), kill())
        states: list[Any] = await asyncio.gather(*(s.look(code, patient=True) for s in students))
        missing += sum(state is None or state["question"]["mine"] is None for state in states)
        shown = await teacher.ask(f"/{code}", patient=True)
        missing += count - int(shown["question"]["tally"]["answered"])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    gone = lost_records(server.records, book)
    for client in (teacher, *students, runner):
        await client.close()
    note = f"{kills} kills, back after {statistics.median(back):.1f} s"
    wrong = len(seen.crossed) + len(seen.errors)
    return [
        at_most("missing after a kill of the server", missing, 0, "", note),
        at_most("wrong or refused after a kill", wrong, 0, "", _first(seen.crossed + seen.errors)),
        at_most(
            "finished records lost", len(gone), 0, "", _first(gone) or f"of {len(book.records)}"
        ),
    ]


async def _another_run(book: ClassBook) -> None:
    """Wait until one more run has finished, so that there is something to lose."""
    before, end = len(book.records), time.monotonic() + RUN_PATIENCE
    while len(book.records) == before and time.monotonic() < end:
        await asyncio.sleep(0.2)


async def _keep_running(pupil: PupilClient) -> None:
    """Run after run; after a kill the page is opened anew."""
    while True:
        try:
            await pupil.open()
            while await pupil.running():
                pass
        except httpx.HTTPError:
            await asyncio.sleep(0.5)


def _first(texts: list[str]) -> str:
    return texts[0] if texts else ""
