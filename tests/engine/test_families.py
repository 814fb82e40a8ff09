"""Every family of models by its true architecture, tiny and random, saved and loaded: the engine's
identities hold for all, and what a family cannot do is said with the reason.
"""

from __future__ import annotations

import copy
import functools
import tempfile

import pytest
import torch
import transformers
from transformers import AutoModelForCausalLM, PretrainedConfig

from lab.engine.align import Aligned
from lab.engine.attention import attention_mass
from lab.engine.decode import generate_text
from lab.engine.memory import LatentMemory, merge_kv
from lab.engine.readout import logprobs_at
from lab.engine.rollout import Thinking, generate_latent
from lab.engine.rotary import require_rotary
from lab.errors import BadInput, ModelUnavailable
from lab.models.host import Host, make_host
from lab.plan import Decoding
from tests.engine.test_decode import by_transformers
from tests.engine.test_rollout import plain_loop
from tests.engine.tiny_models import SHARED, VOCAB, prompts_of

GREEDY = Decoding(max_tokens=20)
TWO_HEADS = {"num_key_value_heads": 2}
SMALL_HEADS = {**TWO_HEADS, "head_dim": 8}
MIXED = {"num_local_experts": 4, "num_experts_per_tok": 2}
EXPERTS = {
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
    "shared_expert_intermediate_size": 16,
}
DELTA = {
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}
MAMBA = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 8, "mamba_n_groups": 1}
BETWEEN = {"layer_types": ["linear_attention", "full_attention", "linear_attention"]}
OLD = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
MOVABLE: dict[str, tuple[str, dict[str, object]]] = {
    "llama": ("LlamaConfig", {**SHARED, **TWO_HEADS}),
    "qwen2": ("Qwen2Config", {**SHARED, **TWO_HEADS}),
    "qwen3": ("Qwen3Config", {**SHARED, **SMALL_HEADS, "tie_word_embeddings": True}),
    "gemma2": ("Gemma2Config", {**SHARED, **SMALL_HEADS, "sliding_window": 12}),
    "gemma3": (
        "Gemma3TextConfig",
        {**SHARED, **SMALL_HEADS, "sliding_window": 12, "sliding_window_pattern": 3},
    ),
    "smollm2": ("LlamaConfig", {**SHARED, **TWO_HEADS, "tie_word_embeddings": True}),
    "smollm3": ("SmolLM3Config", {**SHARED, **TWO_HEADS}),
    "phi": ("PhiConfig", SHARED),
    "phi3": ("Phi3Config", {**SHARED, **TWO_HEADS}),
    "mistral": ("MistralConfig", {**SHARED, **TWO_HEADS, "sliding_window": 12}),
    "olmo2": ("Olmo2Config", {**SHARED, **TWO_HEADS}),
    "granite": ("GraniteConfig", {**SHARED, **TWO_HEADS}),
    "gpt-neox": ("GPTNeoXConfig", SHARED),
    "falcon": ("FalconConfig", {**OLD, "alibi": False}),
    "mixtral": ("MixtralConfig", {**SHARED, **TWO_HEADS, **MIXED}),
    "qwen3-moe": (
        "Qwen3MoeConfig",
        {**SHARED, **SMALL_HEADS, "num_experts": 4, "num_experts_per_tok": 2},
    ),
    "qwen2-moe": ("Qwen2MoeConfig", {**SHARED, **TWO_HEADS, **EXPERTS}),
    "olmo3": ("Olmo3Config", {**SHARED, **TWO_HEADS, "sliding_window": 12}),
    "stablelm": ("StableLmConfig", {**SHARED, **TWO_HEADS}),
    "starcoder2": ("Starcoder2Config", {**SHARED, **TWO_HEADS}),
    "gpt-oss": ("GptOssConfig", {**SHARED, **SMALL_HEADS, **MIXED, "sliding_window": 12}),
}
"""Rotary families whose keys can be moved: class of the config and its values."""
FIXED: dict[str, tuple[str, dict[str, object]]] = {
    "gpt2": ("GPT2Config", {"vocab_size": VOCAB, "n_embd": 32, "n_layer": 3, "n_head": 4}),
    "cohere": ("CohereConfig", {**SHARED, **TWO_HEADS}),
}
"""Families whose keys stay where they were written, and why: see the test."""
HYBRID: dict[str, tuple[str, dict[str, object]]] = {
    "qwen3-next": ("Qwen3NextConfig", {**SHARED, **SMALL_HEADS, **EXPERTS, **DELTA, **BETWEEN}),
    "qwen3.5": ("Qwen3_5TextConfig", {**SHARED, **SMALL_HEADS, **DELTA, **BETWEEN}),
    "granite-hybrid": (
        "GraniteMoeHybridConfig",
        {
            **{**SHARED, **TWO_HEADS, **MAMBA, **BETWEEN},
            "mamba_chunk_size": 8,
            "num_local_experts": 0,
            "shared_intermediate_size": 32,
        },
    ),
    "jamba": (
        "JambaConfig",
        {
            **{**SHARED, **TWO_HEADS, "mamba_d_state": 8, "mamba_dt_rank": 4},
            **{"attn_layer_period": 2, "attn_layer_offset": 1, "num_experts": 2},
            **{"num_experts_per_tok": 1, "expert_layer_period": 2, "expert_layer_offset": 1},
        },
    ),
    "lfm2": (
        "Lfm2Config",
        {**SHARED, **TWO_HEADS, "layer_types": ["conv", "full_attention", "conv"]},
    ),
    "falcon-h1": (
        "FalconH1Config",
        {**SHARED, **SMALL_HEADS, **MAMBA, "mamba_d_ssm": 64, "mamba_chunk_size": 8},
    ),
    "nemotron-h": (
        "NemotronHConfig",
        {
            **{**SHARED, **SMALL_HEADS, "layers_block_type": ["mamba", "attention", "mlp"]},
            **{"mamba_num_heads": 4, "mamba_head_dim": 16, "ssm_state_size": 8},
            **{"n_groups": 1, "chunk_size": 8},
        },
    ),
}
"""Families that keep a running state in some layers: no slots to crop, merge or move there."""
REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "falcon with ALiBi": ("FalconConfig", {**OLD, "alibi": True}, "ALiBi"),
    "bloom": ("BloomConfig", {**OLD, "n_layer": 3, "n_head": 4}, "ALiBi"),
    "llama4": (
        "Llama4TextConfig",
        {**SHARED, **SMALL_HEADS, "num_local_experts": 4, "attention_chunk_size": 12},
        "3 of its 3 layers are of the kind chunked_attention",
    ),
    "minimax": (
        "MiniMaxConfig",
        {**SHARED, **SMALL_HEADS, **MIXED, "block_size": 8},
        "does not go on from its running state",
    ),
    "mamba": (
        "MambaConfig",
        {"vocab_size": VOCAB, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 8},
        "recurrent",
    ),
}
PLAIN = [*MOVABLE, *FIXED]
FAMILIES = [*PLAIN, *HYBRID]


