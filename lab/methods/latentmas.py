"""LatentMAS: all agents but the last think in hidden states; what they hand over is the KV cache.

Source: arXiv 2511.20639. Sequential: one cache that every agent reads and writes on. Hierarchical:
separate caches, concatenated with their keys rotated to consecutive positions, for the last agent
(a true fan-in). Compat: what the official code runs as “hierarchical”, the sequential chain with
the other prompts and with three quirks of its own: with m = 0 the last agent gets no cache,
``latent_only`` keeps the last thinker's latents alone, and after ``latent_only`` or ``last_agent``
the next agent starts at the short length although the keys that stay are rotated by their old
positions. The lab's own policies carry positions.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.engine.align import Aligned
from lab.engine.memory import LatentMemory
from lab.engine.rollout import Thinking
from lab.errors import BadInput
from lab.events import Event
from lab.methods.chain import Chain, Wiring, received
from lab.methods.lane import Lane
from lab.methods.lane_context import Context
from lab.methods.lane_speech import speak
from lab.methods.lane_thought import think
from lab.models.hosts import local
from lab.plan import LatentMASLane
from lab.roster import lane_cards
from lab.words import say


def drawn_as(plan: LatentMASLane) -> str:
    """What the lane really computes, in a sentence or two; for ``compat`` with what the official
    code's cache option does, beside the lab's own."""
    if plan.hand_over == "nothing":
        return say("said.methods.hand_over_nothing")
    if plan.is_control:
        return say("said.methods.hand_over_foreign", sender=plan.sender, receiver=plan.host)
    if plan.topology == "compat" and plan.cache in ("last_agent", "latent_only"):
        return say(f"said.methods.compat_{plan.cache}")
    return say(f"said.methods.{plan.topology}")


def run(lane_id: str, plan: LatentMASLane, ctx: Context) -> Iterator[Event]:
    """Thinkers fill the memory, the last agent speaks on top of it."""
    if len(plan.agents) < 2:
        raise BadInput(say("said.methods.too_few_agents", title=plan.title, n=len(plan.agents)))
    lane = Lane(lane_id, ctx)
    yield lane.started(plan.method, plan.title, plan.host, drawn_as(plan))
    agents = lane_cards(plan, lane_id, ctx.problem.facts_for)
    *thinkers, speaker = agents
    receiver, nothing = local(ctx.hosts(plan.host)), plan.hand_over == "nothing"
    chain = Chain(local(ctx.hosts(plan.sender or plan.host)), Wiring.of(plan), len(agents))
    for thinker in thinkers:
        messages = lane.messages(thinker)
        memory = chain.open()
        thinking = Thinking(thinker.steps, plan.layer, Aligned(plan.alignment))
        yield from think(lane, thinker, messages, memory, thinking)
        handed = chain.close()
        if handed is None:
            yield lane.note(say("said.methods.no_cache"))
        else:
            reader = next(card for card in agents if thinker.name in card.reads)
            if reader is speaker and nothing:
                handed = LatentMemory(receiver)
            yield lane.hand_over_kv(thinker.name, reader.name, handed)
    messages = lane.messages(speaker)
    memory = LatentMemory(receiver) if nothing else received(chain.joined(), receiver)
    answer = yield from speak(lane, speaker, messages, plan.decoding, memory)
    yield lane.finished(answer)
