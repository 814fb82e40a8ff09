"""A routed run once more, with a choice of people's own beside the router's. No Gradio here."""

from __future__ import annotations

from lab.errors import BadInput
from lab.panels.run.lanes_value import AskAgain
from lab.plan import Plan, RoutedLane
from lab.roster import plan_of_lane
from lab.words import say

MOST = 6
"""Lanes of a plan."""
BY_HAND = "Your choice"
OTHER_K = "Routed MoA, k = {k}"


def asked_again(plan: Plan, wanted: AskAgain) -> Plan:
    """The plan with one more lane: those who were ticked, or the router's choice of another size.
    A lane that was added in this way before makes room for it.

    Args:
        plan: of the record on the page.
        wanted: what was chosen on it.

    Raises:
        BadInput: for another lane, a choice that cannot be made, or no room.
    """
    from lab.methods.routed import require  # loads torch; the page opens without it

    lane = plan_of_lane(plan, wanted.lane)
    if not isinstance(lane, RoutedLane):
        raise BadInput(say("error.routed_again.not_routed"))
    by_hand = bool(wanted.chosen) or not wanted.k
    title = BY_HAND if by_hand else OTHER_K.format(k=wanted.k)
    others = [one for one in plan.lanes if not (isinstance(one, RoutedLane) and _added(one))]
    if len(others) >= MOST:
        raise BadInput(say("error.routed_again.full", most=MOST))
    ask = "chosen" if by_hand else "router"
    added = RoutedLane(
        title=title, moa=lane.moa, ask=ask, chosen=wanted.chosen if by_hand else (), k=1
    )
    if not by_hand:
        # k of a browser's making: checked with the number of proposers, not only with the plan's
        require(added.model_copy(update={"k": wanted.k}))
        added = added.model_copy(update={"k": wanted.k})
    require(added)
    return plan.model_copy(update={"lanes": (*others, added)})


def _added(lane: RoutedLane) -> bool:
    return lane.title == BY_HAND or lane.title == OTHER_K.format(k=lane.k)
