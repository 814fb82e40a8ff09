"""Twins: what must be equal is equal, what must differ differs, and wrong repairs fail."""

import copy

import pytest
import torch

from lab.errors import BadInput, SpaceMismatch
from lab.models import twins
from lab.zoo.networks import build_model
from lab.zoo.recipes import Architecture
from lab.zoo.tokenizer import build_tokenizer

SMALL = Architecture(width=64, layers=3, heads=2, kv_heads=1, head_dim=32, inner=96)
LLAMA = Architecture("llama", 64, 3, 2, 2, 32, 96, tied=False)


@pytest.fixture(scope="module", params=[SMALL, LLAMA], ids=["qwen3-tied", "llama-untied"])
def model(request):
    made = build_model(request.param, build_tokenizer(), seed=3).eval()
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if "norm" in name:
                parameter.uniform_(0.5, 1.5)
            else:
                parameter.mul_(4)
    return made


@pytest.fixture(scope="module")
def ids():
    return torch.randint(4, 480, (2, 17), generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def run(model, ids):
    return model(ids, output_hidden_states=True, use_cache=True)


def test_gauge_twin_equal_in_logits_and_kv_unequal_in_states(model, ids):
    rotation = twins.random_rotation(model.config.hidden_size)
    ours, theirs = run(model, ids), run(twins.gauge_twin(model, rotation), ids)
    torch.testing.assert_close(theirs.logits, ours.logits, atol=2e-4, rtol=1e-4)
    for mine, other in zip(ours.past_key_values.layers, theirs.past_key_values.layers, strict=True):
        torch.testing.assert_close(other.keys, mine.keys, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(other.values, mine.values, atol=1e-4, rtol=1e-4)
    for mine, other in zip(ours.hidden_states[:-1], theirs.hidden_states[:-1], strict=True):
        assert torch.cosine_similarity(mine, other, dim=-1).abs().mean() < 0.3
        torch.testing.assert_close(other @ rotation.float().T, mine, atol=1e-4, rtol=1e-4)
    undone = theirs.hidden_states[-1] @ rotation.float().T * model.model.norm.weight
    torch.testing.assert_close(undone, ours.hidden_states[-1], atol=1e-4, rtol=1e-4)


def test_rotation_without_folding_the_gains_is_another_function(model, ids):
    wrong = copy.deepcopy(model)
    rotation = twins.random_rotation(model.config.hidden_size).float()
    with torch.no_grad():
        for layer in wrong.model.layers:
            for name in (
                "self_attn.q_proj",
                "self_attn.k_proj",
                "self_attn.v_proj",
                "mlp.gate_proj",
                "mlp.up_proj",
            ):
                weight = layer.get_submodule(name).weight
                weight.copy_(weight @ rotation)
            for name in ("self_attn.o_proj", "mlp.down_proj"):
                weight = layer.get_submodule(name).weight
                weight.copy_(rotation.T @ weight)
    assert (run(wrong, ids).logits - run(model, ids).logits).abs().max() > 0.1


def test_gauge_twin_refuses_other_architectures():
    from transformers import GPT2Config, GPT2LMHeadModel

    other = GPT2LMHeadModel(
        GPT2Config(n_embd=32, n_layer=1, n_head=1, vocab_size=50, n_positions=32)
    )
    with pytest.raises(BadInput, match="Llama and Qwen3 kind, got GPT2LMHeadModel"):
        twins.gauge_twin(other, twins.random_rotation(32))


def test_vocab_twin_is_repaired_by_its_permutation_only(model, ids):
    permutation = twins.random_permutation(twins.vocabulary_size(model))
    twin = twins.vocab_twin(model, permutation)
    ours = run(model, ids).logits
    theirs = run(twin, permutation[ids]).logits
    torch.testing.assert_close(theirs[..., permutation], ours, atol=1e-5, rtol=1e-5)
    assert (run(twin, ids).logits - ours).abs().max() > 0.1
    assert (theirs - ours).abs().max() > 0.1


def test_vocab_twin_tokenizer_speaks_the_same_text():
    tokenizer = build_tokenizer()
    permutation = twins.random_permutation(len(tokenizer))
    twin = twins.permute_tokenizer(tokenizer, permutation)
    text = "<user> The red box has 9 coins. héllo 世界<agent>"
    assert twin.encode(text) == permutation[tokenizer.encode(text)].tolist()
    assert twin.decode(twin.encode(text)) == text
    assert twin.eos_token_id == int(permutation[tokenizer.eos_token_id])
    assert twin.decode(tokenizer.encode(text)) != text


def test_vocab_twin_refuses_a_permutation_of_another_size(model):
    with pytest.raises(SpaceMismatch, match="the permutation has 10 ids"):
        twins.vocab_twin(model, torch.arange(10))


def test_rounding_by_hand():
    weight = torch.tensor([[1.27, -0.635, 0.004]])
    torch.testing.assert_close(
        twins.round_to(weight, 8), torch.tensor([[1.27, -0.64, 0.0]]), atol=1e-6, rtol=0
    )
    torch.testing.assert_close(
        twins.round_to(torch.tensor([[7.0, -3.4, 0.6]]), 4),
        torch.tensor([[7.0, -3.0, 1.0]]),
        atol=1e-6,
        rtol=0,
    )
    with pytest.raises(BadInput, match="expected 4 or 8 bits, got 3"):
        twins.round_to(weight, 3)


def test_int4_is_further_away_than_int8(model, ids):
    ours = run(model, ids).logits
    eight, four = (
        (run(twins.quantised_twin(model, bits), ids).logits - ours).abs().mean().item()
        for bits in (8, 4)
    )
    assert 0 < eight < four


def test_interpolation_is_exact_at_both_ends_and_linear_between(model, ids):
    other = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(
                torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)) * 0.1
            )
    assert torch.equal(
        run(twins.interpolate(model, other, 0.0), ids).logits, run(model, ids).logits
    )
    assert torch.equal(
        run(twins.interpolate(model, other, 1.0), ids).logits, run(other, ids).logits
    )
    half = twins.interpolate(model, other, 0.5).get_input_embeddings().weight
    mean = (model.get_input_embeddings().weight + other.get_input_embeddings().weight) / 2
    torch.testing.assert_close(half, mean)


def test_interpolation_refuses_other_shapes(model):
    other = build_model(
        Architecture(width=64, layers=2, heads=2, kv_heads=1, inner=96), build_tokenizer(), seed=1
    )
    with pytest.raises(SpaceMismatch, match="two models of one shape"):
        twins.interpolate(model, other, 0.5)
    with pytest.raises(BadInput, match=r"between 0 and 1, got 1\.5"):
        twins.interpolate(model, model, 1.5)


def test_unknown_twin_is_named(model):
    with pytest.raises(
        BadInput, match="Unknown twin 'mirror': expected one of gauge, vocab, int8, int4"
    ):
        twins.make_twin("mirror", model, None)
