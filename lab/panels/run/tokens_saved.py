"""What a routed lane spent beside the lane of the same run that asks all of its proposers."""

from __future__ import annotations

from collections.abc import Mapping

from lab.panels.run.routing_value import Saved
from lab.panels.run.so_far import LaneSoFar
from lab.plan import LanePlan, MoALane, RoutedLane
from lab.words import known


def with_saved(lanes: Mapping[str, LaneSoFar], plans: Mapping[str, LanePlan]) -> None:
    """Put beside each routed lane what the lane that asks all of its proposers spent.

    Args:
        lanes: by lane id; changed in place.
        plans: of the lanes, as far as they are known.
    """
    for lane_id, lane in lanes.items():
        plan, end = plans.get(lane_id), lane.finished
        if lane.routing is None or end is None or not isinstance(plan, RoutedLane):
            continue
        for other_id, other in lanes.items():
            whole = plans.get(other_id)
            if isinstance(whole, MoALane) and _same(whole, plan.moa) and other.finished:
                saved = Saved(
                    tokens=end.tokens_read + end.tokens_written,
                    all=other.finished.tokens_read + other.finished.tokens_written,
                    title=known(other.started.title),
                )
                if lane.routing.saved != saved:
                    lane.routing = lane.routing.model_copy(update={"saved": saved})
                    lane.drawn = None


def _same(whole: MoALane, part: MoALane) -> bool:
    return whole.model_copy(update={"title": part.title}) == part
