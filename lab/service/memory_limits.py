"""What a plan asks of a model's memory that this model cannot do: said before anything runs, and,
for models on this machine, before anything is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, assert_never

from lab.errors import BadInput
from lab.models.remote import RemoteHost
from lab.plan import (
    GatedLane,
    HybridLane,
    LanePlan,
    LatentMASLane,
    MoALane,
    Plan,
    RoutedLane,
    SingleLane,
    TextMASLane,
)
from lab.words import say

if TYPE_CHECKING:
    from lab.models.hosts import AnyHosts


def check_memory(plan: Plan, hosts: AnyHosts) -> None:
    """Refuse lanes that crop, join or move what their model keeps in no slots.

    Args:
        plan: what will be run.
        hosts: its models, loaded.

    Raises:
        BadInput: the lane, and the reason in the model's own words.
    """
    from lab.engine.memory_verbs import limits

    for lane in plan.lanes:
        for name, ability in asked_of_memory(lane):
            host = hosts(name)
            if isinstance(host, RemoteHost):
                continue
            if reason := limits(host).get(ability):
                raise BadInput(say("error.memory_limits.lane", title=lane.title, reason=reason))


def asked_of_memory(lane: LanePlan) -> Iterator[tuple[str, str]]:
    """Which host must be able to do what with a memory, see `lab.engine.memory_verbs`."""
    match lane:
        case LatentMASLane():
            if lane.cache != "keep_all":
                yield lane.host, "crop"
            if lane.topology == "hierarchical":
                yield lane.host, "merge"
            if lane.sender not in ("", lane.host):
                yield lane.host, "crop"
        case HybridLane():
            for name in (*lane.thinkers, lane.host):
                yield name, "merge"
        case SingleLane() | TextMASLane() | MoALane() | GatedLane() | RoutedLane():
            return  # their agents hand over words
        case _:
            assert_never(lane)


def running_state_of(name: str) -> str:
    """Why this model's memory has no slots, from its config alone; empty where it has them, or
    where the model is not on this machine."""
    from lab.models.config_ahead import states_ahead

    model_type, kinds = states_ahead(name)
    if not kinds:
        return ""
    return say(
        "error.memory_verbs.running_state", name=name, model_type=model_type, kinds=", ".join(kinds)
    )
