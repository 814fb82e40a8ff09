"""How often a lane is right over many other problems, read from the recorded experiments: one run
is one example, and beside it stands the rate.

Only lanes that are set as the experiments were get one; for all others nothing is known here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import assert_never

from lab import stats
from lab.errors import LabError
from lab.files import EXPERIMENTS
from lab.panels.break_it.break_results import spec_of
from lab.panels.run.lanes_value import Rate
from lab.plan import (
    GatedLane,
    HybridLane,
    LanePlan,
    LatentMASLane,
    MoALane,
    Plan,
    ProblemSpec,
    RoutedLane,
    SingleLane,
    TextMASLane,
)
from lab.records.results import ResultTable, read_result
from lab.roster import lane_ids

AGENTS = ("solver", "judger")
"""Sender and receiver of the recorded relays."""
HOST = "pocket-base"
Place = tuple[str, str, str]
"""Experiment, condition and channel."""


def lane_rates(plan: Plan) -> dict[str, Rate]:
    """The rates of a plan's lanes by lane id; lanes without a recorded counterpart are left out.

    Args:
        plan: what was or will be run.
    """
    problem = plan.problem
    if not isinstance(problem, ProblemSpec) or plan.prompts != "pocket":
        return {}
    if problem.world == "almanac":
        condition = _of_almanac if problem.depth in (None, 1) else _unknown
    else:
        condition = _of_relay if problem.facts_for == "first" else _unknown
    found = {}
    for lane_id, lane in zip(lane_ids(plan), plan.lanes, strict=True):
        place = condition(lane)
        rate = _measured(*place) if place else None
        if rate is not None:
            found[lane_id] = rate
    return found


def _unknown(_: LanePlan) -> Place | None:
    return None


def _of_almanac(lane: LanePlan) -> Place | None:
    """The same proposer alone, or the same team, among those of “coverage”; the same joined caches
    among those of “plane”."""
    match lane:
        case HybridLane():
            return _of_plane(lane)
        case RoutedLane():
            return _of_routing(lane)
        case SingleLane() | MoALane():
            return _of_coverage(lane)
        case TextMASLane() | LatentMASLane() | GatedLane():
            return None
        case _:
            assert_never(lane)


def _of_coverage(lane: SingleLane | MoALane) -> Place | None:
    table = _recorded("coverage")
    if table is None:
        return None
    names, aggregator = table.meta["spec"]["proposers"], table.meta["spec"]["aggregator"]
    if isinstance(lane, SingleLane):
        if lane.host in names and not lane.decoding.temperature:
            return "coverage", f"proposer {names.index(lane.host) + 1}: {lane.host}", "text"
    elif lane.layers == 1 and lane.aggregator.host == aggregator:
        greedy = not any(p.decoding.temperature for p in (*lane.proposers, lane.aggregator))
        if greedy and [p.host for p in lane.proposers] == names:
            return "coverage", "aggregate", "text"
    return None


def _of_routing(lane: RoutedLane) -> Place | None:
    """The same team, asked the same way, among those of “routing”."""
    table = _recorded("routing")
    names = {"router": "router", "random": "by lot"}
    if table is None or lane.ask not in names or lane.least or lane.moa.layers != 1:
        return None
    hosts, spec = [p.host for p in lane.moa.proposers], table.meta["spec"]
    greedy = not any(p.decoding.temperature for p in (*lane.moa.proposers, lane.moa.aggregator))
    for spread, team in table.meta["teams"].items():
        if greedy and (hosts, lane.moa.aggregator.host) == (team, spec["aggregator"]):
            return "routing", f"{names[lane.ask]}, k = {lane.k}", spread
    return None


def _of_plane(lane: HybridLane) -> Place | None:
    table = _recorded("plane")
    if table is None or lane.decoding.temperature:
        return None
    spec, size = table.meta["spec"], len(lane.thinkers)
    asked = (list(lane.thinkers), lane.host)
    usual = HybridLane(thinkers=lane.thinkers, host=lane.host, steps=lane.steps)
    same = ("role", "speaker", "layer", "alignment")
    if asked != (spec["proposers"][:size], spec["aggregator"]) or any(
        getattr(lane, name) != getattr(usual, name) for name in same
    ):
        return None
    return "plane", f"almanac: {lane.steps} steps × {size} × 1", "kv"


def _of_relay(lane: LanePlan) -> Place | None:
    """The same hand-over among those of “relay” and “constraints”."""
    match lane:
        case TextMASLane():
            return ("relay", "text", "text") if _plain(lane.host, lane.agents) else None
        case LatentMASLane():
            return _of_thoughts(lane) if _plain(lane.host, lane.agents) else None
        case SingleLane() | MoALane() | GatedLane() | RoutedLane() | HybridLane():
            return None
        case _:
            assert_never(lane)


def _of_thoughts(lane: LatentMASLane) -> Place | None:
    usual = LatentMASLane(agents=lane.agents, host=lane.host, steps=lane.steps)
    same = ("topology", "layer", "alignment", "cache")
    if any(getattr(lane, name) != getattr(usual, name) for name in same):
        return None
    if lane.hand_over == "nothing":
        return "relay", "nothing", "none"
    if not lane.is_control:
        return "relay", f"m = {lane.steps}", "kv"
    name = _stranger(lane.sender)
    return ("constraints", name, "kv") if name and lane.steps >= 36 else None


def _plain(host: str, agents: tuple[str, ...]) -> bool:
    return host == HOST and agents == AGENTS


@lru_cache(maxsize=32)
def _stranger(sender: str) -> str | None:
    """The condition in which this model's cache was handed over unchanged."""
    table = _recorded("constraints")
    if table is None:
        return None
    for (name, channel), spec in spec_of(table).items():
        if (spec["sender"], channel, spec["ops"]) == (sender, "kv", []):
            return name
    return None


@lru_cache(maxsize=64)
def _measured(experiment: str, condition: str, channel: str) -> Rate | None:
    table = _recorded(experiment)
    if table is None:
        return None
    part = table.rows_of(condition, channel)
    if not len(part):
        return None
    rate = stats.rate(part["accuracy"].astype(float))
    return Rate(value=rate.value, low=rate.low, high=rate.high, n=rate.n)


def _recorded(experiment: str) -> ResultTable | None:
    """The shipped result, or None where it is missing or damaged."""
    try:
        return read_result(EXPERIMENTS / experiment)
    except LabError:
        return None
