"""Plans refuse what they do not know, in one sentence, and settings change exactly what they
name.
"""

import pytest

from lab.errors import BadInput
from lab.plan import Plan, plan_from_dict, with_overrides

DATA = {
    "problem": {"question": "How many?"},
    "lanes": [{"method": "latentmas", "steps": 4}, {"method": "moa"}],
}


def test_round_trip_through_json() -> None:
    plan = plan_from_dict(DATA)
    assert plan_from_dict(plan.model_dump(mode="json")) == plan
    assert [lane.method for lane in plan.lanes] == ["latentmas", "moa"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({**DATA, "colour": 1}, "colour"),
        ({**DATA, "lanes": [{"method": "latentmas", "steps": -1}]}, "greater than or equal to 0"),
        ({**DATA, "lanes": [{"method": "telepathy"}]}, "telepathy"),
        ({**DATA, "lanes": [{"method": "moa", "proposers": []}]}, "at least 1"),
        ({**DATA, "problem": {"question": ""}}, "at least 1 character"),
        ({**DATA, "lanes": []}, "at least 1"),
    ],
)
def test_bad_plans_are_one_sentence(data: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        plan_from_dict(data)
    assert "\n" not in str(caught.value)


def test_settings_reach_nested_values_by_index_or_name() -> None:
    plan = plan_from_dict(DATA)
    changed = with_overrides(plan, ["lanes.0.steps=7", "lanes.moa.layers=2", "seed=3"])
    assert (changed.lanes[0].steps, changed.lanes[1].layers, changed.seed) == (7, 2, 3)  # type: ignore[union-attr]
    assert isinstance(plan, Plan) and plan.seed == 0


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("steps", "no '='"),
        ("lanes.9.steps=1", "no list entry '9'"),
        ("nowhere.x=1", "unknown key 'nowhere'"),
    ],
)
def test_bad_settings_name_the_fault(setting: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        with_overrides(plan_from_dict(DATA), [setting])
