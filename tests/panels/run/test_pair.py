"""A run beside itself marks nothing; one change is told as one line, and what differs is marked on
both sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from lab.panels.run.pair import pair_value, plan_differences
from lab.panels.run.pair_value import PairLane, PairValue
from lab.plan import (
    CapturePlan,
    Decoding,
    LatentMASLane,
    MoALane,
    Plan,
    ProblemSpec,
    Proposer,
    SingleLane,
    lane_classes,
)
from lab.records import Record
from lab.service.runner import run_plan
from lab.words import say, texts_of
from tests.experiments.tiny_worlds import TinyPool

LANES = (SingleLane(), LatentMASLane(agents=("solver", "judger"), steps=6, title="Chain"))
PLAN = Plan(
    name="pair",
    problem=ProblemSpec(world="ledger", seed=3, depth=2),
    lanes=LANES,
    capture=CapturePlan(layers="none"),
)


def with_chain(**changes: object) -> Plan:
    chain = LANES[1].model_copy(update=changes)
    return PLAN.model_copy(update={"lanes": (LANES[0], chain)})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Record]:
    folder: Path = tmp_path_factory.mktemp("pair")
    plans = {
        "six": PLAN,
        "again": PLAN.model_copy(update={"name": "again", "title": "Once more"}),
        "two": with_chain(steps=2),
        "other": PLAN.model_copy(update={"problem": ProblemSpec(world="ledger", seed=4, depth=2)}),
        "three": with_chain(agents=("solver", "critic", "judger")),
        "single": PLAN.model_copy(update={"lanes": LANES[:1]}),
    }
    for name, plan in plans.items():
        run_plan(plan, folder / name, TinyPool())
    return {name: Record.open(folder / name) for name in plans}


def pair(runs: dict[str, Record], a: str, b: str) -> PairValue:
    return pair_value(runs[a], runs[b], a, b)


def chain(value: PairValue) -> PairLane:
    return next(lane for lane in value.lanes if lane.title == "Chain")


def test_a_run_beside_itself_and_beside_its_repetition_marks_nothing(
    runs: dict[str, Record],
) -> None:
    for other in ("six", "again"):
        found = pair(runs, "six", other)
        assert (found.differences, found.settings, found.same_problem) == (0, (), True)
        assert all(lane.here and lane.there for lane in found.lanes)
        assert found.lanes[1].here and found.lanes[1].here.agents[0].thoughts


def test_one_change_is_one_line_and_steps_that_only_one_took_are_marked(
    runs: dict[str, Record],
) -> None:
    found = pair(runs, "six", "two")
    assert [(s.where, s.key, s.here, s.there) for s in found.settings] == [
        ("Chain", "steps", "6", "2")
    ]
    lane = chain(found)
    assert lane.here and lane.there
    mine, theirs = lane.here.agents[0].thoughts, lane.there.agents[0].thoughts
    assert [sum(one.n for one in thoughts) for thoughts in (mine, theirs)] == [6, 2]
    assert sum(one.n for one in mine if not one.same) == 4, "the first two are equal"
    assert all(one.same for one in theirs)
    changed = {cost.column for cost in lane.here.cost if not cost.same}
    assert {"latent_steps", "kv_bytes", "kv_len"} <= changed
    assert not changed & {"seconds", "first_token"}
    single = next(lane for lane in found.lanes if lane.title != "Chain")
    assert single.here and single.here.same and all(cost.same for cost in single.here.cost)


def test_the_other_way_round_the_sides_are_exchanged(runs: dict[str, Record]) -> None:
    there, back = pair(runs, "six", "two"), pair(runs, "two", "six")
    assert (chain(there).here, chain(there).there) == (chain(back).there, chain(back).here)
    assert there.differences == back.differences > 0


def test_another_problem_and_a_lane_that_is_missing_are_said(runs: dict[str, Record]) -> None:
    assert not pair(runs, "six", "other").same_problem
    found = pair(runs, "six", "single")
    assert [(s.key, s.there) for s in found.settings] == [("lane", "–")]
    assert chain(found).there is None and chain(found).here is not None
    assert found.differences == 1


def test_an_agent_that_one_run_has_alone_is_marked_on_its_card(runs: dict[str, Record]) -> None:
    found = chain(pair(runs, "six", "three"))
    assert found.here and found.there
    assert [(one.name, one.alone) for one in found.here.agents] == [
        ("solver", False),
        ("judger", False),
    ]
    assert [(one.name, one.alone) for one in found.there.agents] == [
        ("solver", False),
        ("critic", True),
        ("judger", False),
    ]
    gone = chain(pair(runs, "six", "single"))
    assert gone.here and not any(one.alone for one in gone.here.agents), "the lane says it"


def leaves(model: type[BaseModel]) -> Iterator[str]:
    """Names of all settings in a model of the plan, and in the models within it."""
    for name, field in model.model_fields.items():
        yield name
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from leaves(inner)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_setting_of_every_method_has_a_name(language: str) -> None:
    words = texts_of(language)
    names = {name for lane in lane_classes().values() for name in leaves(lane)} - {"decoding"}
    names |= {"seed", "prompts", "schedule", "facts_for"}
    assert sorted(name for name in names if f"js.pair.key.{name}" not in words) == []
    assert {"temperature", "threshold", "aggregator"} <= names


def test_values_are_called_as_the_form_calls_them() -> None:
    cold = MoALane(proposers=(Proposer(), Proposer()))
    warm = cold.model_copy(
        update={"proposers": (Proposer(), Proposer(role="critic", decoding=Decoding(seed=3)))}
    )
    plans = [PLAN.model_copy(update={"lanes": (lane,)}) for lane in (cold, warm)]
    assert [(s.key, s.here, s.there) for s in plan_differences(*plans)] == [
        ("proposers.2.role", "proposer", "critic"),
        ("proposers.2.decoding.seed", "0", "3"),
    ]
    mute = with_chain(hand_over="nothing").model_copy(update={"schedule": "alone"})
    assert [s.there for s in plan_differences(PLAN, mute)] == [
        say("setup.alone"),
        say("said.hand_over.nothing"),
    ]


def test_every_change_of_the_plan_is_told_and_names_are_not() -> None:
    other = with_chain(steps=9, alignment="ridge", title="Renamed").model_copy(
        update={"name": "x", "about": "y", "seed": 5}
    )
    assert [(s.key, s.here, s.there) for s in plan_differences(PLAN, other)] == [
        ("seed", "0", "5"),
        ("steps", "6", "9"),
        ("alignment", say("said.alignment.auto"), say("said.alignment.ridge")),
    ]
    assert list(plan_differences(PLAN, PLAN)) == []
