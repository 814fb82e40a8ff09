"""``python -m lab eval``: the methods on a task, as in the papers' tables, with the same lanes as
on the page.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from lab.cli.experiment import (
    add_ray,
    cluster_at,
    pool_of,
    watch_terminal,
)
from lab.cli.tables import grid
from lab.errors import BadInput
from lab.experiments.harness import registry
from lab.experiments.harness.driver import run_experiment
from lab.experiments.tasks.paper_table import Method, Settings
from lab.models.remote import is_remote
from lab.panels.break_it.paper_lines import HEADS, paper_cells, paper_lines
from lab.records.results import ResultTable
from lab.worlds.task_files import public_tasks, shipped_tasks

METHODS: tuple[str, ...] = get_args(Method)
CHAT: dict[str, Any] = {"prompts": "chat", "max_tokens": 512, "steps": 40}
"""What a model that reads English gets where nothing else is asked for."""


def add_parser(sub: Any) -> None:
    """Register the command with argparse."""
    parser = sub.add_parser(
        "eval",
        help="the methods on a task, as in the papers' tables",
        description=f"Tasks that come with the lab: {', '.join(shipped_tasks())}. Of the hub (with "
        f"the package datasets): {', '.join(public_tasks())}, or OWNER/NAME:CONFIG:SPLIT. Else a "
        "file of JSON lines in one of their schemas, or with question and truth.",
    )
    parser.add_argument(
        "--method", default=",".join(METHODS), help=f"some of {','.join(METHODS)} (default: all)"
    )
    parser.add_argument("--task", default="ledger", help="name or file (default: ledger)")
    parser.add_argument("--model", default="pocket-base", help="pocket name, folder or hub id")
    parser.add_argument("--proposers", default="", help="models of MoA's proposers, with commas")
    parser.add_argument("--limit", type=int, help="questions from the beginning (default: all)")
    parser.add_argument("--steps", type=int, help="latent steps of every agent that thinks")
    parser.add_argument("--max-tokens", type=int, help="of every agent that speaks")
    parser.add_argument("--agents", type=int, default=3, help="length of the chains, 2 to 4")
    parser.add_argument("--prompts", help="prompt set (default: by the model)")
    parser.add_argument(
        "--samples",
        type=int,
        default=8,
        help="most answers of the single agent that may spend as much as the dearest team; 0: none",
    )
    parser.add_argument("--seed", type=int, default=0, help="of all sampling")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder; what was stopped is continued there"
    )
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    add_ray(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask, and print the table; the exit code is 130 after a stop."""
    entry = registry.find("tasks")
    folder = options.out or results_folder(f"eval-{Path(options.task).stem}")
    watch = watch_terminal(not options.json)
    if options.ray:
        from lab.cluster.spread import run_spread

        with cluster_at(options.ray) as cluster:
            given = settings_of(options, lambda name: cluster.ask("reads_like_pocket", name))
            settings = registry.settings_from(entry, given)
            table = run_spread(entry, settings, cluster, folder, watch)
    else:
        from lab.face.reading import is_pocket

        hosts = pool_of()
        given = settings_of(options, lambda name: is_pocket(hosts(name)))
        settings = registry.settings_from(entry, given)
        table = run_experiment(entry, settings, hosts, folder, watch)
    print(report(table, options.json))
    if not options.out and not options.json:
        print(f"kept in {folder}; the page draws it: Break it, figure “tasks”")
    return 130 if table.meta["status"] == "cancelled" else 0


def results_folder(name: str) -> Path:
    """Where a page of this folder looks for results, if nobody says where else to keep one.

    Args:
        name: last part of the folder's name.
    """
    records = Path(os.environ.get("LATENT_LAB_RECORDS", "records"))
    return records / "experiments" / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"


def settings_of(
    options: argparse.Namespace, reads_like_pocket: Callable[[str], bool]
) -> dict[str, Any]:
    """What was asked for, filled up with what suits the model.

    Args:
        options: of the command.
        reads_like_pocket: whether a model of this name reads the pocket models' template.

    Raises:
        BadInput: for an unknown method.
    """
    methods = [name.strip() for name in options.method.split(",") if name.strip()]
    wrong = [name for name in methods if name not in METHODS]
    if wrong or not methods:
        raise BadInput(
            f"--method {options.method!r}: expected some of {', '.join(METHODS)}, got "
            f"{', '.join(wrong) or 'none'}; separate them by commas."
        )
    given = {
        "task": options.task,
        "methods": methods,
        "model": options.model,
        "proposers": [name.strip() for name in options.proposers.split(",") if name.strip()],
        "n": options.limit,
        "steps": options.steps,
        "max_tokens": options.max_tokens,
        "agents": options.agents,
        "prompts": options.prompts,
        "samples": options.samples,
        "seed": options.seed,
    }
    known: dict[str, Any] = {"n": Settings.model_fields["n"].metadata[1].le}
    if is_remote(options.model) or not reads_like_pocket(options.model):
        known |= CHAT
    return known | {key: value for key, value in given.items() if value is not None}


def report(table: ResultTable, as_json: bool) -> str:
    """The table as text, or as JSON data."""
    lines = paper_lines(table)
    if as_json:
        data = {"meta": table.meta, "results": [asdict(line) for line in lines]}
        return json.dumps(data, ensure_ascii=False)
    spec, status = table.meta["spec"], table.meta["status"]
    told = [
        f"\n{spec['task']} on {spec['model']}, n = {lines[0].n if lines else 0}, {status}"
        f"{': ' if table.meta['message'] else ''}{table.meta['message']}",
        "",
        grid(list(HEADS), [paper_cells(line) for line in lines]),
        "",
        "Accuracy with 95 % interval (Wilson); differences in points, paired over questions "
        "(bootstrap). Passes: tokens written and latent steps. Cost per question.",
    ]
    told += [f"Note: {note}" for note in table.meta["notes"]]
    if table.folder is not None:
        told.append(f"Results: {table.folder}")
    return "\n".join(told)
