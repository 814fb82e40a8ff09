"""LatentMAS: what is handed over, what the policies keep, and that the topologies are what they
say.
"""

from __future__ import annotations

import pytest
import torch

from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory
from lab.engine.rollout import generate_latent
from lab.errors import BadInput
from lab.events import (
    AgentFinished,
    AgentStarted,
    HandOver,
    LaneFinished,
    LatentStep,
    Note,
    PromptRead,
    TokenOut,
)
from lab.methods import run_lane
from lab.plan import Decoding, LatentMASLane

SHORT = Decoding(max_tokens=6)


def of(events, kind):
    return [e for e in events if isinstance(e, kind)]


def test_no_steps_and_keep_all_is_one_context_with_all_prompts(context, pool) -> None:
    """m = 0: the judger's words are those of one context that reads the same prompts."""
    events = list(run_lane("L", LatentMASLane(steps=0, decoding=SHORT), context()))
    ids = [i for e in of(events, PromptRead) for i in e.ids]
    plain = generate_text(pool.get("pocket-base"), [ids], decodings=SHORT)
    assert [e.token_id for e in of(events, TokenOut)] == plain.ids[0]
    assert of(events, LaneFinished)[0].latent_steps == 0


def test_chain_equals_the_engine_called_by_hand(context, pool) -> None:
    lane = LatentMASLane(steps=3, agents=("solver", "judger"), decoding=SHORT)
    events = list(run_lane("L", lane, context()))
    first, second = (list(e.ids) for e in of(events, PromptRead))
    host = pool.get("pocket-base")
    memory = LatentMemory(host)
    thought = generate_latent(host, [first], 3, memory=memory)
    spoken = generate_text(host, [second], memory, SHORT)
    steps = of(events, LatentStep)
    assert [e.token_id for e in of(events, TokenOut)] == spoken.ids[0]
    assert [s.norm for s in steps] == pytest.approx(
        thought.hidden[0].norm(dim=-1).tolist(), rel=1e-4
    )
    assert [s.fed_norm for s in steps] == pytest.approx([host.embed_norm] * 3, rel=1e-4)


def test_hand_over_counts_and_measures_the_cache(context) -> None:
    events = list(run_lane("L", LatentMASLane(steps=4, decoding=SHORT), context()))
    prompts = [len(e.ids) for e in of(events, PromptRead)]
    slots = [e.slots for e in of(events, HandOver)]
    assert slots == [prompts[0] + 4, prompts[0] + prompts[1] + 8]
    per_slot = of(events, HandOver)[0].bytes / slots[0]
    assert of(events, HandOver)[1].bytes == per_slot * slots[1]
    judger = of(events, AgentStarted)[2]
    assert [(s.agent, s.kind, s.length) for s in judger.memory] == [
        ("planner", "prompt", prompts[0]),
        ("planner", "latent", 4),
        ("refiner", "prompt", prompts[1]),
        ("refiner", "latent", 4),
    ]
    total = of(events, LaneFinished)[0]
    assert (total.tokens_read, total.latent_steps) == (sum(prompts), 8)
    assert total.tokens_written == len(of(events, TokenOut))


@pytest.mark.parametrize(
    ("policy", "expected"), [("last_agent", {"refiner"}), ("latent_only", {"planner", "refiner"})]
)
def test_policies_keep_what_they_say(context, policy: str, expected: set[str]) -> None:
    events = list(run_lane("L", LatentMASLane(steps=4, cache=policy, decoding=SHORT), context()))
    judger = of(events, AgentStarted)[2]
    kept = [s for s in judger.memory if s.kept]
    assert {s.agent for s in kept} == expected
    assert {s.kind for s in kept} == (
        {"latent"} if policy == "latent_only" else {"prompt", "latent"}
    )
    assert sum(s.length for s in kept) == of(events, HandOver)[1].slots
    assert any(not s.kept for s in judger.memory)


def test_fan_in_thinkers_do_not_see_each_other(context) -> None:
    lane = LatentMASLane(
        steps=3, agents=("solver", "solver", "judger"), topology="hierarchical", decoding=SHORT
    )
    events = list(run_lane("L", lane, context()))
    one, two, judger = of(events, AgentStarted)
    assert (one.agent, two.agent) == ("solver 1", "solver 2")
    assert one.memory == two.memory == () and (one.stage, two.stage, judger.stage) == (0, 0, 1)
    assert [s.agent for s in judger.memory] == ["solver 1", "solver 1", "solver 2", "solver 2"]
    assert [e.target for e in of(events, HandOver)] == ["judger", "judger"]
    entropies = [e.entropy for e in of(events, LatentStep)]
    assert entropies[:3] == pytest.approx(entropies[3:], rel=1e-4)  # same prompt, same thoughts
    chain = list(run_lane("L", lane.model_copy(update={"topology": "compat"}), context()))
    assert [e.entropy for e in of(chain, LatentStep)][3:] != pytest.approx(entropies[3:], rel=1e-2)
    assert of(chain, AgentStarted)[1].memory != ()


def test_compat_drops_the_cache_without_steps(context) -> None:
    lane = LatentMASLane(steps=0, topology="compat", decoding=SHORT)
    events = list(run_lane("L", lane, context()))
    assert of(events, AgentStarted)[2].memory == () and "official code" in of(events, Note)[0].text


def test_relay_hides_the_facts_from_later_agents(context) -> None:
    events = list(run_lane("L", LatentMASLane(steps=2, decoding=SHORT), context(facts_for="first")))
    fact = context().problem.facts.split(".")[0]
    assert [fact in e.text for e in of(events, PromptRead)] == [True, False, False]


@pytest.mark.parametrize(
    "changes", [{"layer": 2}, {"alignment": "softmax"}, {"alignment": "ridge"}]
)
def test_every_setting_runs(context, changes: dict[str, object]) -> None:
    lane = LatentMASLane(steps=2, decoding=SHORT).model_copy(update=changes)
    assert of(list(run_lane("L", lane, context())), LaneFinished)


def test_stopping_takes_effect_within_a_step_and_keeps_what_was_captured(context) -> None:
    ctx = context()
    lane = run_lane("L", LatentMASLane(steps=30, decoding=SHORT), ctx)
    seen = []
    for event in lane:
        seen.append(event)
        if isinstance(event, LatentStep) and event.step == 5:
            break
    lane.close()
    assert len(of(seen, LatentStep)) == 5 and not of(seen, AgentFinished)
    assert sum(b.n for b in ctx.capture.drain() if b.kind == "latent") == 5


def test_layers_and_agents_out_of_range_are_told(context) -> None:
    with pytest.raises(BadInput, match="Layer 99"):
        list(run_lane("L", LatentMASLane(layer=99), context()))
    with pytest.raises(BadInput, match="at least 2 agents"):
        list(run_lane("L", LatentMASLane(agents=("judger",)), context()))
    with pytest.raises(BadInput, match="no role 'poet'"):
        list(run_lane("L", LatentMASLane(agents=("poet", "judger")), context()))


def test_same_plan_same_events(context) -> None:
    lane = LatentMASLane(steps=3, decoding=SHORT)
    runs = [
        [e for e in run_lane("L", lane, context()) if isinstance(e, (LatentStep, TokenOut))]
        for _ in range(2)
    ]
    strip = [
        [(e.agent, e.step, getattr(e, "top", None), getattr(e, "token", None)) for e in run]
        for run in runs
    ]
    assert strip[0] == strip[1]
    assert torch.is_grad_enabled()
