"""One agent, one prompt, one answer: what every collaboration is measured against."""

from __future__ import annotations

from collections.abc import Iterator

from lab.events import Event
from lab.methods.lane import Lane
from lab.methods.lane_context import Context
from lab.methods.lane_speech import speak
from lab.plan import SingleLane
from lab.roster import lane_cards
from lab.words import say


def run(lane_id: str, plan: SingleLane, ctx: Context) -> Iterator[Event]:
    """Read facts and question, then speak."""
    lane = Lane(lane_id, ctx)
    yield lane.started(plan.method, plan.title, plan.host, say("said.methods.single"))
    (solo,) = lane_cards(plan, lane_id, ctx.problem.facts_for)
    messages = lane.messages(solo)
    answer = yield from speak(lane, solo, messages, plan.decoding)
    yield lane.finished(answer)
