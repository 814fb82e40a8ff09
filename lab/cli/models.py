"""``models``: what is on this machine and the disk it takes; get or remove public checkpoints."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from typing import Any

from lab.cli.tables import grid


def add_parser(sub: Any) -> None:
    """Register the command and its verbs."""
    parser = sub.add_parser("models", help="list the models on this machine, get or remove them")
    parser.add_argument("--json", action="store_true", help="as JSON, with the whole cards")
    parser.set_defaults(run=show_models)
    verbs = parser.add_subparsers(metavar="VERB")
    get = verbs.add_parser("get", help="fetch a model of the catalogue; goes on where it stopped")
    get.add_argument("name", help="its name in the catalogue, for example smollm2-135m")
    get.set_defaults(run=get_one)
    remove = verbs.add_parser("remove", help="delete a fetched model from this machine")
    remove.add_argument("name", help="its name in the catalogue")
    remove.set_defaults(run=remove_one)


def show_models(options: argparse.Namespace) -> int:
    """Print the pocket models, the catalogue, and how to name others."""
    from lab.models.catalogue import catalogue
    from lab.models.pool import available_models

    pocket = available_models()
    if options.json:
        listed = [
            {
                **entry.model_dump(mode="json"),
                "installed": entry.installed,
                "disk": entry.disk_bytes,
            }
            for entry in catalogue()
        ]
        print(json.dumps({"pocket": pocket, "catalogue": listed}, ensure_ascii=False, indent=2))
        return 0
    heads = ["pocket model", "architecture", "parameters", "layers", "width", "embeddings"]
    rows = [
        [
            model["name"],
            model["architecture"],
            f"{model['params']:,}",
            str(model["n_layers"]),
            str(model["d_model"]),
            "tied" if model["tied"] else "untied",
        ]
        for model in pocket
    ]
    none = "No pocket models here; make one with: python -m lab zoo train pocket-base"
    print(grid(heads, rows) if rows else none)
    print()
    print(
        grid(
            ["public model", "parameters", "download", "on disk", "licence", "what it is"],
            [
                [
                    entry.name,
                    f"{entry.params:,}",
                    f"{entry.download_mb} MB",
                    f"{entry.disk_bytes / 1e6:.0f} MB" if entry.disk_bytes else "not here",
                    entry.licence,
                    entry.title,
                ]
                for entry in catalogue()
            ],
        )
    )
    print(
        "\nGet one with: python -m lab models get NAME. Any other causal language model works by "
        "its hub id\n(Qwen/Qwen3-0.6B, with @revision), by its folder, or by its GGUF file."
    )
    return 0


def get_one(options: argparse.Namespace) -> int:
    """Fetch one model with progress; Ctrl-C stops and keeps what is whole."""
    from lab.models.catalogue import require_entry
    from lab.models.fetch import get_model

    entry = require_entry(options.name)
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda *_: stopped.append(1))
    if entry.terms:
        print(f"{entry.title}: {entry.licence}, {entry.terms}; getting it means accepting them.")

    def say(text: str, share: float | None) -> None:
        told = text if share is None else f"{share:4.0%} {text}"
        print(f"\r{told[:100]:100}", end="", file=sys.stderr, flush=True)

    folder = get_model(options.name, say, lambda: bool(stopped))
    print(file=sys.stderr)
    print(
        f"{entry.title} is at {folder} ({entry.disk_bytes / 1e6:.0f} MB); use it as {entry.name}."
    )
    return 0


def remove_one(options: argparse.Namespace) -> int:
    """Delete one fetched model."""
    from lab.models.catalogue import remove

    print(f"{options.name} removed; {remove(options.name) / 1e6:.0f} MB are free again.")
    return 0
