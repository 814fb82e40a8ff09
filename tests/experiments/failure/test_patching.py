"""A thought given back to its own agent at its own place changes nothing; elsewhere it is a number
that is not its own, and controls are measured beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import BadInput, SpaceMismatch
from lab.experiments.failure.ablate import ablate
from lab.experiments.failure.patching import Patched, ThoughtAt, give_thought
from lab.plan import CapturePlan, Decoding, LatentMASLane, Plan, ProblemSpec, SingleLane
from lab.records import Record
from lab.service.runner import run_plan
from tests.experiments.tiny_worlds import TinyPool, tiny

TEAM = ("solver", "judger")
POOL = TinyPool(pocket_base=tiny(0), pocket_reseed=tiny(1), pocket_wide=tiny(2, 48))
"""One reads vectors of another width."""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    words = Decoding(max_tokens=6)
    lanes = (
        LatentMASLane(agents=TEAM, steps=5, decoding=words),
        LatentMASLane(agents=TEAM, steps=5, hand_over="nothing", decoding=words),
        LatentMASLane(agents=TEAM, steps=3, host="pocket-reseed", decoding=words),
        SingleLane(host="pocket-wide", decoding=words),
        LatentMASLane(agents=TEAM, steps=5, alignment="softmax", layer=2, decoding=words),
    )
    plan = Plan(
        problem=ProblemSpec(world="ledger", seed=3, depth=2, facts_for="first"),
        lanes=lanes,
        capture=CapturePlan(layers="none"),
    )
    folder: Path = tmp_path_factory.mktemp("patching") / "run"
    run_plan(plan, folder, POOL)
    return Record.open(folder)


def give(record: Record, lane: str, step: int, to: str, agent: str) -> Patched:
    return give_thought(record, ThoughtAt(lane, "solver", step), to, agent, POOL.get)


def nll(patched: Patched) -> dict[str, float]:
    return {one.given: one.nll for one in patched.answers}


@pytest.mark.parametrize("lane", ["latentmas", "latentmas-3", "latentmas-4"])
@pytest.mark.parametrize("step", [1, 3])
def test_a_thought_given_back_at_its_own_place_changes_nothing(
    record: Record, lane: str, step: int
) -> None:
    patched = give(record, lane, step, lane, "solver")
    found = nll(patched)
    assert patched.own_step == step and patched.same_space and patched.agrees
    assert found["thought"] == pytest.approx(found["nothing"], abs=1e-6)
    assert found["random"] != pytest.approx(found["nothing"], abs=1e-4)
    if step > 1:
        assert found["thoughts"] == pytest.approx(found["nothing"], abs=1e-6)
        assert found["randoms"] != pytest.approx(found["random"], abs=1e-4)


def test_without_a_thought_both_kinds_of_agents_are_as_in_the_run(record: Record) -> None:
    """The lane's own ablation, which goes another way, says the same number."""
    run = ablate(record, "latentmas", "as it was", POOL.get)
    for agent in TEAM:
        patched = give(record, "latentmas-3", 2, "latentmas", agent)
        nothing = patched.answers[0]
        assert nothing.given == "nothing"
        assert nothing.nll == pytest.approx(run.nll, abs=1e-5)
        assert nothing.answer[:12] == run.answer[:12]
        assert patched.target == run.target


def test_one_that_speaks_finds_the_thought_before_its_prompt(record: Record) -> None:
    """It knew nothing: all five thoughts, and not one, are what it would have been handed as
    vectors; the first alone has no others before it."""
    first = give(record, "latentmas", 1, "latentmas-2", "judger")
    assert [one.given for one in first.answers] == ["nothing", "thought", "random"]
    assert first.own_step == 0
    fifth = nll(give(record, "latentmas", 5, "latentmas-2", "judger"))
    assert len({round(value, 5) for value in fifth.values()}) == 5
    assert fifth["nothing"] == pytest.approx(nll(first)["nothing"], abs=1e-6)


def test_another_models_thought_is_said_to_be_one_and_another_width_is_refused(
    record: Record,
) -> None:
    assert not give(record, "latentmas", 2, "latentmas-3", "judger").same_space
    late = give(record, "latentmas", 5, "latentmas-3", "solver")
    assert late.own_step == 3, "it thinks three: the last gives way"
    with pytest.raises(SpaceMismatch, match="48"):
        give(record, "latentmas", 2, "single", "solo")


def test_what_is_not_in_the_record_is_said(record: Record) -> None:
    for lane, step, to, agent in (
        ("latentmas", 6, "latentmas-2", "judger"),
        ("single", 1, "latentmas", "judger"),
        ("nowhere", 1, "latentmas", "judger"),
        ("latentmas", 1, "nowhere", "judger"),
        ("latentmas", 1, "latentmas", "nobody"),
    ):
        with pytest.raises(BadInput):
            give(record, lane, step, to, agent)
