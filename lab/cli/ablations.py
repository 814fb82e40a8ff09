"""``ablations``: what the last agent of a recorded LatentMAS lane says without parts of its
hand-over.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lab.errors import BadInput, LabError


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = sub.add_parser(
        "ablations", help="take parts from a recorded hand-over; the answers are kept in the record"
    )
    parser.add_argument("record", type=Path, metavar="DIR", help="folder of a record")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure every condition on every LatentMAS lane; one that cannot be measured is named. The
    exit code is 1 if none could."""
    from lab.events import LaneStarted
    from lab.experiments.failure.ablate import CONDITIONS, ablate
    from lab.models.pool import HostPool
    from lab.records import Record, keep_ablation
    from lab.roster import chain_of

    record, pool = Record.open(options.record), HostPool()
    started = [event for event in record.events if isinstance(event, LaneStarted)]
    lanes = [event.lane for event in started if chain_of(event.method) == "states"]
    if not lanes:
        raise BadInput(
            f"{options.record} holds no LatentMAS lane: expected one, whose hand-over parts can be "
            "taken from; choose another record."
        )
    measured = 0
    for lane in lanes:
        for condition in CONDITIONS:
            try:
                result = ablate(record, lane, condition, pool.get)
            except LabError as error:
                print(f"{lane}, {condition}: {error}", file=sys.stderr)
                continue
            keep_ablation(record.folder, lane, condition, result.kept())
            print(f"{lane}, {condition}: {result.answer}")
            measured += 1
    return 0 if measured else 1
