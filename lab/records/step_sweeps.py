"""What a LatentMAS team says when every thinker takes m latent steps, for all m at once: the
answer to one problem, and how many of some problems are right.

Greedy answers of known weights never change, so a sweep is kept under what was asked and found
again by any run that asks the same. It knows neither models nor pictures.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from lab.errors import BadInput
from lab.files import ASSETS
from lab.plan import LatentMASLane, Plan, PlanProblem, ProblemSpec, Strict
from lab.records.schema import write_json
from lab.roster import lane_ids, plan_of_lane
from lab.words import say

MOST = 40
"""Sweeps go from m = 0 to this."""
SHIPPED = ASSETS / "sweeps"
TEAM = ("host", "agents", "topology", "layer", "alignment", "cache")
"""Settings of a LatentMAS lane that its answers depend on, beside m."""


class ThinkingTeam(Strict):
    """Who works: everything that an answer depends on but m and the problem."""

    digest: str
    """Of the model's weights."""
    host: str
    agents: tuple[str, ...]
    topology: str
    layer: int
    alignment: str
    cache: str
    prompts: str
    facts_for: str


class ProblemAsked(Strict):
    """Ask for the answer to one problem."""

    team: ThinkingTeam
    facts: str
    question: str
    truth: str | None


class RateAsked(Strict):
    """Ask how many of ``n`` problems of a kind are right."""

    team: ThinkingTeam
    world: str
    depth: int | None
    distractors: int | None
    n: int


SweepAsked = ProblemAsked | RateAsked


class SweepReply(Strict):
    """What a team said to the problem."""

    answer: str
    value: str
    """The answer's checkable part."""
    correct: bool | None
    """None where the truth is unknown."""
    slots: int = 0
    """KV slots that were handed to the last agent."""
    bytes: int = 0


class AnswerSweep(Strict):
    """The answers to one problem."""

    asked: ProblemAsked
    at: tuple[SweepReply, ...]
    """By m, from 0."""
    nothing: SweepReply
    """The last agent alone."""
    text: SweepReply
    """The same agents handing over words."""


class RateSweep(Strict):
    """Right answers among ``asked.n`` problems."""

    asked: RateAsked
    at: tuple[int, ...]
    """By m, from 0."""
    nothing: int
    text: int


S = TypeVar("S", AnswerSweep, RateSweep)


def thinking_lane(plan: Plan) -> tuple[str, LatentMASLane] | None:
    """The first lane of a plan that hands over what its agents think and is no control, by its id
    and its settings, if any."""
    for lane, how in zip(lane_ids(plan), plan.lanes, strict=True):
        if isinstance(how, LatentMASLane) and len(how.agents) > 1 and not how.is_control:
            return lane, how
    return None


def team_of(plan: Plan, lane: str, digest: str) -> ThinkingTeam:
    """The team of a lane.

    Args:
        plan: what was, or will be, run.
        lane: id of a lane that thinks in latents, see `thinking_lane`.
        digest: of its model's weights.

    Raises:
        BadInput: for another lane.
    """
    how = plan_of_lane(plan, lane)
    if not isinstance(how, LatentMASLane):
        raise BadInput(say("error.step_sweeps.lane_takes_no_latent", lane=lane))
    return ThinkingTeam(
        digest=digest,
        prompts=plan.prompts,
        facts_for=plan.problem.facts_for,
        **how.model_dump(include=set(TEAM)),
    )


def problem_asked(team: ThinkingTeam, problem: PlanProblem) -> ProblemAsked:
    """A problem, put to a team."""
    return ProblemAsked(
        team=team, facts=problem.facts, question=problem.question, truth=problem.truth
    )


def rate_asked(team: ThinkingTeam, plan: Plan, n: int) -> RateAsked:
    """Problems of the same kind as a plan's; of all depths of the ledger where its problem is of
    no world."""
    problem = plan.problem
    return RateAsked(
        team=team,
        world=problem.world or "ledger",
        depth=problem.depth,
        distractors=problem.distractors if isinstance(problem, ProblemSpec) else None,
        n=n,
    )


def find_sweep(kind: type[S], asked: SweepAsked, folders: Sequence[Path]) -> S | None:
    """The sweep that was kept for what is asked, in the first folder that has it; a rate
    whatever its n.

    Args:
        kind: `AnswerSweep` or `RateSweep`.
        folders: where to look.
    """
    for folder in folders:
        try:
            return kind.model_validate_json((folder / _name(asked)).read_text(encoding="utf-8"))
        except (OSError, ValidationError):
            continue
    return None


def keep_sweep(sweep: AnswerSweep | RateSweep, folder: Path) -> Path:
    """Write a sweep where `find_sweep` finds it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _name(sweep.asked)
    write_json(path, sweep.model_dump(mode="json"))
    return path


def _name(asked: SweepAsked) -> str:
    data: dict[str, Any] = asked.model_dump(mode="json", exclude={"n"})
    text = json.dumps(data, sort_keys=True, ensure_ascii=False)
    what = "answers" if isinstance(asked, ProblemAsked) else "rates"
    return f"{what}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
