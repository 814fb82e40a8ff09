"""The fast forward pass against transformers' own, and that it steps aside where it does not
apply.
"""

from __future__ import annotations

import copy

import pytest
import torch

from lab.engine.decode import generate_text
from lab.engine.fast import fast_backbone
from lab.engine.memory import LatentMemory
from lab.engine.rollout import generate_latent
from lab.models.host import make_host
from lab.plan import Decoding
from tests.engine.tiny_models import prompts_of, tiny


def both_ways(kind: str, run):
    """The result of the fast way and of transformers' way."""
    host = tiny(kind)
    assert fast_backbone(host) is not None
    fast = run(host)
    host.fast = False
    try:
        return fast, run(host)
    finally:
        host.fast = True


@pytest.mark.parametrize("kind", ["qwen3", "llama"])
def test_states_keys_and_words_are_the_same(kind: str) -> None:
    def run(host):
        memory = LatentMemory(host, 3)
        ids = torch.tensor(prompts_of([12, 12, 12]))
        first = memory.write("a", "prompt", host.embed(ids), [12, 5, 9], want_states=True)
        second = memory.write("a", "token", host.embed(ids[:, :1]), [1, 0, 1], want_states=True)
        third = memory.write("a", "prompt", host.embed(ids[:, :4]), [4, 4, 1], want_states=True)
        real = memory.mask
        states = [torch.stack(b.states) for b in (first, second, third)]
        joined = torch.cat(states, 2)[:, real]
        keys = torch.stack([k.transpose(1, 2)[real] for k, _ in memory.cache.pairs()])
        return (
            joined,
            keys,
            generate_text(host, prompts_of([7, 15]), decodings=Decoding(max_tokens=20)).ids,
        )

    (states, keys, words), (their_states, their_keys, their_words) = both_ways(kind, run)
    torch.testing.assert_close(states, their_states, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(keys, their_keys, atol=1e-4, rtol=1e-4)
    assert words == their_words


def test_other_architectures_and_eager_attention_go_through_transformers() -> None:
    assert fast_backbone(tiny("gemma3")) is None and fast_backbone(tiny("gpt2")) is None
    assert fast_backbone(tiny("qwen3", attention="eager")) is None


def test_a_changed_weight_is_noticed() -> None:
    host = tiny("qwen3", seed=3)
    prompt = prompts_of([9])
    before = generate_latent(host, prompt, 2).hidden
    with torch.no_grad():
        host.layers[1].self_attn.k_proj.weight.mul_(-1)
    after = generate_latent(host, prompt, 2).hidden
    host.fast = False
    plain = generate_latent(host, prompt, 2).hidden
    assert not torch.allclose(before, after, atol=1e-3)
    torch.testing.assert_close(after, plain, atol=1e-4, rtol=1e-4)


def test_hooks_are_not_passed_by() -> None:
    host = tiny("llama", seed=4)
    prompt = prompts_of([9])
    before = generate_latent(host, prompt, 1).hidden
    handle = host.layers[1].register_forward_pre_hook(lambda _, args: (args[0] * 0, *args[1:]))
    changed = generate_latent(host, prompt, 1).hidden
    handle.remove()
    assert not torch.allclose(before, changed, atol=1e-3)
    assert torch.equal(before, generate_latent(host, prompt, 1).hidden)


def test_bfloat16_is_nearer_to_float32_than_transformers_own() -> None:
    """The sum over the layers is kept in float32, so that small parts are not rounded away."""
    exact = tiny("llama", seed=5)
    ids = torch.tensor(prompts_of([40]))
    want = exact.backbone(ids, use_cache=False).last_hidden_state
    half = make_host("half", copy.deepcopy(exact.model).bfloat16(), digest="half")
    fast = fast_backbone(half)
    assert fast is not None
    block = LatentMemory(half).write("a", "prompt", half.embed(ids), want_states=True)
    assert block.last.dtype == torch.bfloat16 and len(block.states) == half.n_layers + 1
    theirs = half.backbone(ids, use_cache=False).last_hidden_state
    assert (block.last.float() - want).norm() < (theirs.float() - want).norm()


def test_a_large_models_modules_become_parts_of_what_is_read(monkeypatch) -> None:
    """Nothing stands in memory twice, and what is written to a module is seen."""
    host = make_host("shared", copy.deepcopy(tiny("qwen3", seed=6).model), digest="shared")
    prompt = prompts_of([9])
    copied = generate_latent(tiny("qwen3", seed=6), prompt, 2).hidden
    monkeypatch.setattr("lab.engine.fast.MOST_COPIED", 0)
    torch.testing.assert_close(generate_latent(host, prompt, 2).hidden, copied)
    layer = fast_backbone(host).layers[1]
    weight = host.layers[1].self_attn.k_proj.weight
    assert weight.untyped_storage().data_ptr() == layer.qkv.untyped_storage().data_ptr()
    with torch.no_grad():
        weight.mul_(-1)
    after = generate_latent(host, prompt, 2).hidden
    assert not torch.allclose(after, copied, atol=1e-3)
    host.fast = False
    plain = generate_latent(host, prompt, 2).hidden
    torch.testing.assert_close(after, plain, atol=1e-4, rtol=1e-4)
