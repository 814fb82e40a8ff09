"""One wiring for the live lane, the ablations and the ability table: memories made by hand are the
oracle."""

from __future__ import annotations

import pytest
import torch

from lab.engine.memory import LatentMemory, merge_kv
from lab.engine.rollout import generate_latent
from lab.events import AgentStarted, HandOver, PromptRead
from lab.methods import Context, run_lane
from lab.methods.chain import Chain, Thinker, Wiring, think_through
from lab.plan import Decoding, LatentMASLane

SHORT = Decoding(max_tokens=4)
TOPOLOGIES = ("sequential", "hierarchical", "compat")


def by_hand(host, prompts, plan) -> LatentMemory:
    """The hand-over as it was built in two places before there was one builder."""
    fan_in = plan.topology == "hierarchical"
    memories: list[LatentMemory] = []
    for prompt in prompts:
        if fan_in or not memories:
            memories.append(LatentMemory(host))
        generate_latent(host, [prompt], plan.steps, memory=memories[-1], agents=str(len(memories)))
        memories[-1].crop(plan.cache)
    if plan.topology == "compat" and plan.steps == 0:
        return LatentMemory(host)
    return merge_kv(memories) if fan_in else memories[0]


def same(one: LatentMemory, other: LatentMemory) -> bool:
    """Equal slots, positions, keys and values."""
    if one.kv_len != other.kv_len or one.next_positions != other.next_positions:
        return False
    pairs = zip(one.cache.pairs(), other.cache.pairs(), strict=True)
    return torch.equal(one.positions, other.positions) and all(
        torch.equal(a, b) for x, y in pairs for a, b in zip(x, y, strict=True)
    )


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("steps", [0, 3])
def test_batched_and_live_hand_over_the_same_slots(context, pool, topology, steps) -> None:
    plan = LatentMASLane(
        steps=steps, topology=topology, agents=("solver", "refiner", "judger"), decoding=SHORT
    )
    ctx, host = context(), pool.get("pocket-base")
    events = list(run_lane("L", plan, ctx))
    *prompts, _ = [list(e.ids) for e in events if isinstance(e, PromptRead)]
    thinkers = [Thinker(str(i), [ids], steps) for i, ids in enumerate(prompts)]
    batched = think_through(host, thinkers, Wiring.of(plan))
    assert same(batched, by_hand(host, prompts, plan))
    handed = [e for e in events if isinstance(e, AgentStarted)][-1].memory
    assert sum(s.length for s in handed if s.kept) == batched.kv_len
    other = "sequential" if topology == "hierarchical" else "hierarchical"
    wrong = think_through(host, thinkers, Wiring(other, plan.cache, steps))
    assert not same(wrong, batched)


def test_only_the_official_code_without_steps_drops_the_cache() -> None:
    assert [Wiring("compat", steps=0).drops_cache(i, 4) for i in range(3)] == [False, False, True]
    assert not any(Wiring("compat", steps=1).drops_cache(i, 4) for i in range(3))


def test_every_question_has_its_own_memory(pool) -> None:
    """Two questions side by side give what each gives alone."""
    host = pool.get("pocket-base")
    rows = [[5, 6, 7], [8, 9]]
    both = think_through(host, [Thinker("a", rows, 2)] * 2, Wiring("hierarchical"), rows=2)
    for row, prompt in enumerate(rows):
        alone = think_through(host, [Thinker("a", [prompt], 2)] * 2, Wiring("hierarchical"))
        assert both.row_len(row) == alone.kv_len == 2 * (len(prompt) + 2)
        assert both.next_positions[row] == alone.next_positions[0]


def test_without_thinkers_the_memory_is_empty(pool) -> None:
    assert Chain(pool.get("pocket-base"), Wiring(), 1, rows=3).joined().rows == 3


def test_hand_overs_name_the_receiver(context) -> None:
    plan = LatentMASLane(steps=1, agents=("planner", "refiner", "judger"), decoding=SHORT)
    assert ways(plan, context()) == [("planner", "refiner"), ("refiner", "judger")]
    fan_in = plan.model_copy(update={"topology": "hierarchical"})
    assert ways(fan_in, context()) == [("planner", "judger"), ("refiner", "judger")]


def ways(plan: LatentMASLane, ctx: Context) -> list[tuple[str, str]]:
    return [(e.source, e.target) for e in run_lane("L", plan, ctx) if isinstance(e, HandOver)]


@pytest.mark.parametrize("cache", ["keep_all", "last_agent", "latent_only"])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_every_number_of_steps_at_once_is_each_of_them_alone(pool, topology, cache) -> None:
    host, counts = pool.get("pocket-base"), (0, 1, 4)
    questions = [list(range(5, 12)), list(range(9, 13))]

    def thinkers(steps: int) -> list[Thinker]:
        asked = [[ids[: 3 + i] + ids for ids in questions] for i in range(2)]
        return [Thinker(str(i), prompts, steps) for i, prompts in enumerate(asked)]

    def answers(memory: LatentMemory) -> torch.Tensor:
        generate_latent(host, [[7, 8, 9]] * memory.rows, 0, memory=memory, agents="last")
        return host.logits(memory.require_last())

    wiring = Wiring(topology, cache, max(counts))
    at_once = think_through(host, thinkers(4), wiring, rows=2, counts=counts)
    assert [at_once.row_len(row) for row in range(3)] == sorted(map(at_once.row_len, range(3)))
    said = answers(at_once).view(2, 3, -1)
    for place, steps in enumerate(counts):
        alone = think_through(host, thinkers(steps), Wiring(topology, cache, steps), rows=2)
        expected = answers(alone)
        torch.testing.assert_close(said[:, place], expected, rtol=1e-3, atol=1e-4)
        if steps != 4:
            assert not torch.allclose(said[:, 2], expected, rtol=1e-3, atol=1e-4)
