"""Every m at once gives what each m gives alone, and what is kept is found by whoever asks the
same."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import BadInput, ModelUnavailable
from lab.events import LaneFinished
from lab.experiments.failure.every_m import joined, rates_from, sweep_answers, sweep_rates
from lab.plan import CapturePlan, LatentMASLane, Plan, ProblemSpec, TextMASLane
from lab.records import Record
from lab.records.step_sweeps import (
    AnswerSweep,
    ProblemAsked,
    RateSweep,
    find_sweep,
    keep_sweep,
    problem_asked,
    rate_asked,
    team_of,
    thinking_lane,
)
from lab.service.runner import resolve_problem, run_plan
from tests.experiments.tiny_worlds import TinyPool, tiny

AGENTS = ("solver", "refiner", "judger")


def plan_with(steps: int) -> Plan:
    lanes = (LatentMASLane(agents=AGENTS, steps=steps), TextMASLane(agents=AGENTS))
    problem = ProblemSpec(world="ledger", seed=3, depth=2, facts_for="first")
    return Plan(problem=problem, lanes=lanes, capture=CapturePlan(layers="none"))


def asked() -> ProblemAsked:
    plan = plan_with(5)
    return problem_asked(team_of(plan, "latentmas", tiny(0).digest), resolve_problem(plan.problem))


@pytest.fixture(scope="module")
def sweep() -> AnswerSweep:
    return sweep_answers(asked(), TinyPool().get, most=5)


@pytest.mark.parametrize("steps", [0, 2, 5])
def test_an_answer_is_that_of_a_run_with_so_many_steps(
    sweep: AnswerSweep, steps: int, tmp_path: Path
) -> None:
    run_plan(plan_with(steps), tmp_path / "run", TinyPool())
    record = Record.open(tmp_path / "run")
    ends = {e.lane: e for e in record.events if isinstance(e, LaneFinished)}
    handed = [e for e in record.events if e.type == "hand_over" and e.lane == "latentmas"]
    reply = sweep.at[steps]
    assert ends["latentmas"].answer.startswith(reply.answer[:12])
    assert (reply.slots, reply.bytes) == (handed[-1].slots, handed[-1].bytes)
    assert ends["textmas"].answer == sweep.text.answer
    others = [other.slots for m, other in enumerate(sweep.at) if m != steps]
    assert reply.slots not in others and sweep.nothing.slots == 0


def test_parts_of_a_rate_are_the_whole() -> None:
    team = asked().team
    whole = rate_asked(team, plan_with(5), 3)
    total = sweep_rates(whole, TinyPool().get, most=2)
    two, one = (whole.model_copy(update={"n": n}) for n in (2, 1))
    parts = [rates_from(two, TinyPool().get, 0, 2), rates_from(one, TinyPool().get, 2, 2)]
    assert joined(joined(None, parts[0]), parts[1]) == total
    assert total.asked.n == 3 and len(total.at) == 3


def test_a_kept_sweep_is_found_by_what_was_asked_alone(sweep: AnswerSweep, tmp_path: Path) -> None:
    keep_sweep(sweep, tmp_path)
    assert find_sweep(AnswerSweep, sweep.asked, [tmp_path / "none", tmp_path]) == sweep
    other = sweep.asked.model_copy(update={"facts": sweep.asked.facts + "."})
    assert find_sweep(AnswerSweep, other, [tmp_path]) is None
    assert find_sweep(RateSweep, rate_asked(sweep.asked.team, plan_with(5), 9), [tmp_path]) is None


def test_another_model_or_lane_is_refused() -> None:
    wrong = asked().team.model_copy(update={"digest": "0" * 64})
    with pytest.raises(ModelUnavailable, match="is not the model of this record"):
        sweep_answers(asked().model_copy(update={"team": wrong}), TinyPool().get, most=1)
    with pytest.raises(BadInput, match="expected a LatentMAS lane"):
        team_of(plan_with(5), "textmas", "x")


def test_controls_are_not_dialled() -> None:
    plan = plan_with(5)
    real = LatentMASLane(agents=AGENTS)
    broken = real.model_copy(update={"hand_over": "nothing"})
    assert thinking_lane(plan.model_copy(update={"lanes": (broken, real)})) == ("latentmas-2", real)
    assert thinking_lane(plan.model_copy(update={"lanes": (broken,)})) is None
