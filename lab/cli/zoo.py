"""The zoo on the command line: ``zoo train | distill | eval | card | problems``. Knows nothing of
the page.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.errors import BadInput, LabError

if TYPE_CHECKING:
    from lab.models.pool import HostPool

WORK = Path("runs") / "zoo"
"""Checkpoints and logs of trainings, relative to the current folder."""


def add_parser(subparsers: Any) -> None:
    """Register ``zoo`` and its verbs."""
    zoo = subparsers.add_parser(
        "zoo", help="the pocket models: train, measure, describe, and their problems"
    )
    verbs = zoo.add_subparsers(dest="verb", required=True)
    _add_train(verbs)
    distil = verbs.add_parser("distill", help="make a set of what a team says, and train a student")
    distil.add_argument("--set", type=Path, help="a set to train on, instead of making one")
    distil.add_argument("--n", type=int, default=720, help="questions for the team (default 720)")
    distil.add_argument("--tokens", type=int, default=160_000, help="to train the student on")
    distil.add_argument("--rate", type=float, default=1.5e-3, help="learning rate at the start")
    distil.add_argument(
        "--without",
        action="append",
        default=[],
        choices=("agreement", "rule", "confidence"),
        help="switch a filter off",
    )
    distil.add_argument("--name", default="pocket-student", help="of the student")
    distil.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    distil.set_defaults(run=run_distill)
    measure = verbs.add_parser("eval", help="measure abilities on held-out problems")
    measure.add_argument("names", nargs="*", metavar="NAME")
    measure.add_argument(
        "--all", action="store_true", help="every model on this machine, and the family's own table"
    )
    measure.add_argument("--n", type=int, default=300, help="problems per figure (default 300)")
    measure.add_argument("--json", action="store_true", help="machine-readable output")
    measure.add_argument(
        "--write",
        action="store_true",
        help="put the figures into the cards (and, with --all, the overview)",
    )
    measure.set_defaults(run=run_eval)
    card = verbs.add_parser("card", help="show a model's card")
    card.add_argument("name", metavar="NAME")
    card.add_argument("--json", action="store_true")
    card.set_defaults(run=run_card)
    problems = verbs.add_parser("problems", help="print problems of a world")
    problems.add_argument("--world", default="ledger")
    problems.add_argument("--n", type=int, default=5)
    problems.add_argument("--seed", type=int, default=0)
    problems.add_argument("--depth", type=int)
    problems.add_argument("--distractors", type=int)
    problems.add_argument("--json", action="store_true")
    problems.set_defaults(run=run_problems)


def _add_train(verbs: Any) -> None:
    train = verbs.add_parser("train", help="train members of the family")
    train.add_argument("names", metavar="NAME", nargs="+")
    budget = train.add_mutually_exclusive_group()
    budget.add_argument("--minutes", type=float, help="wall-clock budget, shared among the phases")
    budget.add_argument("--tokens", type=float, help="token budget, shared among the phases")
    train.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    train.add_argument(
        "--out", type=Path, help="folder of the finished model (default: runs/zoo/models/NAME)"
    )
    train.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    train.add_argument("--no-compile", action="store_true", help="do not compile the layers")
    train.add_argument("--device", default="auto", help="auto, cpu or cuda")
    train.add_argument(
        "--ray",
        metavar="WHERE",
        help="a member per worker of a Ray cluster at the same time: local:N, auto or HOST:PORT",
    )
    train.set_defaults(run=run_train)


def run_train(args: argparse.Namespace) -> int:
    """Train members; their weights go to ``runs/zoo/models/NAME``, or to ``--out``.

    Raises:
        BadInput: for a member that has no recipe, a budget of nothing, or one folder for several.
    """
    from lab.files import MODELS
    from lab.zoo.member import TrainingOrder, train_member

    if args.out is not None and len(args.names) > 1:
        raise BadInput(
            f"--out {args.out}: expected one model to put there, got {len(args.names)}; leave it "
            "out, or train one at a time."
        )
    orders = [
        TrainingOrder(
            name,
            args.minutes,
            args.tokens,
            args.resume,
            args.precision,
            not args.no_compile,
            args.device,
        )
        for name in args.names
    ]
    for order in orders:
        order.check()
    if args.ray:
        from lab.cluster.train_members import train_on

        made = train_on(args.ray, orders, WORK, args.out)
    else:
        made = ((order.name, train_member(order, WORK, args.out)) for order in orders)
    for name, took in made:
        out = took["folder"]
        print(
            f"{name}: {took['tokens'] / 1e6:.1f} M tokens, {took['seconds'] / 60:.1f} min, "
            f"written to {out}"
        )
        print(f"To use it: copy it to {MODELS}, or set LATENT_LAB_MODELS={out.parent}.")
    return 0


def run_distill(args: argparse.Namespace) -> int:
    """Make a set (``runs/zoo/NAME/set.jsonl``, chat messages with provenance) and train a student
    on it; Ctrl-C stops, and ``--resume`` goes on.
    """
    from lab.models.pool import HostPool
    from lab.zoo.data_factory import Filters, read_set
    from lab.zoo.distill import Settings, export
    from lab.zoo.student import Student

    file = args.set or WORK / args.name / "set.jsonl"
    if args.set or args.resume:
        items = read_set(file)
    else:
        filters = Filters(**dict.fromkeys(args.without, False))
        items = export(Settings(n=args.n, filters=filters), HostPool().get, file)
    print(f"{len(items)} answers in {file}", file=sys.stderr)
    student = Student(items, WORK, name=args.name, tokens=args.tokens, rate=args.rate)
    if args.resume:
        student.resume()
    try:
        folder = student.teach(
            lambda share: print(f"\r{share:.0%}", end="", file=sys.stderr, flush=True)
        )
    except KeyboardInterrupt:
        print("\nStopped; --resume goes on.", file=sys.stderr)
        return 130
    out = WORK / "models" / args.name
    shutil.copytree(folder, out, dirs_exist_ok=True)
    print(f"\nThe student stands in {out}; use it by that name as a model.")
    return 0


def run_eval(args: argparse.Namespace) -> int:
    """Measure models and print the table."""
    from lab.models.pocket_family import read_card
    from lab.models.pool import HostPool
    from lab.zoo.abilities import Figure, ability_table
    from lab.zoo.cards import members_here, update_abilities, write_overview

    names = members_here() if args.all else list(args.names)
    if not names:
        raise BadInput(
            "Nothing to measure: expected model names or --all, got neither; name a model."
        )
    if args.n < 1:
        raise BadInput(f"--n must be at least 1, got {args.n}; ask for some problems.")
    pool = HostPool()
    tables: dict[str, list[Figure]] = {}
    for name in names:
        card = read_card(name)
        started = time.monotonic()
        tables[name] = ability_table(pool.get(name), card["mask_seed"], args.n)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    if args.all:
        tables["family"] = _family_table(pool, names, args.n)
    if args.write:
        for name in names:
            update_abilities(name, tables[name])
        if args.all:
            write_overview(family=tables["family"])
    if args.json:
        print(
            json.dumps(
                {name: [f.to_dict() for f in figures] for name, figures in tables.items()}, indent=1
            )
        )
    else:
        print(format_tables(tables))
    return 0


def _family_table(pool: HostPool, names: list[str], n: int) -> list[Any]:
    from lab.zoo.team_figures import SCHOLARS, SENDERS, foreign_handovers, mixture

    there = [name for name in SENDERS if name in names or name == "pocket-gauge"]
    figures = foreign_handovers(pool.get, there, n) if "pocket-base" in names else []
    if set(SCHOLARS) <= set(names):
        figures += mixture(pool.get)
    return figures


def format_tables(tables: dict[str, Any]) -> str:
    """Figures as text: a row per ability, a column per model, shares in percent; then the family's
    own rows."""
    members = {
        name: {f.ability: f for f in figures}
        for name, figures in tables.items()
        if name != "family"
    }
    abilities = list(dict.fromkeys(ability for table in members.values() for ability in table))
    short = [name.removeprefix("pocket-") for name in members]
    wide = max(
        [len(ability) for ability in abilities] + [len(f.ability) for f in tables.get("family", [])]
    )
    lines = [" " * wide + "  " + "  ".join(f"{name:>10}" for name in short)]
    for ability in abilities:
        cells = [_cell(table.get(ability)) for table in members.values()]
        lines.append(f"{ability:<{wide}}  " + "  ".join(f"{cell:>10}" for cell in cells))
    if tables.get("family"):
        lines += ["", "Several models together (receiver or aggregator: pocket-base)"]
        for f in tables["family"]:
            lines.append(
                f"{f.ability:<{wide}}  {_cell(f):>10}  [{f.low:.1%} to {f.high:.1%}], n = {f.n}"
            )
    return "\n".join(lines)


def _cell(figure: Any) -> str:
    if figure is None:
        return "–"
    return f"{figure.value:.1%}" if figure.kind == "share" else f"{figure.value:.2f}"


def run_card(args: argparse.Namespace) -> int:
    """Print a card."""
    from lab.models.pocket_family import read_card
    from lab.zoo.cards import render_card

    card = read_card(args.name)
    print(json.dumps(card, indent=1, ensure_ascii=False) if args.json else render_card(card))
    return 0


def run_problems(args: argparse.Namespace) -> int:
    """Print problems with their truth."""
    from dataclasses import asdict

    from lab.worlds import make_problems

    problems = make_problems(
        args.world, args.n, seed=args.seed, depth=args.depth, distractors=args.distractors
    )
    if args.json:
        print(
            json.dumps(
                [{**asdict(p), "text": p.text} for p in problems], indent=1, ensure_ascii=False
            )
        )
        return 0
    for p in problems:
        print(f"[{p.seed}] {p.text}\n    thought: {p.thought}\n    truth:   {p.truth}")
    return 0


def main(argv: list[str] | None = None) -> int:
    """The zoo alone, without the rest of the lab's command line."""
    parser = argparse.ArgumentParser(prog="zoo")
    add_parser(parser.add_subparsers(dest="area", required=True))
    args = parser.parse_args(argv)
    try:
        return int(args.run(args))
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
