"""Going back to a moment: the memory is the one that was, speaking from it changes nothing, and
attention adds up.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.engine.attention import attention_mass
from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory
from lab.errors import BadInput, ModelUnavailable
from lab.events import LatentStep, PromptRead, TokenOut
from lab.methods.replay import ask_latent, lane_plan, reader_attention, replay
from lab.models.pool import HostPool
from lab.plan import Decoding, LatentMASLane, MoALane, Plan, ProblemSpec, Proposer
from lab.records import Record
from lab.service.runner import run_plan
from tests.engine.tiny_models import KINDS, prompts_of, tiny

SHORT = Decoding(max_tokens=5)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory, pockets: Path, pool: HostPool) -> Record:
    lanes = (
        LatentMASLane(steps=4, decoding=SHORT),
        MoALane(
            proposers=(Proposer(decoding=SHORT),) * 2,
            aggregator=Proposer(role="aggregator", decoding=SHORT),
        ),
    )
    plan = Plan(problem=ProblemSpec(world="ledger", seed=3), lanes=lanes, seed=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(pockets))
        return run_plan(plan, tmp_path_factory.mktemp("run"), pool)


def test_replayed_latents_are_the_recorded_ones(record: Record, pool: HostPool) -> None:
    there = replay(record, "latentmas", "planner", pool.get, "latent", 2)
    steps = [e for e in record.events if isinstance(e, LatentStep) and e.agent == "planner"]
    assert there.agrees and there.memory.kv_len == steps[1].kv_len
    assert there.memory.strip()[-1].kind == "latent" and there.memory.strip()[-1].length == 2
    end = replay(record, "latentmas", "refiner", pool.get)
    assert [s.agent for s in end.memory.strip()] == ["planner", "planner", "refiner", "refiner"]


def test_going_on_from_before_the_first_word_says_the_recorded_words(
    record: Record, pool: HostPool
) -> None:
    out, _ = ask_latent(record, "latentmas", "judger", pool.get, "prompt", decoding=SHORT)
    recorded = [
        e.token_id for e in record.events if isinstance(e, TokenOut) and e.agent == "judger"
    ]
    assert out.ids[0] == recorded


def test_a_question_is_put_to_the_thought(record: Record, pool: HostPool) -> None:
    first, there = ask_latent(
        record, "latentmas", "planner", pool.get, "latent", 1, "How many?", SHORT
    )
    again, _ = ask_latent(record, "latentmas", "planner", pool.get, "latent", 1, "How many?", SHORT)
    assert first.ids == again.ids and there.memory.strip()[-1].agent == "asked"
    batched = replay(record, "moa", "proposer 2", pool.get, "prompt")
    assert batched.memory.rows == 1 and batched.agrees


def test_attention_of_the_reader_sums_to_one_and_names_the_writers(
    record: Record, pool: HostPool
) -> None:
    mass = reader_attention(record, "latentmas", "judger", pool.get)
    read = next(e for e in record.events if isinstance(e, PromptRead) and e.agent == "judger")
    assert mass.weights.shape[:3] == (2, 2, len(read.ids))
    np.testing.assert_allclose(mass.weights.sum(-1), 1.0, atol=1e-5)
    shares = mass.by_writer()
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-5)
    assert set(shares) == {(a, k) for a in ("planner", "refiner") for k in ("prompt", "latent")} | {
        ("judger", "prompt")
    }


@pytest.mark.parametrize("kind", KINDS)
def test_attention_follows_from_queries_and_keys(kind: str) -> None:
    """Only earlier slots are looked at, the host is as before, and the words do not change."""
    host, (first, second) = tiny(kind), prompts_of([9, 4])
    memory = LatentMemory(host)
    generate_text(host, [first], memory, Decoding(max_tokens=3))
    before = memory.kv_len
    mass = attention_mass(host, memory, second)
    assert mass.weights[:, :, 0, before + 1 :].max() == 0.0 and memory.kv_len == before
    assert host.config._attn_implementation == "sdpa"
    assert mass.by_segment().shape[-1] == len(mass.segments)


def test_what_is_not_there_is_told(record: Record, pool: HostPool) -> None:
    with pytest.raises(BadInput, match="no lane 'nowhere'"):
        lane_plan(record, "nowhere")
    with pytest.raises(BadInput, match="has 4 latent events, none with number 9"):
        replay(record, "latentmas", "planner", pool.get, "latent", 9)
    with pytest.raises(BadInput, match="expected a question"):
        ask_latent(record, "latentmas", "planner", pool.get, "start")
    with pytest.raises(ModelUnavailable, match="not the model of this record"):
        replay(record, "latentmas", "planner", lambda _: _renamed(pool), "start")


def _renamed(pool: HostPool):
    host = pool.get("pocket-other")
    host.name = "pocket-base"
    pool.drop("pocket-other")
    return host
