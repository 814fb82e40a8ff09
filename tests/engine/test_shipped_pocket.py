"""The shipped pocket model: the engine says what transformers says, and its latents carry the
answer.
"""

from __future__ import annotations

import pytest
import torch

from lab.engine.decode import generate_text
from lab.engine.rollout import generate_latent
from lab.models.host import Host
from lab.models.pool import HostPool
from lab.plan import Decoding, PlanProblem
from lab.worlds import judge_asked, make_problems
from lab.worlds.prompts import load_prompts

N = 24


@pytest.fixture(scope="module")
def host() -> Host:
    return HostPool().get("pocket-base")


def asked(host: Host, role: str, facts_too: bool) -> list[list[int]]:
    prompts = load_prompts("pocket")
    problems = make_problems("ledger", N, seed=100)
    return [
        host.render(
            prompts.messages(role, p.question, p.facts if facts_too else ""), **prompts.template
        )
        for p in problems
    ]


def right(texts: list[str]) -> float:
    problems = make_problems("ledger", N, seed=100)
    plain = [
        PlanProblem(question=p.question, facts=p.facts, truth=p.truth, world="ledger")
        for p in problems
    ]
    return sum(bool(judge_asked(p, text)[1]) for p, text in zip(plain, texts, strict=True)) / N


def test_greedy_equals_generate(host: Host) -> None:
    prompts = asked(host, "solo", True)
    ours = generate_text(host, prompts, decodings=Decoding(max_tokens=48))
    for prompt, words in zip(prompts[:8], ours.ids, strict=False):
        ids = torch.tensor([prompt])
        out = host.model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=48
        )
        assert out[0, len(prompt) :].tolist() == words


def test_relay_crosses_by_latents_and_not_without_them(host: Host) -> None:
    """The receiver never sees the facts: right answers must have come through the memory."""
    thought = generate_latent(host, asked(host, "solver", True), 40)
    receivers = asked(host, "judger", False)
    told = right(generate_text(host, receivers, thought.memory, Decoding(max_tokens=8)).texts)
    untold = right(generate_text(host, receivers, decodings=Decoding(max_tokens=8)).texts)
    assert told > 0.7 and untold < 0.4
