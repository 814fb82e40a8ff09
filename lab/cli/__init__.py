"""The command line: the same plans, the same records and the same figures as the page, without the
page.

Sub-commands import what they need when they are called, so that ``--help`` is quick and a missing
part breaks only itself. Every `LabError` is one sentence on standard error and exit code 2; Ctrl-C
gives 130.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from lab.errors import BadInput, Cancelled, LabError
from lab.version import __version__

COMMAND = "latent-lab"
"""The console script of an installed lab."""
AREAS = {
    "models": ("lab.cli.models", "list the models on this machine, get or remove public ones"),
    "ablations": ("lab.cli.ablations", "take parts from a recorded hand-over"),
    "bench": ("lab.cli.bench", "measure speed and memory of a part of the lab"),
    "gallery": (
        "lab.cli.gallery",
        "finished runs as a folder of pages",
    ),
    "glossary": ("lab.cli.glossary", "the field's terms in plain sentences"),
    "capacity": ("lab.cli.capacity", "how many students this machine carries"),
    "lessons": ("lab.cli.lesson_command", "list, check and print the lessons"),
    "zoo": ("lab.cli.zoo", "train, evaluate and describe the pocket models"),
    "types": ("lab.cli.types", "write the declarations that the page's scripts use"),
    "sweep": ("lab.cli.sweep", "what a plan's LatentMAS team says for every m"),
    "eval": ("lab.cli.eval", "the methods on a task, as in the papers' tables"),
    "experiment": ("lab.cli.experiment", "controlled experiments over many problems"),
}
"""Sub-commands that live in their own part: (module with ``add_parser(sub)``, help)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        options = build_parser(arguments).parse_args(arguments)
        return int(options.run(options) or 0)
    except (Cancelled, KeyboardInterrupt) as error:
        print(str(error) or "Stopped.", file=sys.stderr)
        return 130
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # the reader has gone; say no more
        return 0


def build_parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser. The parts in `AREAS` are imported only when ``arguments`` call them."""
    parser = argparse.ArgumentParser(
        prog=_called_as(),
        description="Latent Lab: see language models work together, by hidden states and by text.",
    )
    parser.add_argument("--version", action="version", version=f"Latent Lab {__version__}")
    sub = parser.add_subparsers(metavar="COMMAND", required=True)
    from lab.cli import basics, run, serve

    serve.add_parser(sub)
    run.add_parser(sub)
    basics.add_parser(sub)
    for name, (module, summary) in AREAS.items():
        if name in arguments[:1]:
            _area(sub, name, module)
        else:
            sub.add_parser(name, help=summary, add_help=False)
    return parser


def _called_as() -> str:
    name = Path(sys.argv[0]).stem
    return name if name == COMMAND else "python -m lab"


def _area(sub: argparse._SubParsersAction[argparse.ArgumentParser], name: str, module: str) -> None:
    if find_spec(module.rpartition(".")[0]) is None or find_spec(module) is None:
        raise BadInput(
            f"This copy of the lab has no {name!r} part: expected {module}; install the whole "
            "project."
        )
    import_module(module).add_parser(sub)
