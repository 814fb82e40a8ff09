"""The plan on the first tab as a part of the page's address, both ways: a preset's name and what
differs from it, as after ``--set`` in the terminal. No Gradio here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.errors import LabError
from lab.plan import Plan, with_overrides
from lab.presets import DEFAULT, list_presets
from lab.records import Record
from lab.ui.frame.address import Address
from lab.ui.tabs.side_by_side import setup_panel
from lab.ui.tabs.side_by_side.plan_form import plan_of, settings_between
from lab.words import say


@dataclass(frozen=True)
class OnStage:
    """What the lanes show."""

    record: str | None
    """Id of the record on the page."""
    asked: bool
    """A question that was not run yet stands there, and not the record."""


def base_of(plan: Plan) -> Plan:
    """The preset that the form of a record starts from."""
    known = {preset.name: preset for preset in list_presets()}
    return known.get(plan.name, known[DEFAULT])


def written(recorded: Plan, stage: OnStage, name: str, values: Sequence[Any]) -> dict[str, Any]:
    """Preset and settings of the address; nothing where the form is as the record left it.

    Args:
        recorded: plan of the record on the page.
        name: the chosen preset.
        values: of the form.
    """
    preset = next((one for one in list_presets() if one.name == name), None)
    if preset is None:
        return {}
    said: dict[str, Any] = {"preset": name} if stage.asked else {}
    try:
        start = preset if stage.asked else of_form(recorded, setup_panel.show(recorded))
        plan = plan_of(setup_panel.read(list(values)), preset)
    except LabError:
        return said
    return said | {"settings": settings_between(start, plan) or None}


def of_form(recorded: Plan, values: Sequence[Any]) -> Plan:
    """The plan that the form shows for a record.

    Raises:
        LabError: if the form holds no plan.
    """
    return plan_of(setup_panel.read(list(values)), base_of(recorded))


def linked(address: Address, recorded: Plan) -> Plan | None:
    """The plan that an address says, or None if it says nothing of it.

    Raises:
        LabError: for an unknown preset, or settings that no plan has.
    """
    if not address.preset and not address.settings:
        return None
    if address.preset:
        plan = next((one for one in list_presets() if one.name == address.preset), None)
        if plan is None:
            known = ", ".join(one.name for one in list_presets())
            raise LabError(say("error.plan_address.link_names_preset_not", known=known))
    else:
        plan = of_form(recorded, setup_panel.show(recorded))
    texts = [f"{path}={json.dumps(value)}" for path, value in (address.settings or {}).items()]
    return with_overrides(plan, texts)


def checked(address: Address, record: Record | None) -> tuple[Address, list[str]]:
    """The address without what cannot be put on the first tab, and the keys of that."""
    if record is None:
        return address.model_copy(update={"preset": None, "settings": None, "at": None}), []
    ignored = []
    if address.at is not None and address.at > len(record.events):
        ignored.append("at")
    try:
        plan = linked(address, record.plan)
        if plan is not None:
            setup_panel.show(plan)
    except (LabError, ValueError, TypeError, RecursionError):
        ignored += [key for key in ("preset", "settings") if getattr(address, key) is not None]
    return address.model_copy(update=dict.fromkeys(ignored)), ignored
