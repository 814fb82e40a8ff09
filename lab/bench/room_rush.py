"""A class that presses at the same time: one demonstration, fifty different runs, and single steps
while a measurement has the device.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import time
from dataclasses import dataclass
from typing import Any

from lab.bench.result import Measurement, at_least, at_most
from lab.bench.room_class import KEY, ClassServer, Client, everybody
from lab.bench.room_page import PageParts
from lab.bench.room_pupils import SEED, ClassBook, PupilClient
from lab.bench.room_soak import p95

PRESS_WITHIN = 3.0
APART = 0.25
"""Seconds between two presses from which on it is clear which was the first: what pages of the same
moment hear of their turn comes in any order."""
ANSWER_WITHIN = 5.0
SAID = re.compile("said\\.queue\\..*?seconds\ue002(\\d+)")
"""The seconds in what a page says of its place in line."""
STEP_EVERY = 30.0
"""Seconds between two steps of one student."""
STEPS_FOR = 60.0


@dataclass
class RunWait:
    """One run: when its student pressed, when the page said first how long it would wait, what it
    said, when it began."""

    asked: float = 0.0
    at: float = 0.0
    said: float = 0.0
    began: float = 0.0


async def rush(server: ClassServer, count: int, steps_for: float = STEPS_FOR) -> list[Measurement]:
    """Let a class press at once.

    Args:
        server: a running one.
        count: students.
        steps_for: seconds of replay and lesson steps while the device measures.
    """
    book, rng = ClassBook(), random.Random(2)
    teacher = Client(server.url, book.tally)
    limit = {"size": count, "runs_per_minute": 120}
    code = str((await teacher.ask("", {"key": KEY, "limit": limit}))["code"])
    parts = await PageParts.read(server.url)
    pupils = [PupilClient(server.url, book, i, parts) for i in range(count)]
    await everybody(pupils, lambda pupil: pupil.join(code))
    for pupil in pupils:
        await pupil.open()
    await pupils[0].page.act("break-demo-same", "click")
    await pupils[0].run()
    answers = await asyncio.gather(*(_demonstration(pupil, rng) for pupil in pupils))
    waits = await asyncio.gather(*(_run(pupil, rng) for pupil in pupils))
    measuring = asyncio.create_task(pupils[0].page.act("break-measure", "click"))
    book.steps.clear()
    end = time.monotonic() + steps_for
    await asyncio.gather(*(_steps(pupil, end, steps_for) for pupil in pupils[1:]))
    measured = not measuring.done()
    measuring.cancel()
    await asyncio.gather(measuring, return_exceptions=True)
    for pupil in pupils:
        await pupil.leave()
        await pupil.close()
    await teacher.close()
    wrong = [*book.tally.errors, *book.tally.crossed, *book.pages.errors]
    said = statistics.median(wait.said for wait in waits)
    met = statistics.median(wait.began - wait.at for wait in waits)
    note = f"said {said:.1f} s, met {met:.1f} s, {count} different runs"
    apart = f"of those that pressed {APART:g} s apart or more, all within {PRESS_WITHIN:g} s"
    on = "a measurement ran all the while" if measured else "the measurement was over before"
    return [
        at_most(
            "one demonstration pressed by all: the last answer",
            max(answers),
            ANSWER_WITHIN,
            "s",
            f"{count} presses within {PRESS_WITHIN:g} s, median {statistics.median(answers):.1f} s",
        ),
        at_most("median wait, said before and met", 100 * abs(said / met - 1), 30, "%", note),
        at_least("runs in the order of asking", in_order(waits), 95, "% of pairs", apart),
        at_most("replay or lesson step, 95th percentile", p95(book.steps), 1, "s", on),
        at_most("wrong or refused in the rush", len(wrong), 0, "", wrong[0] if wrong else ""),
    ]


async def _demonstration(pupil: PupilClient, rng: random.Random) -> float:
    await asyncio.sleep(rng.uniform(0, PRESS_WITHIN))
    began = time.perf_counter()
    await pupil.page.act("break-demo-weights", "click")
    return time.perf_counter() - began


async def _run(pupil: PupilClient, rng: random.Random) -> RunWait:
    await asyncio.sleep(rng.uniform(0, PRESS_WITHIN))
    wait = RunWait(asked=time.monotonic())

    def told(name: str, value: Any) -> None:
        if name != "run-status" or not isinstance(value, dict):
            return
        said = SAID.search(value.get("text", ""))
        if said and not wait.at:
            wait.at, wait.said = time.monotonic(), float(said[1])
        if not said and wait.at and not wait.began:
            wait.began = time.monotonic()

    seed = 900_000 + pupil.number
    await pupil.page.act("button-run", "click", put={SEED: seed}, told=told)
    wait.at = wait.at or wait.asked
    wait.began = wait.began or time.monotonic()
    return wait


async def _steps(pupil: PupilClient, end: float, lasts: float) -> None:
    rng = random.Random(pupil.number)
    await asyncio.sleep(rng.uniform(0, min(STEP_EVERY, lasts / 2)))
    while time.monotonic() < end:
        await (pupil.replay() if rng.random() < 0.5 else pupil.scene())
        await asyncio.sleep(min(STEP_EVERY, lasts / 2) * rng.uniform(0.8, 1.2))


def in_order(waits: list[RunWait]) -> float:
    """Percent of the pairs of which one asked clearly first: that one began first."""
    pairs = [(a, b) for a in waits for b in waits if b.asked - a.asked >= APART]
    return 100 * sum(a.began <= b.began for a, b in pairs) / len(pairs) if pairs else 100.0
