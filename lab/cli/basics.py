"""``show`` and ``presets``: look at what is there."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from lab.cli.tables import as_data, grid, run_report


def add_parser(sub: Any) -> None:
    """Register the two sub-commands."""
    show = sub.add_parser(
        "show", help="what a record holds", description="Print a record, or list a folder of them."
    )
    show.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path("records"),
        help="a record, or a folder of records",
    )
    show.add_argument("--json", action="store_true", help="as JSON")
    show.add_argument(
        "--zip", type=Path, metavar="FILE", help="pack the record into one zip file instead"
    )
    show.set_defaults(run=show_record)
    presets = sub.add_parser("presets", help="list the presets")
    presets.add_argument("--json", action="store_true", help="as JSON, with the whole plans")
    presets.set_defaults(run=show_presets)


def show_record(options: argparse.Namespace) -> int:
    """Print one record, or the list of records in a folder."""
    from lab.records import Record, export_zip, list_records

    folder: Path = options.folder
    listed = [] if (folder / "record.json").exists() else list_records(folder)
    if listed:
        print(json.dumps(listed, indent=2) if options.json else _history(listed))
        return 0
    if options.zip:
        print(f"Packed {folder} into {export_zip(folder, options.zip)}")
        return 0
    record = Record.open(folder)
    if options.json:
        print(json.dumps(as_data(record), ensure_ascii=False, indent=2))
        return 0
    print(f"Record    {record.run_id}, {record.status}, {record.meta.get('created', '')}")
    print(run_report(record))
    for name, info in record.meta.get("hosts", {}).items():
        print(f"Host      {name}: {_host(info)}")
    print(f"Captured  {len(record.points)} vectors, {len(record.events)} events")
    return 0


def show_presets(options: argparse.Namespace) -> int:
    """Print the presets with what they are for."""
    from lab.presets import list_presets

    plans = list_presets()
    if options.json:
        print(
            json.dumps(
                [plan.model_dump(mode="json") for plan in plans], ensure_ascii=False, indent=2
            )
        )
        return 0
    for plan in plans:
        lanes = ", ".join(lane.title for lane in plan.lanes)
        print(f"{plan.name}\n    {plan.title}\n    {plan.about}\n    Lanes: {lanes}\n")
    return 0


def _history(listed: list[dict[str, Any]]) -> str:
    rows = [
        [
            item["id"],
            item["status"],
            item["name"],
            _answers(item["answers"]) or item["message"][:60],
        ]
        for item in listed
    ]
    return grid(["record", "status", "preset", "answers"], rows)


def _answers(answers: list[dict[str, Any]]) -> str:
    marks = {True: "right", False: "wrong", None: "?"}
    return ", ".join(f"{a['title']}: {marks[a['correct']]}" for a in answers)


def _host(info: dict[str, Any]) -> str:
    return (
        f"{info.get('params', 0):,} parameters, {info.get('n_layers')} layers of width "
        f"{info.get('d_model')}, "
        f"{info.get('dtype')} on {info.get('device')}, digest {str(info.get('digest'))[:12]}"
    )
