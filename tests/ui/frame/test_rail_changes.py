"""The list says by what a run differs from its preset."""

from __future__ import annotations

import pytest

from lab.plan import with_overrides
from lab.presets import list_presets, load_preset
from lab.ui.frame.rail_changes import changes_of
from lab.words import shown


@pytest.mark.parametrize("name", [plan.name for plan in list_presets()])
def test_an_untouched_preset_says_nothing(name: str) -> None:
    assert changes_of(load_preset(name).model_dump(mode="json")) == ()


def test_each_change_is_told_with_its_new_value_and_another_problem_is_none() -> None:
    plan = with_overrides(load_preset("relay"), ["lanes.1.steps=10", "lanes.1.layer=-2"])
    changed = changes_of(plan.model_dump(mode="json"))
    told = [(shown(one.where, "en"), one.key, one.there) for one in changed]
    assert told == [("In hidden states", "steps", "10"), ("In hidden states", "layer", "-2")]
    plan = with_overrides(load_preset("relay"), ["problem.seed=3"])
    assert changes_of(plan.model_dump(mode="json")) == ()


@pytest.mark.parametrize("plan", [None, {}, {"name": "relay"}, {"name": "../../etc", "lanes": 3}])
def test_what_is_damaged_or_nobodys_preset_says_nothing(plan: dict[str, object] | None) -> None:
    assert changes_of(plan) == ()
