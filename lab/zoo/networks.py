"""Build, save and load the pocket models as ordinary transformers models. Knows nothing of how they
are trained.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from lab.errors import ModelUnavailable
from lab.models.host import Model
from lab.zoo.recipes import Architecture
from lab.zoo.tokenizer import AGENT, END, MAX_TOKENS, PAD, TextCoder

CLASSES: dict[str, tuple[Any, Any]] = {
    "qwen3": (Qwen3Config, Qwen3ForCausalLM),
    "llama": (LlamaConfig, LlamaForCausalLM),
}
DISK_DTYPE = torch.float16
"""Weights are rounded to this when saved; all abilities are measured after the rounding."""


def build_model(arch: Architecture, tokenizer: TextCoder, seed: int) -> Model:
    """A freshly initialised model in fp32; the same seed gives the same weights."""
    config_class, model_class = CLASSES[arch.family]
    pad, end, agent = tokenizer.convert_tokens_to_ids([PAD, END, AGENT])
    config = config_class(
        vocab_size=len(tokenizer),
        hidden_size=arch.width,
        intermediate_size=arch.inner,
        num_hidden_layers=arch.layers,
        num_attention_heads=arch.heads,
        num_key_value_heads=arch.kv_heads,
        head_dim=arch.head_dim,
        max_position_embeddings=MAX_TOKENS,
        rope_parameters={"rope_type": "default", "rope_theta": arch.rope_theta},
        tie_word_embeddings=arch.tied,
        pad_token_id=pad,
        eos_token_id=end,
        bos_token_id=None,
        attention_dropout=0.0,
        initializer_range=0.02,
    )
    torch.manual_seed(seed)
    model = model_class(config)
    model.generation_config.update(eos_token_id=[end, agent], pad_token_id=pad, do_sample=False)
    model.generation_config.eos_token_id = end
    return model.float()


def save_model(model: Model, tokenizer: TextCoder, folder: Path) -> None:
    """Write weights (fp16 safetensors), configuration and tokenizer; the model in memory stays
    fp32."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        key: value.detach().to(DISK_DTYPE).contiguous() for key, value in model.state_dict().items()
    }
    if model.config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    model.config.dtype = DISK_DTYPE
    model.save_pretrained(folder, state_dict=state, safe_serialization=True)
    model.config.dtype = torch.float32
    tokenizer.save_pretrained(folder)


def load_model(folder: Path) -> Model:
    """Load a saved model in fp32 for training or arithmetic.

    Raises:
        ModelUnavailable: if the folder holds no model.
    """
    if not (folder / "model.safetensors").exists():
        raise ModelUnavailable(
            f"No weights in {folder}: expected model.safetensors; train it with python -m lab zoo "
            f"train {folder.name}."
        )
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True)
