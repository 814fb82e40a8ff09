"""``capacity``: how many students this machine carries, from what it needs for one press, through
a simulation of the queue, with the simulation held against a real crowd.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.cli.tables import grid
from lab.errors import BadInput
from lab.presets import FIRST, load_preset

if TYPE_CHECKING:
    from lab.plan import Plan
    from lab.service import Service
    from lab.service.crowd import Waits

CLASSES = (10, 20, 30, 50, 100, 200)
GOAL = 5.0
"""Seconds from press to answer that 95 of 100 presses should keep."""
WATCHED = 300.0
"""Simulated seconds."""


def add_parser(sub: Any) -> None:
    """Register the sub-command."""
    parser = sub.add_parser(
        "capacity",
        help="how many students this machine carries",
        description="Measure what one press of Run costs on this machine, simulate classes of "
        "several sizes in the service's own queue, and hold the simulation against a real crowd.",
    )
    parser.add_argument("--preset", default=FIRST, help=f"what everybody runs (default: {FIRST})")
    parser.add_argument(
        "--every",
        type=float,
        default=30.0,
        metavar="S",
        help="mean seconds from an answer to a student's next press (default: 30)",
    )
    parser.add_argument("--runs", type=int, default=12, help="measured presses (default: 12)")
    parser.add_argument(
        "--check",
        type=float,
        default=30.0,
        metavar="S",
        help="seconds of the real crowd (default: 30; 0: none)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure, simulate, check, print."""
    if options.every <= 0 or options.runs < 2 or options.check < 0:
        raise BadInput(
            "Expected --every above 0, --runs of 2 or more and --check of 0 or more, got "
            f"{options.every:g}, {options.runs} and {options.check:g}; correct them."
        )
    from lab.service import Limits, Service

    plan = load_preset(options.preset)
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), limits=Limits())
        try:
            found = _found(service, plan, options)
        finally:
            service.close()
    print(json.dumps(found, indent=1) if options.json else _report(found))
    return 0


def _found(service: Service, plan: Plan, options: argparse.Namespace) -> dict[str, Any]:
    from lab.service.crowd import Crowd, simulate, simulate_burst

    lasts = _lasts(service, plan, options.runs)
    classes = [
        {
            "students": n,
            **asdict(simulate(Crowd(n, options.every, lasts), WATCHED)),
            "all_at_once": simulate_burst(n, lasts).median,
        }
        for n in CLASSES
    ]
    carried = _most(lasts, options.every)
    found: dict[str, Any] = {
        "preset": plan.name,
        "every": options.every,
        "lasts": lasts,
        "goal": GOAL,
        "carried": carried,
        "classes": classes,
    }
    if options.check:
        # As many as keep the device busy for most of the time: there a wrong model shows.
        students = max(2, min(24, round(0.8 * (options.check / 6) / (sum(lasts) / len(lasts)))))
        crowd = Crowd(students, options.check / 6, lasts)
        seen = _crowd(service, plan, crowd, options.check)
        told = simulate(crowd, 20 * options.check)
        found["check"] = {
            "students": students,
            "every": crowd.every,
            "seconds": options.check,
            "measured": asdict(seen),
            "simulated": asdict(told),
        }
    return found


def _lasts(service: Service, plan: Plan, runs: int) -> list[float]:
    """Seconds on the device of some runs, after one that loads the models."""
    lasts = []
    for number in range(runs + 1):
        job = service.submit(_another(plan, number), f"measured {number}")
        job.wait()
        if job.state != "finished":
            raise BadInput(job.message)
        lasts.append(job.seconds)
    return lasts[1:]


def _another(plan: Plan, number: int) -> Plan:
    """The same work as another request: equal ones are worked on once."""
    return plan.model_copy(update={"seed": number})


def _most(lasts: list[float], every: float) -> int:
    """The largest class of which 95 of 100 presses are answered within the goal."""
    from lab.service.crowd import Crowd, simulate

    def kept(students: int) -> bool:
        return simulate(Crowd(students, every, lasts), WATCHED).p95 <= GOAL

    if not kept(1):
        return 0
    low, high = 1, 2
    while high < 5000 and kept(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if kept(middle) else (low, middle)
    return low


def _crowd(service: Service, plan: Plan, crowd: Any, seconds: float) -> Waits:
    """The same class with real runs: a thread per student."""
    from lab.service.crowd import Waits

    waits: list[float] = []
    worked: list[float] = []
    began, turns = time.monotonic(), itertools.count(1000)

    def student(number: int) -> None:
        rng = random.Random(number)
        while True:
            pause = rng.expovariate(1 / crowd.every)
            if time.monotonic() - began + pause >= seconds:
                return
            time.sleep(pause)
            pressed = time.monotonic()
            job = service.submit(_another(plan, next(turns)), f"student {number}")
            job.wait()
            waits.append(time.monotonic() - pressed)
            worked.append(job.seconds)

    threads = [threading.Thread(target=student, args=(i,)) for i in range(crowd.students)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Waits.of(waits, sum(worked), time.monotonic() - began)


def _report(found: dict[str, Any]) -> str:
    lasts = found["lasts"]
    rows = [
        [
            str(line["students"]),
            f"{line['busy']:.0%}",
            f"{line['median']:.1f}",
            f"{line['p95']:.1f}",
            f"{line['all_at_once']:.1f}",
        ]
        for line in found["classes"]
    ]
    heads = ["students", "device busy", "median wait (s)", "95 % within (s)", "all at once (s)"]
    lines = [
        f"One press of Run ({found['preset']}): {sum(lasts) / len(lasts):.2f} s on the device "
        f"({min(lasts):.2f} to {max(lasts):.2f}, n = {len(lasts)}).",
        f"Everybody presses again {found['every']:g} s after the answer, each something else "
        f"(equal answers on a stage are computed once).",
        "",
        grid(heads, rows),
        "",
        f"Carried: {found['carried']} students with 95 % of the answers within "
        f"{found['goal']:g} s.",
    ]
    if check := found.get("check"):
        seen, told = check["measured"], check["simulated"]
        lines += [
            f"Check: {check['students']} students for {check['seconds']:g} s, "
            f"{seen['presses']} presses: median {seen['median']:.2f} s (simulated "
            f"{told['median']:.2f}), 95 % within {seen['p95']:.2f} s (simulated "
            f"{told['p95']:.2f}), device busy {seen['busy']:.0%} (simulated {told['busy']:.0%})."
        ]
    return "\n".join(lines)
