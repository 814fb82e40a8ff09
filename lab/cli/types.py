"""``python -m lab types``: the TypeScript declarations of the page's widgets."""

from __future__ import annotations

import argparse


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = sub.add_parser("types", help="write the declarations that the page's scripts use")
    parser.set_defaults(run=_run)


def _run(_: argparse.Namespace) -> int:
    from lab.ui.bridge import write_types

    print(write_types())
    return 0
