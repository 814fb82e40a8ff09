"""``glossary``: the field's terms, printed or written to ``GLOSSARY.md``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(sub: Any) -> None:
    """Register the sub-command."""
    parser = sub.add_parser("glossary", help="the field's terms in plain sentences")
    parser.add_argument(
        "--write",
        type=Path,
        nargs="?",
        const=Path("GLOSSARY.md"),
        metavar="FILE",
        help="write the file instead of printing it (GLOSSARY.md)",
    )
    parser.set_defaults(run=show_glossary)


def show_glossary(options: argparse.Namespace) -> int:
    """Print or write the glossary; returns the exit code."""
    from lab.glossary import glossary_markdown

    text = glossary_markdown()
    if options.write is None:
        print(text, end="")
    else:
        options.write.write_text(text, encoding="utf-8")
        print(f"Wrote {options.write}")
    return 0
