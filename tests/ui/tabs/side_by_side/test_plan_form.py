"""The form and the plan are two views of one thing, and the command line repeats it exactly."""

import shlex

import pytest

from lab.errors import BadInput
from lab.plan import GatedLane, HybridLane, MoALane, Plan, Proposer, SingleLane, with_overrides
from lab.presets import list_presets, load_preset
from lab.ui.tabs.side_by_side import first_picture, setup_panel
from lab.ui.tabs.side_by_side.plan_form import OWN, command_of, fields_of, plan_of

PRESETS = [plan.name for plan in list_presets()]


@pytest.mark.parametrize("name", PRESETS)
def test_an_untouched_form_is_the_preset(name: str) -> None:
    plan = load_preset(name)
    assert plan_of(fields_of(plan), plan) == plan


@pytest.mark.parametrize("name", PRESETS)
def test_components_and_fields_are_inverse(name: str) -> None:
    plan = load_preset(name)
    fields = setup_panel.read(setup_panel.show(plan))
    words = ("facts", "question", "truth")
    same = {k: v for k, v in fields_of(plan).items() if k not in words}
    assert {k: v for k, v in fields.items() if k not in words} == same
    assert fields["question"], "a world's question is shown before the run"


def again(plan: Plan, preset: Plan) -> Plan:
    parts = shlex.split(command_of(plan, preset, preset.name))
    assert parts[:5] == ["python", "-m", "lab", "run", preset.name]
    return with_overrides(preset, [parts[i + 1] for i, part in enumerate(parts) if part == "--set"])


@pytest.mark.parametrize("name", PRESETS)
def test_the_command_repeats_a_changed_plan(name: str) -> None:
    preset = load_preset(name)
    fields = fields_of(preset) | {
        "source": "ledger",
        "seed": 12,
        "depth": 3,
        "distractors": 0,
        "schedule": "alone",
        "steps": 7,
        "methods": ["single", "latentmas", "moa"],
        "proposers": [["pocket-base", 0.0, 0], ["it's", 0.7, 5]],
    }
    plan = plan_of(fields, preset)
    assert list(dict.fromkeys(lane.method for lane in plan.lanes)) == ["single", "latentmas", "moa"]
    assert again(plan, preset) == plan


def test_the_command_repeats_an_own_question_with_quotes() -> None:
    preset = load_preset()
    fields = fields_of(preset) | {
        "source": OWN,
        "question": 'What\'s "2"; rm -rf $HOME?',
        "facts": "a=b",
        "truth": "",
    }
    plan = plan_of(fields, preset)
    assert plan.problem.truth is None  # type: ignore[union-attr]
    assert again(plan, preset) == plan


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"source": OWN, "question": "  "}, "The question is empty"),
        ({"methods": []}, "No method is chosen"),
        ({"proposers": []}, "There are no proposers"),
        ({"steps": 999}, "lanes.0.latentmas.steps"),
        ({"depth": 9}, "problem"),
    ],
)
def test_bad_forms_are_one_sentence(change: dict, says: str) -> None:
    preset = load_preset()
    with pytest.raises(BadInput, match=says):
        plan_of(fields_of(preset) | change, preset)


def test_a_missing_number_is_one_sentence() -> None:
    values = setup_panel.show(load_preset())
    values[setup_panel.FIELDS.index("seed")] = None
    with pytest.raises(BadInput, match="seed: expected a whole number"):
        setup_panel.read(values)


def test_what_sets_lanes_of_one_method_apart_stays_when_the_form_changes() -> None:
    preset = load_preset("relay")
    plan = plan_of(fields_of(preset) | {"steps": 7, "methods": ["latentmas"]}, preset)
    before = [lane for lane in preset.lanes if lane.method == "latentmas"]
    assert [lane.steps for lane in plan.lanes] == [7, 7, 7]
    for old, new in zip(before, plan.lanes, strict=True):
        same = ("title", "sender", "hand_over", "agents", "host")
        assert [getattr(new, name) for name in same] == [getattr(old, name) for name in same]
    steps = load_preset("no-thought")
    other = plan_of(fields_of(steps) | {"layer": -2}, steps)
    assert [lane.steps for lane in other.lanes] == [lane.steps for lane in steps.lanes]
    assert [lane.layer for lane in other.lanes] == [-2, -2, -2]


def test_menus_of_a_world_do_not_change_an_own_question() -> None:
    own = {"source": OWN, "facts": "", "question": "How many?", "truth": "7"}
    typed = own | {"seed": 7, "depth": 2, "distractors": 1}
    recorded = own | {"seed": 0, "depth": None, "distractors": None}
    page = first_picture.on_page("relay", recorded)
    assert not first_picture.changes(page, "relay", typed)
    assert first_picture.changes(page, "relay", typed | {"truth": "8"})
    assert first_picture.changes(page, "relay", typed | {"source": "ledger"})
    world = first_picture.on_page("relay", typed | {"source": "ledger"})
    assert first_picture.changes(world, "relay", recorded | {"source": "ledger"})


def test_settings_are_those_of_the_first_lane_whose_method_has_them() -> None:
    def shown(*lanes) -> dict[str, object]:
        return fields_of(load_preset().model_copy(update={"lanes": lanes}))

    team = MoALane(proposers=(Proposer(host="b"),), aggregator=Proposer(host="c"))
    thinkers = HybridLane(thinkers=("d",), host="e", steps=5)
    gate = GatedLane(host="a", moa=team)
    assert [shown(gate)[name] for name in ("host", "aggregator")] == ["a", "c"]
    assert plan_of(
        shown(gate) | {"moa_layers": 2}, load_preset().model_copy(update={"lanes": (gate,)})
    ).lanes == (gate.model_copy(update={"moa": team.model_copy(update={"layers": 2})}),)
    assert shown(team)["host"] == "c"
    assert [shown(thinkers, SingleLane(host="f"))[k] for k in ("host", "steps")] == ["e", 5]
    assert shown(SingleLane(host="f"), gate)["host"] == "f"
