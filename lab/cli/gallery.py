"""``gallery FOLDER [RECORD ...]``: finished runs as pages that any web server can host."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lab.files import ASSETS


def add_parser(sub: Any) -> None:
    """Register the sub-command."""
    parser = sub.add_parser("gallery", help="finished runs as a folder of pages")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the pages are written")
    parser.add_argument(
        "records",
        type=Path,
        nargs="*",
        metavar="RECORD",
        help="folders of records (default: those that come with the lab)",
    )
    parser.set_defaults(run=write)


def write(options: argparse.Namespace) -> int:
    """Write the pages; returns the exit code."""
    from lab.panels.gallery_html import write_gallery
    from lab.records import Record

    shipped = sorted(path.parent for path in (ASSETS / "records").glob("*/record.json"))
    records = [Record.open(folder) for folder in options.records or shipped]
    for path in write_gallery(records, options.folder):
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB", flush=True)
    return 0
