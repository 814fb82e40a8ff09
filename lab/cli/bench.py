"""``python -m lab bench [NAME …] [--json] [--strict]``: run benches and print their figures."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

import lab.bench
from lab.bench.result import Measurement
from lab.errors import BadInput

BY_NAME = ("real", "gpu")
"""Run only when asked for: they need a model that is fetched first, or a GPU."""


def add_parser(sub: Any) -> None:
    """Register the sub-command."""
    parser = sub.add_parser("bench", help="measure speed and memory of a part of the lab")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"which (default: all of {', '.join(bench_names())})",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--strict", action="store_true", help="exit code 1 if a goal is missed")
    parser.add_argument(
        "--minutes",
        type=float,
        help="how long; only `room` knows it: a class of fifty that does everything for so long, "
        "instead of a short lesson",
    )
    parser.add_argument("--tiny", action="store_true", help="gpu: a small shape, on a CPU too")
    parser.set_defaults(run=run)


def bench_names() -> list[str]:
    """The benches there are. What they share is in modules of two words, and in ``result``."""
    names = (module.name for module in iter_modules(lab.bench.__path__))
    return sorted(name for name in names if "_" not in name and name != "result")


def run(options: argparse.Namespace) -> int:
    """Run the benches one after another and print each figure when it is there."""
    left_out = [*BY_NAME, *([] if find_spec("ray") else ["ray"])]
    names = options.names or [name for name in bench_names() if name not in left_out]
    for name in names:
        if name not in bench_names():
            raise BadInput(
                f"Unknown bench {name!r}: expected one of {', '.join(bench_names())}; choose one."
            )
        if options.minutes is not None and name != "room":
            raise BadInput(f"--minutes is for the bench `room` alone, got {name!r}; leave it out.")
    how = {} if options.minutes is None else {"minutes": options.minutes}
    found: dict[str, list[Measurement]] = {}
    for name in names:
        if not options.json:
            print(f"{name}")
        own = {"tiny": True} if name == "gpu" and options.tiny else {}
        for figure in import_module(f"lab.bench.{name}").measure(**how, **own):
            found.setdefault(name, []).append(figure)
            if not options.json:
                print(f"  {line(figure)}", flush=True)
    if options.json:
        print(
            json.dumps(
                {k: [asdict(f) for f in v] for k, v in found.items()}, ensure_ascii=False, indent=2
            )
        )
    missed = any(figure.ok is False for figures in found.values() for figure in figures)
    return int(options.strict and missed)


def line(figure: Measurement) -> str:
    """One figure as text: three significant digits, unit, goal, what was run."""
    verdict = {True: "met", False: "MISSED", None: ""}[figure.ok]
    goal = f"goal {figure.goal} {verdict}" if figure.goal else ""
    parts = [
        figure.name.ljust(52),
        f"{figure.value:.3g} {figure.unit}".ljust(16),
        goal.ljust(24),
        figure.note,
    ]
    return " ".join(parts).rstrip()
