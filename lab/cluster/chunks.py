"""The finished parts of an experiment that has not come to its end: each a file beside the record,
so that a stopped or killed one goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.cluster.share_table import Unit

CHUNKS = "chunks"
"""Folder of the finished units, inside that of an experiment that has not come to its end."""


class Chunks:
    """The finished units, in memory and (with a folder) on disk, each a file of its own."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else folder / CHUNKS
        self.units: dict[str, Unit] = {}
        if self._folder is not None and self._folder.is_dir():
            for path in sorted(self._folder.glob("*.json")):
                unit: Unit = json.loads(path.read_text(encoding="utf-8"))
                self.units[name_of(unit["key"])] = unit
        self.kept = len(self.units)
        """How many an earlier run had finished."""

    def add(self, unit: Unit) -> None:
        """Keep a unit; one that is here already is not counted twice."""
        name = name_of(unit["key"])
        if name in self.units:
            return
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.json"
            part = path.with_suffix(".part")
            part.write_text(json.dumps(unit, ensure_ascii=False), encoding="utf-8")
            os.replace(part, path)
        self.units[name] = unit


def name_of(key: Sequence[Any]) -> str:
    """A unit's key as one text."""
    return json.dumps(list(key), ensure_ascii=False)
