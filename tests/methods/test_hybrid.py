"""KV-MoA: one thinker is LatentMAS, several are joined in their order, and a foreign shape is
refused.
"""

from __future__ import annotations

import pytest

from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory, merge_kv
from lab.engine.rollout import generate_latent
from lab.events import HandOver, LaneFinished, LatentStep, PromptRead, TokenOut
from lab.methods import run_lane
from lab.plan import Decoding, HybridLane, LatentMASLane

SHORT = Decoding(max_tokens=6)
BASE = "pocket-base"


def of(events, kind):
    return [e for e in events if isinstance(e, kind)]


def test_one_thinker_on_the_speaker_s_model_is_a_relay_of_latentmas(context) -> None:
    hybrid = list(run_lane("L", HybridLane(thinkers=(BASE,), steps=3, decoding=SHORT), context()))
    relay = LatentMASLane(agents=("solver", "judger"), steps=3, decoding=SHORT)
    latent = list(run_lane("L", relay, context()))
    for kind, value in (
        (TokenOut, lambda e: (e.token_id, e.logprob)),
        (LatentStep, lambda e: (e.norm, e.top)),
        (HandOver, lambda e: (e.slots, e.bytes)),
    ):
        assert [value(e) for e in of(hybrid, kind)] == [value(e) for e in of(latent, kind)]


def test_several_are_joined_as_the_engine_joins_them_and_count_every_step(context, pool) -> None:
    plan = HybridLane(thinkers=(BASE, BASE), steps=2, decoding=SHORT)
    events = list(run_lane("L", plan, context()))
    host = pool.get(BASE)
    *prompts, last = [list(e.ids) for e in of(events, PromptRead)]
    assert prompts[0] == prompts[1]
    memories = []
    for prompt in prompts:
        memory = LatentMemory(host)
        generate_latent(host, [prompt], 2, memory=memory)
        memories.append(memory)
    spoken = generate_text(host, [last], merge_kv(memories), SHORT)
    assert [e.token_id for e in of(events, TokenOut)] == spoken.ids[0]
    assert [(e.source, e.target, e.channel) for e in of(events, HandOver)] == [
        ("solver 1", "judger", "kv"),
        ("solver 2", "judger", "kv"),
    ]
    assert of(events, LaneFinished)[0].latent_steps == 4


@pytest.mark.parametrize("count", [0, 13])
def test_nobody_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="thinkers"):
        HybridLane(thinkers=(BASE,) * count)