def config_of(family: str) -> PretrainedConfig:
    name, values = {**MOVABLE, **FIXED, **HYBRID}.get(family) or REFUSED[family][:2]
    config: PretrainedConfig = getattr(transformers, name)(**values)
    config.bos_token_id, config.eos_token_id, config.pad_token_id = 1, 2, 0
    return config


@functools.cache
def loaded(family: str) -> Host:
    """A random model of the family, written to a folder and read back."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config_of(family)).float()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.6 if "embed" in name or "wte" in name else 0.25)
            elif name.endswith("weight"):
                parameter.uniform_(0.4, 1.4)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        again = AutoModelForCausalLM.from_pretrained(folder).float().eval()
    return make_host(f"tiny-{family}", again, digest=f"tiny-{family}")


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_text_is_that_of_generate(family: str) -> None:
    host = loaded(family)
    for prompt in prompts_of([5, 17, 30]):
        own = generate_text(host, [prompt], decodings=GREEDY).ids[0]
        assert own == by_transformers(host, prompt, GREEDY.max_tokens)


@pytest.mark.parametrize(("family", "movable"), [("llama", True), ("cohere", False)])
def test_whether_keys_can_be_moved_does_not_depend_on_the_dtype(family: str, movable: bool) -> None:
    rough = make_host(f"rough-{family}", copy.deepcopy(loaded(family).model).bfloat16())
    if movable:
        require_rotary(rough)
        return
    with pytest.raises(BadInput, match="rotates its keys"):
        require_rotary(rough)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_is_its_rows_one_by_one(family: str) -> None:
    host, prompts = loaded(family), prompts_of([3, 21, 9, 14])
    batch = generate_text(host, prompts, decodings=GREEDY)
    for row, prompt in enumerate(prompts):
        assert batch.ids[row] == generate_text(host, [prompt], decodings=GREEDY).ids[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_latent_steps_are_those_of_the_plain_loop(family: str) -> None:
    host, prompt = loaded(family), prompts_of([11])[0]
    before, fed, _ = plain_loop(host, prompt, 5)
    result = generate_latent(host, [prompt], Thinking(5, -1, Aligned("identity")))
    near = (
        2e-3 if family in HYBRID else 2e-4
    )  # a state read in chunks rounds otherwise than in steps
    torch.testing.assert_close(result.hidden[0], before, atol=near, rtol=near)
    torch.testing.assert_close(result.fed[0], fed, atol=near, rtol=near)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_lens_at_the_last_layer_is_the_model(family: str) -> None:
    host = loaded(family)
    out = host.model(torch.tensor(prompts_of([10])), output_hidden_states=True)
    own = torch.log_softmax(out.logits[0], -1)
    last = logprobs_at(host, out.hidden_states[-1][0], -1)
    torch.testing.assert_close(last, own, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_captured_states_are_those_of_one_pass(family: str) -> None:
    host, prompt = loaded(family), prompts_of([9])[0]
    result = generate_latent(host, [prompt], Thinking(0), want_states=True)
    memory = result.memory.fork()
    block = memory.write("b", "prompt", host.embed(torch.tensor([[5, 6]])), [2], want_states=True)
    whole = host.model(torch.tensor([[*prompt, 5, 6]]), output_hidden_states=True)
    assert block.states is not None and len(block.states) == host.n_layers + 1
    for ours, theirs in zip(block.states, whole.hidden_states, strict=True):
        torch.testing.assert_close(ours, theirs[:, -2:], atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize("family", PLAIN)
def test_a_fork_leaves_its_parent_and_a_crop_keeps_positions(family: str) -> None:
    host = loaded(family)
    memory = generate_latent(host, prompts_of([8]), 3, agents="a").memory
    before = [keys.clone() for keys, _ in memory.cache.pairs()]
    fork = memory.fork()
    generate_latent(host, prompts_of([5], 1), 2, memory=fork, agents="b")
    fork.crop("last_agent")
    generate_text(host, prompts_of([3], 2), fork, Decoding(max_tokens=2), "c")
    assert fork.positions[0, :7].tolist() == list(range(11, 18))
    for old, (keys, _) in zip(before, memory.cache.pairs(), strict=True):
        assert torch.equal(old, keys)


@pytest.mark.parametrize("family", MOVABLE)
def test_a_moved_cache_is_one_written_there(family: str) -> None:
    host = loaded(family)
    parts = [generate_latent(host, prompts_of([n], n), 0, agents="a").memory for n in (7, 6)]
    there = LatentMemory(host)
    there.next_positions = [7]
    generate_latent(host, prompts_of([6], 6), 0, memory=there)
    moved, wrong = merge_kv(parts), merge_kv(parts, rerotate=False)
    for (keys, _), (direct, _) in zip(moved.cache.pairs(), there.cache.pairs(), strict=True):
        torch.testing.assert_close(keys[:, :, 7:], direct, atol=1e-4, rtol=1e-4)
    unmoved = wrong.cache.pairs()[0][0][:, :, 7:]
    assert not torch.allclose(unmoved, there.cache.pairs()[0][0], atol=1e-2)


@pytest.mark.parametrize(
    ("family", "reason"), [("gpt2", "learned positions"), ("cohere", "rotates its keys in a way")]
)
def test_keys_that_cannot_be_moved_are_refused_with_the_reason(family: str, reason: str) -> None:
    host = loaded(family)
    parts = [generate_latent(host, prompts_of([n]), 0, agents="a").memory for n in (4, 5)]
    with pytest.raises(BadInput, match=reason):
        merge_kv(parts)


@pytest.mark.parametrize("family", REFUSED)
def test_what_a_family_lacks_is_found_when_it_is_loaded(family: str) -> None:
    with pytest.raises(ModelUnavailable, match=REFUSED[family][2]):
        loaded(family)


def test_a_family_that_hides_its_attention_says_so() -> None:
    host = loaded("falcon")
    memory = generate_latent(host, prompts_of([6]), 0, agents="a").memory
    with pytest.raises(BadInput, match=r"Falcon.* cannot be switched"):
        attention_mass(host, memory, [5, 6])


@pytest.mark.parametrize("family", [f for f in FAMILIES if f != "falcon"])
def test_attention_over_the_memory_is_that_of_one_pass(family: str) -> None:
    host, (prompt, reader) = loaded(family), prompts_of([6, 4])
    memory = generate_latent(host, [prompt], 0, agents="a").memory
    mass = attention_mass(host, memory, reader)
    before = host.config._attn_implementation
    host.model.set_attn_implementation("eager")
    whole = host.model(torch.tensor([prompt + reader]), output_attentions=True).attentions
    host.model.set_attn_implementation(before)
    told = [weights for weights in whole if weights is not None]
    assert len(told) == len(memory.cache.pairs())
    for ours, theirs in zip(mass.weights, told, strict=True):
        torch.testing.assert_close(torch.tensor(ours), theirs[0, :, -4:], atol=1e-4, rtol=1e-4)
    if family != "gpt-oss":  # its heads may look at nothing: a learned sink takes the rest
        assert mass.weights.sum(-1) == pytest.approx(1.0, abs=1e-5)
