"""Presets: plans, prompt sets and blocks of constraints as YAML files in ``presets/``. The page,
the command line and the tests read the same.

It knows nothing of how a plan is run.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from lab.errors import BadInput
from lab.files import PRESETS
from lab.plan import Plan, Strict, plan_from_dict
from lab.words import first_mistake, say

DEFAULT = "side-by-side"
FIRST = "relay"
"""The preset on which the page starts: a single hand-over with its controls."""
START_ENV = "LATENT_LAB_PRESET"
"""Environment variable that names another preset for the page to start on."""


def starting_preset() -> str:
    """Name of the preset that the page starts on."""
    return os.environ.get(START_ENV) or FIRST


def list_presets(folder: Path = PRESETS) -> list[Plan]:
    """All presets of the folder: the page's first, then the default one, then the others by name.

    Raises:
        BadInput: if one of the files is damaged; the sentence names it.
    """
    plans = [load_preset(path.stem, folder) for path in sorted(folder.glob("*.yaml"))]
    order = {FIRST: 0, DEFAULT: 1}
    return sorted(plans, key=lambda plan: (order.get(plan.name, 2), plan.name))


def load_preset(name: str = DEFAULT, folder: Path = PRESETS) -> Plan:
    """The plan of a preset.

    Args:
        name: a preset's name, or the path of a YAML file.

    Raises:
        BadInput: if there is no such preset, or it holds an unknown key or a value out of range.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.yaml"))) or "none"
        raise BadInput(say("error.presets.unknown_preset_path_yaml", name=name, known=known))
    return _preset_then(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _preset_then(path: Path, _mtime_ns: int) -> Plan:
    """A preset as it was written at that time: every step on every page needs them all."""
    data = read_yaml(path)
    data.setdefault("name", path.stem)
    return plan_from_dict(data, source=f"Preset {path.name}")


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        BadInput: if the file is not YAML or not a mapping.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())[:120]
        raise BadInput(
            say("error.presets.cannot_read_yaml_correct", name=path.name, reason=reason)
        ) from error
    if not isinstance(data, dict):
        raise BadInput(
            say(
                "error.presets.mapping_top_level_correct", name=path.name, name2=type(data).__name__
            )
        )
    return data


# --- blocks of constraints


class AuditLine(Strict):
    """A line of a constraint's card whose conditions another experiment measures."""

    condition: str
    metric: str
    floor: str = ""
    """The condition beside which it stands, or empty."""
    honest: bool = False
    """Nothing was altered: what a check reports here is a false alarm."""


class ConstraintBlock(Strict):
    """One constraint as a preset of experiments writes it."""

    number: int = Field(ge=1, strict=True)
    name: str = Field(min_length=1)
    """Its words are ``constraint.NAME.{title,rule,why}``."""
    mark: str = ""
    """What stands on the card and before its bars; empty: the number."""
    conditions: tuple[dict[str, Any], ...] = ()
    """What breaks it, as lines of the experiment “constraints”."""
    results: str = ""
    """Another experiment that measures it, in place of conditions."""
    lines: tuple[AuditLine, ...] = ()
    """Of that experiment."""


def constraint_blocks(data: Any, source: str = "constraints") -> tuple[ConstraintBlock, ...]:
    """The blocks under ``constraints`` of a preset, in its order.

    Args:
        data: what stands there.
        source: the file, for the sentence.

    Raises:
        BadInput: for a missing or unknown entry, a block that nothing measures, and a number or a
            name that an earlier block has.
    """
    try:
        blocks = TypeAdapter(tuple[ConstraintBlock, ...]).validate_python(data)
    except ValidationError as error:
        raise BadInput(
            say("error.presets.constraint_entry", source=source, mistake=first_mistake(error))
        ) from error
    free = max((block.number for block in blocks), default=0) + 1
    by_number: dict[int, str] = {}
    for block in blocks:
        if not block.conditions and not (block.results and block.lines):
            raise BadInput(
                say("error.presets.constraint_unmeasured", source=source, name=block.name)
            )
        if block.name in by_number.values():
            raise BadInput(say("error.presets.constraint_name", source=source, name=block.name))
        if block.number in by_number:
            raise BadInput(
                say(
                    "error.presets.constraint_number",
                    source=source,
                    number=block.number,
                    first=by_number[block.number],
                    second=block.name,
                    free=free,
                )
            )
        by_number[block.number] = block.name
    return blocks
