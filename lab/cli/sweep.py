"""``python -m lab sweep PLAN …``: what the plans' LatentMAS teams say for every number of latent
steps, kept where the page finds it.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from lab.errors import BadInput
from lab.models.spec import POCKET
from lab.presets import load_preset

PROBLEMS = 96


def add_parser(sub: Any) -> None:
    """Register the command with argparse."""
    parser = sub.add_parser("sweep", help="what a plan's LatentMAS team says for every m")
    parser.add_argument("plans", nargs="+", metavar="PLAN", help="presets with a LatentMAS lane")
    parser.add_argument(
        "--n", type=int, default=PROBLEMS, help=f"problems of the rate (default: {PROBLEMS})"
    )
    parser.add_argument("--out", type=Path, help="folder (default: that of the shipped ones)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure and keep both sweeps of each plan."""
    from lab.experiments.failure.every_m import sweep_answers, sweep_rates
    from lab.models.pool import HostPool
    from lab.records import step_sweeps as kept
    from lab.service.runner import resolve_problem

    pool, out = HostPool(), options.out or kept.SHIPPED
    for name in options.plans:
        plan = load_preset(name)
        found = kept.thinking_lane(plan)
        if found is None:
            raise BadInput(
                f"The preset {name} has no LatentMAS lane: expected one; choose another preset."
            )
        lane, how = found
        host = how.host
        team = kept.team_of(plan, lane, pool.get(host).digest)
        asked = kept.problem_asked(team, resolve_problem(plan.problem))
        print(kept.keep_sweep(sweep_answers(asked, pool.get), out), flush=True)
        if not host.startswith(POCKET):
            print(f"{name}: no rate; problems of the pocket worlds say nothing of {host}")
            continue
        rate = kept.rate_asked(team, plan, options.n)
        right = sweep_rates(rate, pool.get, progress=partial(_told, name))
        print(kept.keep_sweep(right, out), flush=True)
    return 0


def _told(name: str, share: float) -> None:
    print(f"{name}: {share:.0%}", file=sys.stderr, flush=True)
