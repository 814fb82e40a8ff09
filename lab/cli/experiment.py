"""``python -m lab experiment NAME``: the same experiments as on the page, written as a record with
``results.csv``.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from lab.errors import BadInput
from lab.experiments.harness import registry
from lab.experiments.harness.driver import Watch, run_experiment
from lab.records.results import ResultTable

if TYPE_CHECKING:
    from lab.cluster.connection import Cluster


def add_parser(sub: Any) -> None:
    """Register the command with argparse."""
    names = ", ".join(entry.name for entry in registry.entries())
    parser = sub.add_parser(
        "experiment",
        help="controlled experiments over many problems",
        description=f"Experiments: {names}.",
    )
    parser.add_argument("name", nargs="?", help="which experiment; without it they are listed")
    parser.add_argument("--n", type=int, help="number of problems")
    parser.add_argument("--seed", type=int, help="seed of the first problem")
    parser.add_argument("--sender", help="model that hands over (pocket name, folder or hub id)")
    parser.add_argument("--receiver", help="model that receives")
    parser.add_argument(
        "--preset", help="another file of presets/experiments, for example relay-real"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="any other setting (YAML)"
    )
    parser.add_argument(
        "--out", type=Path, help="folder of the record; a stopped experiment is continued there"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    add_ray(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List the experiments, or run one and print its figures."""
    if options.name is None:
        for entry in registry.entries():
            print(f"{entry.name:14} {entry.title}: {entry.question}")
        return 0
    entry = registry.find(options.name)
    given = {
        "n": options.n,
        "seed": options.seed,
        "sender": options.sender,
        "receiver": options.receiver,
    }
    given |= _settings(options.set)
    if not options.preset:
        entry = registry.require_readers(entry, given)
    settings = registry.load_settings(entry, given, options.preset)
    folder = options.out or experiment_folder(f"experiment-{entry.name}")
    watch = watch_terminal(not options.json)
    if options.ray:
        from lab.cluster.spread import run_spread

        with cluster_at(options.ray) as cluster:
            table = run_spread(entry, settings, cluster, folder, watch)
    else:
        table = run_experiment(entry, settings, pool_of(), folder, watch)
    if options.json:
        print(
            json.dumps(
                {"meta": table.meta, "results": table.summary().to_dict("records")},
                ensure_ascii=False,
            )
        )
    else:
        show(table)
    return 130 if table.meta["status"] == "cancelled" else 0


def add_ray(parser: argparse.ArgumentParser) -> None:
    """The option of every command that can use a cluster."""
    parser.add_argument(
        "--ray",
        metavar="WHERE",
        help="use a Ray cluster: local:N starts N workers here, auto joins the cluster of this "
        "machine, or HOST:PORT",
    )


@contextmanager
def cluster_at(where: str) -> Iterator[Cluster]:
    """A cluster that is joined for one command.

    Raises:
        LabError: if it cannot be reached.
    """
    from lab.cluster.connection import Cluster

    cluster = Cluster(where)
    try:
        yield cluster
    finally:
        cluster.close()


def show(table: ResultTable) -> None:
    """The summary as text: a line per condition, every metric with its interval."""
    summary = table.summary()
    print(
        f"\n{table.experiment}: "
        f"{table.meta['status']}{' - ' if table.meta['message'] else ''}{table.meta['message']}"
    )
    if table.folder is not None:
        print(f"record: {table.folder}")
    for (condition, channel), part in summary.groupby(["condition", "channel"], sort=False):
        figures = "  ".join(
            f"{row.metric} {row.value:.3g} [{row.low:.3g}, {row.high:.3g}]"
            for row in part.itertuples(index=False)
        )
        control = part["control"].iloc[0]
        told = [x for x in (channel, control, f"n = {part['n'].max()}") if x]
        print(f"{condition} ({', '.join(told)})\n    {figures}")
    for name, reason in table.meta.get("refused", {}).items():
        print(f"{name}\n    not measured: {reason}")
    for note in table.meta["notes"]:
        print(f"note: {note}")


def _settings(pairs: list[str]) -> dict[str, Any]:
    out = {}
    for pair in pairs:
        key, sep, value = pair.partition("=")
        if not sep:
            raise BadInput(
                f"Setting {pair!r}: expected key=value, got no '='; write for example steps=20."
            )
        out[key.strip()] = yaml.safe_load(value)
    return out


def experiment_folder(name: str) -> Path:
    """Where a result goes if nobody says."""
    return Path("runs") / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"


def pool_of() -> Any:
    """The models of this process, each loaded once."""
    from lab.models.pool import HostPool

    return HostPool().get


def watch_terminal(talk: bool) -> Watch:
    """Progress on standard error; Ctrl-C stops before the next batch and keeps what is finished."""
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda *_: stopped.append(1))

    def say(_share: float, text: str) -> None:
        if talk:
            print(f"\r{text[:118]:118}", end="", file=sys.stderr, flush=True)

    return Watch(progress=say, cancelled=lambda: bool(stopped))
