"""Ablations of a recorded run: measured after it, kept in its folder, so that they are there when
the record is opened, shared or exported.
"""

from __future__ import annotations

import threading
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from lab.records import schema

_writing = threading.Lock()


class Ablation(BaseModel):
    """What the last agent of a lane said without part of its hand-over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    answer: str
    correct: bool | None
    """None where the truth is unknown."""
    target: str
    nll: float
    """Nats, of the target."""
    note: str = ""


_FILE = TypeAdapter(dict[str, dict[str, Ablation]])


def read_ablations(folder: Path) -> dict[str, dict[str, Ablation]]:
    """By lane and condition; a file that cannot be read counts as none, it can be measured
    again."""
    try:
        return _FILE.validate_json((folder / schema.ABLATIONS).read_bytes())
    except (OSError, ValidationError):
        return {}


def keep_ablation(folder: Path, lane: str, condition: str, measured: Ablation) -> None:
    """Add one to those of the record, in place of an earlier one of the same condition.

    Raises:
        OSError: if the folder cannot be written.
    """
    with _writing:
        known = read_ablations(folder)
        known[lane] = known.get(lane, {}) | {condition: measured}
        schema.write_json(folder / schema.ABLATIONS, _FILE.dump_python(known, mode="json"))
