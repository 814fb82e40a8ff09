"""KV-MoA: proposers, each on a model of its own, think side by side in hidden states, and one
aggregator speaks on their joined caches.

Depth of LatentMAS (arXiv 2511.20639), breadth of Mixture-of-Agents (arXiv 2406.04692): nothing is
written before the answer. The caches are read by the aggregator's model as they are, keys turned to
consecutive positions; that this helps is measured in the experiments `kvmoa` and `plane`, and only
near relatives of the aggregator are understood.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.engine.align import Aligned
from lab.engine.memory import LatentMemory, merge_kv
from lab.engine.rollout import Thinking
from lab.events import Event
from lab.methods.chain import received
from lab.methods.lane import Lane
from lab.methods.lane_context import Context
from lab.methods.lane_speech import speak
from lab.methods.lane_thought import think
from lab.models.hosts import local
from lab.plan import HybridLane
from lab.roster import lane_cards
from lab.words import say


def run(lane_id: str, plan: HybridLane, ctx: Context) -> Iterator[Event]:
    """Every proposer fills a memory of its own; the aggregator speaks on all of them."""
    lane = Lane(lane_id, ctx)
    drawn_as = say("said.methods.hybrid", n=len(plan.thinkers), steps=plan.steps)
    yield lane.started(plan.method, plan.title, plan.host, drawn_as)
    *thinkers, speaker = lane_cards(plan, lane_id, ctx.problem.facts_for)
    receiver = local(ctx.hosts(plan.host))
    handed = []
    for thinker in thinkers:
        memory = LatentMemory(local(ctx.hosts(thinker.host)))
        thinking = Thinking(thinker.steps, plan.layer, Aligned(plan.alignment))
        yield from think(lane, thinker, lane.messages(thinker), memory, thinking)
        yield lane.hand_over_kv(thinker.name, speaker.name, memory)
        handed.append(received(memory, receiver))
    answer = yield from speak(
        lane, speaker, lane.messages(speaker), plan.decoding, merge_kv(handed)
    )
    yield lane.finished(answer)
