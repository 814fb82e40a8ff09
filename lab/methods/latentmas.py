"""LatentMAS: all agents but the last think in hidden states; what they hand over is the KV cache.

Source: arXiv 2511.20639. Sequential: one cache that every agent reads and writes on. Hierarchical:
separate caches, concatenated with their keys rotated to consecutive positions, for the last agent
(a true fan-in). Compat: what the official code runs as “hierarchical”, the sequential chain with
the other prompts and with two quirks of its own: with m = 0 the last agent gets no cache, and
``latent_only`` keeps the last thinker's latents alone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from lab.engine.memory import LatentMemory, merge_kv
from lab.errors import BadInput
from lab.events import Event
from lab.methods.context import Context
from lab.methods.lane import Agent, Lane, Said, numbered
from lab.plan import LatentMASLane

DRAWN_AS = {
    "sequential": "A chain on one cache: every agent reads the slots of all before it and writes "
    "its own after them.",
    "hierarchical": "A true fan-in: thinkers fill separate caches, which are joined, their keys "
    "rotated to consecutive "
    "positions, for the last agent.",
    "compat": "The official code's “hierarchical” setting: really the sequential chain, with other "
    "prompts; with m = 0 "
    "it drops the cache.",
}


def run(lane_id: str, plan: LatentMASLane, ctx: Context) -> Iterator[Event]:
    """Thinkers fill the memory, the last agent speaks on top of it."""
    if len(plan.agents) < 2:
        raise BadInput(
            f"{plan.title}: expected at least 2 agents (thinkers and one that speaks), got "
            f"{len(plan.agents)}; add one."
        )
    lane = Lane(lane_id, ctx)
    yield lane.started(plan.method, plan.title, plan.host, DRAWN_AS[plan.topology])
    names = numbered(plan.agents)
    fan_in = plan.topology == "hierarchical"
    stages = [0] * (len(names) - 1) + [1] if fan_in else list(range(len(names)))
    agents = [
        Agent(name, role, plan.host, stage, tuple(names[:i]) if stage else ())
        for i, (name, role, stage) in enumerate(zip(names, plan.agents, stages, strict=True))
    ]
    answer = yield from (_fan_in(lane, plan, agents) if fan_in else _chain(lane, plan, agents))
    yield lane.finished(answer)


def _chain(lane: Lane, plan: LatentMASLane, agents: list[Agent]) -> Generator[Event, None, Said]:
    """planner → critic → refiner → judger on one cache."""
    memory = LatentMemory(lane.ctx.hosts(plan.host))
    *thinkers, speaker = agents
    for i, (thinker, following) in enumerate(zip(thinkers, agents[1:], strict=True)):
        messages = lane.messages(thinker, sees_facts=i == 0)
        yield from lane.think(thinker, messages, memory, plan.steps, plan.layer, plan.alignment)
        _apply(plan, memory)
        if plan.topology == "compat" and plan.steps == 0 and following is speaker:
            memory = LatentMemory(memory.host)
            yield lane.note("As the official code does with m = 0, the last agent gets no cache.")
        else:
            yield lane.hand_over_kv(thinker.name, following.name, memory)
    messages = lane.messages(speaker, sees_facts=False)
    return (yield from lane.speak(speaker, messages, plan.decoding, memory))


def _fan_in(lane: Lane, plan: LatentMASLane, agents: list[Agent]) -> Generator[Event, None, Said]:
    """Solvers side by side, each with a cache of its own, then the judger on all caches joined."""
    *thinkers, speaker = agents
    memories = []
    for thinker in thinkers:
        memory = LatentMemory(lane.ctx.hosts(plan.host))
        messages = lane.messages(thinker, sees_facts=True)
        yield from lane.think(thinker, messages, memory, plan.steps, plan.layer, plan.alignment)
        _apply(plan, memory)
        yield lane.hand_over_kv(thinker.name, speaker.name, memory)
        memories.append(memory)
    joined = merge_kv(memories)
    messages = lane.messages(speaker, sees_facts=False)
    return (yield from lane.speak(speaker, messages, plan.decoding, joined))


def _apply(plan: LatentMASLane, memory: LatentMemory) -> None:
    """Crop the cache by the plan's policy after an agent is done; positions are carried."""
    if plan.topology == "compat" and plan.cache == "latent_only":
        memory.crop("last_agent")
    memory.crop(plan.cache)
