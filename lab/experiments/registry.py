"""The experiments by name, as data: listing them loads no model and no torch.

An experiment is a module with ``Settings`` (a `Strict` model with ``n`` and ``seed``), ``METRICS``
(a tuple of `lab.experiments.table.Metric`) and ``fill(table, settings, hosts, watch)``, which adds
condition after condition to a `ResultTable`, skips those that are done, and calls ``watch.step``
before every batch. Its defaults and its conditions stand in ``presets/experiments/NAME.yaml``;
without that file the defaults of ``Settings`` hold.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from pydantic import ValidationError

from lab.errors import BadInput
from lab.plan import Strict

PRESETS = Path(__file__).resolve().parents[2] / "presets" / "experiments"


@dataclass(frozen=True)
class Entry:
    """One experiment of the lab."""

    name: str
    title: str
    question: str
    """What it answers, as a question for the page."""
    module: str

    def load(self) -> ModuleType:
        """Import the module (and with it torch)."""
        return importlib.import_module(self.module)


_FAILURE = (
    Entry(
        "relay",
        "Did the thought cross?",
        "Which part of a hand-over carries the answer?",
        "lab.experiments.relay",
    ),
    Entry(
        "constraints",
        "Seven constraints",
        "What may differ between two models?",
        "lab.experiments.constraints",
    ),
    Entry(
        "layers",
        "Layer into layer",
        "What if layer k is continued at layer l?",
        "lab.experiments.layers",
    ),
    Entry(
        "growth",
        "Error growth",
        "How does a small difference grow by layer?",
        "lab.experiments.growth",
    ),
    Entry(
        "geometry",
        "Alike is not enough",
        "Are alike states interchangeable?",
        "lab.experiments.usability",
    ),
    Entry(
        "routes",
        "Four routes",
        "What do the known ways across models cost?",
        "lab.experiments.routes",
    ),
)


def entries() -> tuple[Entry, ...]:
    """All experiments, the failure lab's first."""
    from lab.experiments import moa_registry

    return (*_FAILURE, *moa_registry.ENTRIES)


def find(name: str) -> Entry:
    """The experiment of a name.

    Raises:
        BadInput: if there is none.
    """
    for entry in entries():
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in entries())
    raise BadInput(f"There is no experiment {name!r}: expected one of {known}; choose one of them.")


def load_settings(
    entry: Entry, overrides: dict[str, Any] | None = None, preset: str | None = None
) -> Strict:
    """The settings of an experiment: its preset file with ``overrides`` applied on top (None values
    are ignored).

    Args:
        preset: another file of ``presets/experiments`` for the same experiment (for example for
            real models).

    Raises:
        BadInput: for an unknown preset, or one sentence that names the first wrong key.
    """
    path = PRESETS / f"{preset or entry.name}.yaml"
    if preset and not path.is_file():
        known = ", ".join(sorted(p.stem for p in PRESETS.glob("*.yaml")))
        raise BadInput(
            f"There is no experiment preset {preset!r}: expected one of {known}; choose one of "
            "them."
        )
    data = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    data = {
        **(data or {}),
        **{key: value for key, value in (overrides or {}).items() if value is not None},
    }
    try:
        return entry.load().Settings.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "top level"
        got = str(first.get("input"))[:80]
        raise BadInput(
            f"Experiment {entry.name}: {where}: {first['msg']}; got {got!r}; correct this entry."
        ) from error
