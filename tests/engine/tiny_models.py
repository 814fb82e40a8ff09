"""Tiny random hosts of four architectures, made from configs: the engine must treat all alike."""

from __future__ import annotations

import functools

import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    LlamaConfig,
    PretrainedConfig,
    Qwen3Config,
)

from lab.models.host import Host, make_host

VOCAB = 97
SHARED = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 256,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
KINDS = ("qwen3", "llama", "gemma3", "gpt2")
ROTARY = ("qwen3", "llama", "gemma3")


def config_of(kind: str) -> PretrainedConfig:
    """The config of a tiny model; Gemma's window is so short that it matters."""
    if kind == "qwen3":
        return Qwen3Config(**SHARED, num_key_value_heads=2, head_dim=8, tie_word_embeddings=True)
    if kind == "llama":
        return LlamaConfig(**SHARED, num_key_value_heads=2, tie_word_embeddings=False)
    if kind == "gemma3":
        return Gemma3TextConfig(
            **SHARED, num_key_value_heads=1, head_dim=8, sliding_window=12, sliding_window_pattern=3
        )
    return GPT2Config(
        vocab_size=VOCAB,
        n_embd=32,
        n_layer=3,
        n_head=4,
        n_positions=256,
        bos_token_id=1,
        eos_token_id=2,
    )


@functools.lru_cache(maxsize=16)
def tiny(kind: str, seed: int = 0, attention: str = "sdpa") -> Host:
    """A random model with weights large enough to make its words differ."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config_of(kind), attn_implementation=attention).float()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.6 if "embed" in name or "wte" in name else 0.25)
            elif name.endswith(
                "weight"
            ):  # gains of norms: all ones would hide a norm that is applied twice
                parameter.uniform_(0.4, 1.4)
    return make_host(f"tiny-{kind}-{seed}", model, digest=f"tiny-{kind}-{seed}")


def prompts_of(lengths: list[int], seed: int = 0) -> list[list[int]]:
    """Random prompts without special ids."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(3, VOCAB, (n,), generator=generator).tolist() for n in lengths]
