"""``run``: a preset becomes a record, with progress on the terminal and the comparison at the
end.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.cli.tables import run_report
from lab.cli.terminal import Live
from lab.errors import LabError
from lab.plan import Plan, with_overrides
from lab.presets import DEFAULT, load_preset


def add_parser(sub: Any) -> None:
    """Register the sub-command."""
    parser = sub.add_parser(
        "run",
        help="run a preset and write a record",
        description="Run a preset (or a YAML file with a plan) and write everything it does into a "
        "record.",
    )
    parser.add_argument(
        "preset", nargs="?", default=DEFAULT, help=f"name or YAML file (default: {DEFAULT})"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="change the plan, e.g. lanes.latentmas.steps=20 or problem.seed=5; may be repeated",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the record (default: records/RUN_ID)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress, only the comparison")
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON instead of a table"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the preset; the exit code is 0 when the run finished."""
    plan = with_overrides(load_preset(options.preset), options.settings)
    folder = options.out or _default_folder()
    live = Live(sys.stderr, quiet=options.quiet or options.json)
    live.say(f"{plan.title or plan.name}: {len(plan.lanes)} lanes, {plan.schedule}.")
    try:
        record = _run(plan, folder, live)
    except (LabError, KeyboardInterrupt):
        live.close()
        if (folder / "record.json").exists():
            print(f"What was done so far is in {folder}", file=sys.stderr)
        raise
    live.close()
    print(run_report(record, as_json=options.json))
    live.say(f"Record: {folder}   (look into it: python -m lab show {folder})")
    return 0


def _run(plan: Plan, folder: Path, live: Live) -> Any:
    from lab.models.pool import HostPool
    from lab.service.runner import run_plan

    with _stop_on_interrupt() as cancelled:
        return run_plan(plan, folder, HostPool(), cancelled, live.event, live.say)


@contextmanager
def _stop_on_interrupt() -> Iterator[threading.Event]:
    """The first Ctrl-C asks the run to stop at its next step, the second one breaks it off."""
    cancelled = threading.Event()

    def on_signal(_number: int, _frame: Any) -> None:
        if cancelled.is_set():
            raise KeyboardInterrupt
        cancelled.set()

    if threading.current_thread() is not threading.main_thread():
        yield cancelled
        return
    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield cancelled
    finally:
        signal.signal(signal.SIGINT, before)


def _default_folder() -> Path:
    from lab.records import new_run_id

    return Path("records") / new_run_id()
