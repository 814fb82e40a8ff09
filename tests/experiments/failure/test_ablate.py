"""Ablating a recorded run: as it was gives the run's own answer, and taking things away changes
what is handed over.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.events import Event, HandOver, LaneFinished, LatentStep
from lab.experiments.failure.ablate import CONDITIONS, ablate
from lab.plan import CapturePlan, LatentMASLane, Plan, ProblemSpec, SingleLane
from lab.records import Record
from lab.roster import lane_hosts, roster
from lab.service.runner import run_plan
from tests.experiments.tiny_worlds import TinyPool, tiny

POOL = TinyPool(pocket_base=tiny(0), pocket_reseed=tiny(1))


@pytest.fixture(scope="module", params=["sequential", "hierarchical"])
def record(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Record:
    agents = (
        ("solver", "judger") if request.param == "sequential" else ("solver", "solver", "judger")
    )
    plan = Plan(
        problem=ProblemSpec(world="ledger", seed=3, depth=2, facts_for="first"),
        lanes=(SingleLane(), LatentMASLane(agents=agents, topology=request.param, steps=5)),
        capture=CapturePlan(layers="none"),
    )
    folder: Path = tmp_path_factory.mktemp("ablate") / "run"
    run_plan(plan, folder, POOL)
    return Record.open(folder)


def _lane(record: Record) -> str:
    return next(
        e.lane for e in record.events if e.type == "lane_started" and e.method == "latentmas"
    )


def test_as_it_was_says_what_the_run_said(record: Record) -> None:
    lane = _lane(record)
    finished = next(e for e in record.events if e.type == "lane_finished" and e.lane == lane)
    got = ablate(record, lane, "as it was", POOL.get)
    assert finished.answer.strip().startswith(got.answer[:12])
    assert got.target == record.meta["problem"]["truth"]


def test_every_condition_changes_what_is_handed_over(record: Record) -> None:
    lane = _lane(record)
    found = {name: ablate(record, lane, name, POOL.get) for name in CONDITIONS}
    whole = found["as it was"]
    assert found["none"].slots == 0
    assert found["prompt only"].slots + found["latents only"].slots == whole.slots
    for name in ("none", "prompt only", "latents only", "wrong problem", "noise", "foreign model"):
        assert found[name].nll != pytest.approx(whole.nll, abs=1e-6)
    assert "thought by" in found["foreign model"].note


def test_of_two_lanes_with_the_same_roles_the_named_one_is_ablated(tmp_path: Path) -> None:
    agents, problem = ("solver", "solver", "judger"), ProblemSpec(world="ledger", seed=3, depth=2)
    lanes = [LatentMASLane(agents=agents, topology=t, steps=5) for t in ("sequential", "compat")]
    lanes[1] = lanes[1].model_copy(update={"cache": "latent_only"})
    plan = Plan(problem=problem, lanes=tuple(lanes), capture=CapturePlan(layers="none"))
    both = run_plan(plan, tmp_path / "run", POOL)
    slots = [
        ablate(both, lane, "as it was", POOL.get).slots for lane in ("latentmas", "latentmas-2")
    ]
    assert slots[1] == 5 < slots[0]


def test_lanes_without_latents_and_unknown_conditions_are_named(record: Record) -> None:
    with pytest.raises(BadInput, match="hands over no hidden states"):
        ablate(record, "nowhere", "none", POOL.get)
    with pytest.raises(BadInput, match="Unknown ablation"):
        ablate(record, _lane(record), "everything", POOL.get)


@pytest.fixture(scope="module")
def controls(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The real hand-over, and the same with nothing handed over and with another model's cache."""
    real = LatentMASLane(agents=("solver", "judger"), steps=5)
    plan = Plan(
        problem=ProblemSpec(world="ledger", seed=3, depth=2, facts_for="first"),
        lanes=(
            real,
            real.model_copy(update={"hand_over": "nothing"}),
            real.model_copy(update={"sender": "pocket-reseed"}),
        ),
        capture=CapturePlan(layers="none"),
    )
    folder: Path = tmp_path_factory.mktemp("controls") / "run"
    run_plan(plan, folder, POOL)
    return Record.open(folder)


def of(record: Record, kind: type[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in record.events:
        if isinstance(event, kind):
            found.setdefault(event.lane, []).append(event)
    return found


@pytest.mark.parametrize(
    ("lane", "condition"), [("latentmas-2", "none"), ("latentmas-3", "foreign model")]
)
def test_a_control_lane_answers_as_the_ablation_of_the_real_one(
    controls: Record, lane: str, condition: str
) -> None:
    text = {name: events[-1].answer for name, events in of(controls, LaneFinished).items()}
    found = ablate(controls, "latentmas", condition, POOL.get)
    start = text[lane][: len(found.answer)].strip()
    assert start and start == found.answer[: len(text[lane])].strip()


def test_without_a_hand_over_the_thinkers_think_as_ever(controls: Record) -> None:
    tops = {name: [e.top for e in events] for name, events in of(controls, LatentStep).items()}
    assert tops["latentmas-2"] == tops["latentmas"] != tops["latentmas-3"]


def test_what_crosses_is_told_by_its_bytes(controls: Record) -> None:
    crossed = {name: events[-1] for name, events in of(controls, HandOver).items()}
    assert (crossed["latentmas-2"].slots, crossed["latentmas-2"].bytes) == (0, 0)
    assert crossed["latentmas"].bytes == crossed["latentmas-3"].bytes > 0


def test_the_roster_names_the_model_that_thinks(controls: Record) -> None:
    assert lane_hosts(controls.plan.lanes[2]) == ["pocket-reseed", "pocket-base"]
    cards = roster(controls.plan).of("latentmas-3")
    assert [(card.host, card.sees_facts) for card in cards] == [
        ("pocket-reseed", True),
        ("pocket-base", False),
    ]


def test_nothing_is_taken_from_a_control(controls: Record) -> None:
    with pytest.raises(BadInput, match="broken already, as a control"):
        ablate(controls, "latentmas-2", "noise", POOL.get)
