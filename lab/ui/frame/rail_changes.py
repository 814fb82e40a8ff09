"""What somebody changed in a record's plan, beside the preset that it started from: by it the runs
of one question are told apart in the list.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from lab.errors import LabError
from lab.panels.run.pair import plan_differences
from lab.panels.run.pair_value import PairSetting
from lab.plan import Plan
from lab.presets import load_preset
from lab.words import for_the_page

KEPT = 2000
"""Plans whose changes are remembered: the list is told to every page after every run of anybody."""


def changes_of(plan: dict[str, Any] | None) -> tuple[PairSetting, ...]:
    """The settings that differ from the preset of the plan's name; none where there is no such
    preset, or the plan is damaged.

    Args:
        plan: as the record holds it.
    """
    return _changes(json.dumps(plan, sort_keys=True)) if plan else ()


@lru_cache(maxsize=KEPT)
def _changes(plan: str) -> tuple[PairSetting, ...]:
    try:
        made = Plan.model_validate_json(plan)
        with for_the_page():
            return tuple(plan_differences(load_preset(made.name), made))
    except (ValidationError, LabError):
        return ()
