"""Latent rollout against a plain loop; alignments against their definitions."""

from __future__ import annotations

import pytest
import torch
from transformers import DynamicCache

from lab.engine.align import Aligned, align_latent_to_embed, own_alignment, ridge_map
from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory
from lab.engine.rollout import LatentStepOut, Thinking, generate_latent, stream_latent
from lab.errors import BadInput
from lab.models.host import make_host
from lab.models.twins import make_twin
from lab.plan import Decoding
from tests.engine.tiny_models import KINDS, prompts_of, tiny


def plain_loop(host, prompt: list[int], steps: int, layer: int = -1):
    """The method in ten lines: last hidden state, rescaled, is the next input embedding."""
    cache = DynamicCache(config=host.config) if host.state_kinds else DynamicCache()
    fed, before = [], []
    inputs = host.model.get_input_embeddings()(torch.tensor([prompt]))
    words = host.model.get_input_embeddings()(torch.arange(host.vocab_size))
    for i in range(steps + 1):
        seen = cache.get_seq_length()
        positions = torch.arange(seen, seen + inputs.shape[1])[None]
        out = host.model(
            inputs_embeds=inputs,
            past_key_values=cache,
            position_ids=positions,
            output_hidden_states=True,
        )
        h = out.hidden_states[layer][:, -1]
        inputs = (h / h.norm() * words.norm(dim=-1).mean())[:, None]
        if i < steps:
            before.append(h[0])
            fed.append(inputs[0, 0])
    return torch.stack(before), torch.stack(fed), cache


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layer", [-1, 2])
def test_latents_equal_the_plain_loop(kind: str, layer: int) -> None:
    host = tiny(kind)
    prompt = prompts_of([11])[0]
    before, fed, cache = plain_loop(host, prompt, 5, layer)
    result = generate_latent(host, [prompt], Thinking(5, layer, Aligned("identity")))
    torch.testing.assert_close(result.hidden[0], before, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(result.fed[0], fed, atol=1e-4, rtol=1e-4)
    assert result.memory.kv_len == len(prompt) + 5
    for (keys, values), theirs in zip(result.memory.cache.pairs(), cache.layers, strict=True):
        torch.testing.assert_close(keys, theirs.keys, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(values, theirs.values, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alignment", ["identity", "ridge", "softmax"])
def test_latent_batch_equals_one_by_one(kind: str, alignment: str) -> None:
    host = tiny(kind)
    prompts = prompts_of([4, 13, 9])
    batch = generate_latent(host, prompts, Thinking(4, feed=Aligned(alignment)))
    for row, prompt in enumerate(prompts):
        alone = generate_latent(host, [prompt], Thinking(4, feed=Aligned(alignment)))
        torch.testing.assert_close(batch.fed[row], alone.fed[0], atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_no_steps_keep_all_equals_one_context(kind: str) -> None:
    """m = 0: three agents' prompts in one cache are one context that holds all three."""
    host = tiny(kind)
    first, second, third = prompts_of([9, 5, 7])
    memory = LatentMemory(host)
    generate_latent(host, [first], 0, memory=memory, agents="planner")
    generate_latent(host, [second], 0, memory=memory, agents="refiner")
    chained = generate_text(host, [third], memory, Decoding(max_tokens=12), "judger")
    whole = generate_text(host, [first + second + third], decodings=Decoding(max_tokens=12))
    assert chained.ids == whole.ids
    assert chained.logprobs[0] == pytest.approx(whole.logprobs[0], abs=1e-4)


def test_stream_tells_what_generate_feeds() -> None:
    host = tiny("llama")
    prompts = prompts_of([6, 10])
    whole = generate_latent(host, prompts, 3)
    steps = [
        s
        for s in stream_latent(host, prompts, 3, agents=["a", "b"])
        if isinstance(s, LatentStepOut)
    ]
    assert [(s.step, s.row) for s in steps] == [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)]
    for s in steps:
        h = whole.hidden[s.row, s.step - 1]
        probs = torch.softmax(host.model.lm_head(h), -1)
        assert s.top[0][0] == int(probs.argmax()) and s.top[0][2] == pytest.approx(
            float(probs.max()), abs=1e-4
        )
        assert s.norm == pytest.approx(float(h.norm()), rel=1e-4)
        assert s.fed_norm == pytest.approx(host.embed_norm, rel=1e-4)


def test_first_step_stands_for_the_greedy_word() -> None:
    host = tiny("qwen3")
    prompt = prompts_of([8])[0]
    word = generate_text(host, [prompt], decodings=Decoding(max_tokens=1)).ids[0][0]
    step = next(s for s in stream_latent(host, [prompt], 1) if isinstance(s, LatentStepOut))
    assert step.top[0][0] == word


def test_ridge_is_identity_when_tied_and_solves_the_normal_equations_when_not() -> None:
    tied, untied = tiny("qwen3"), tiny("llama")
    assert tied.tied and not untied.tied
    torch.testing.assert_close(ridge_map(tied), torch.eye(32), atol=1e-4, rtol=0)
    w_out, w_in = untied.output_head.weight.double(), untied.input_embeddings.weight.double()
    w_a = ridge_map(untied).double()
    left = (w_out.T @ w_out + 1e-5 * torch.eye(32)) @ w_a
    torch.testing.assert_close(left, w_out.T @ w_in, atol=1e-4, rtol=1e-4)
    assert float((w_a - torch.eye(32)).norm()) > 1.0
    backwards = torch.linalg.lstsq(
        w_in, w_out
    ).solution  # from input to output: the wrong way round
    assert float((w_out @ w_a - w_in).norm()) < float((w_out @ backwards - w_in).norm()) - 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_alignments_have_the_embedding_norm_only_if_rescaled(kind: str) -> None:
    host = tiny(kind)
    h = torch.randn(5, 32, generator=torch.Generator().manual_seed(0)) * 7
    for method in ("identity", "ridge", "softmax"):
        norms = align_latent_to_embed(h, host, method).norm(dim=-1)
        torch.testing.assert_close(norms, torch.full((5,), host.embed_norm), rtol=1e-4, atol=1e-4)
        bare = align_latent_to_embed(h, host, method, rescale=False).norm(dim=-1)
        assert not torch.allclose(bare, norms, rtol=1e-2)


def test_softmax_alignment_of_a_certain_word_is_its_embedding() -> None:
    host = tiny("llama")
    word = 41
    h = host.output_head.weight[word] * 1000
    e = align_latent_to_embed(h, host, "softmax", rescale=False)
    torch.testing.assert_close(e, host.embedding_matrix[word], atol=1e-4, rtol=1e-4)


def test_ranges_are_told() -> None:
    host = tiny("qwen3")
    prompt = prompts_of([4])
    with pytest.raises(BadInput, match="Layer 4: expected -4 to 3"):
        generate_latent(host, prompt, Thinking(1, layer=4))
    with pytest.raises(BadInput, match="expected 0 to 200, got 201"):
        generate_latent(host, prompt, 201)
    with pytest.raises(BadInput, match="Alignment 'magic'"):
        Thinking(1, feed=Aligned("magic"))


def test_auto_is_identity_for_tied_and_ridge_for_untied_embeddings() -> None:
    hosts = [tiny(kind) for kind in KINDS]
    assert {host.tied for host in hosts} == {True, False}
    for host in hosts:
        h = torch.randn(2, 3, host.d_model, generator=torch.Generator().manual_seed(0))
        auto = align_latent_to_embed(h, host, "auto")
        same, other = ("identity", "ridge") if host.tied else ("ridge", "identity")
        assert torch.equal(auto, align_latent_to_embed(h, host, same))
        assert host.tied or not torch.allclose(
            auto, align_latent_to_embed(h, host, other), atol=1e-3
        )


def test_a_gauge_twin_feeds_what_its_original_feeds_turned() -> None:
    host = tiny("qwen3")
    model, tokenizer, facts = make_twin("gauge", host.model, host.tokenizer)
    twin = make_host("twin", model, tokenizer, digest="twin", twin=facts)
    assert not twin.tied and own_alignment(twin) == "gauge"
    turn, prompt = facts.rotation.float(), prompts_of([7])
    ours, theirs = generate_latent(host, prompt, 4), generate_latent(twin, prompt, 4)
    torch.testing.assert_close(theirs.fed, ours.fed @ turn, atol=1e-4, rtol=1e-4)
    for way in ("identity", "ridge"):
        wrong = generate_latent(twin, prompt, Thinking(4, feed=Aligned(way))).fed
        assert not torch.allclose(wrong, ours.fed @ turn, atol=1e-2)
    with pytest.raises(BadInput, match="is no gauge twin"):
        align_latent_to_embed(torch.zeros(1, host.d_model), host, "gauge")
