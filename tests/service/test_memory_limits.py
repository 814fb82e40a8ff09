"""A model with running states through whole runs: what works runs, what needs slots is refused with
the reason before anything is written.
"""

from __future__ import annotations

import pytest
import torch
from transformers import Lfm2Config, Lfm2ForCausalLM

from lab.errors import BadInput
from lab.models.host import make_host
from lab.models.pool import HostPool
from lab.plan import Plan
from lab.service.memory_limits import running_state_of
from lab.service.runner import run_plan
from lab.zoo.tokenizer import build_tokenizer

SHORT = {"max_tokens": 6}


@pytest.fixture(scope="module")
def hybrid(tmp_path_factory):
    tokenizer, folder = build_tokenizer(), tmp_path_factory.mktemp("hybrid") / "lfm2"
    torch.manual_seed(0)
    config = Lfm2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        layer_types=["conv", "full_attention", "conv"],
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    Lfm2ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def plan_of(host: str, *lanes: dict) -> Plan:
    own = [{**lane, "host": host, "decoding": SHORT} for lane in lanes]
    problem = {"world": "ledger", "seed": 3, "depth": 1}
    return Plan.model_validate({"name": "test", "problem": problem, "lanes": own})


CHAIN = {"method": "latentmas", "agents": ["planner", "refiner", "judger"], "steps": 3}


def test_text_and_a_sequential_team_run_on_a_hybrid_model(hybrid, tmp_path) -> None:
    team = {"method": "textmas", "agents": ["planner", "judger"]}
    plan = plan_of(hybrid, {"method": "single"}, team, CHAIN)
    record = run_plan(plan, tmp_path / "r", HostPool())
    assert record.meta["status"] == "finished" and len(record.points) > 0


@pytest.mark.parametrize("change", [{"cache": "last_agent"}, {"topology": "hierarchical"}])
def test_what_needs_slots_is_refused_before_anything_is_written(hybrid, tmp_path, change) -> None:
    with pytest.raises(BadInput, match=r"keeps one running state .* conv"):
        run_plan(plan_of(hybrid, {**CHAIN, **change}), tmp_path / "r", HostPool())
    assert not (tmp_path / "r").exists()


def test_the_page_knows_it_from_the_config_alone(hybrid) -> None:
    assert "keeps one running state" in running_state_of(hybrid)
    assert running_state_of("pocket-base") == "" == running_state_of("no/such-model")
    assert make_host("x", Lfm2ForCausalLM.from_pretrained(hybrid)).info()["state_kinds"] == ["conv"]
