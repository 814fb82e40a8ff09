"""Moving keys to other rotary positions: R(p + d) k = R(d) R(p) k, so a whole cache can be shifted
by d after the fact.

Source: Su et al. 2021 (arXiv 2104.09864), eq. 14 to 16; half-split convention of Llama, Qwen and
Gemma.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import DynamicCache

from lab.errors import BadInput
from lab.models.host import Host
from lab.words import say

AWAY = 0.05
"""How far moved keys may be from written ones, as a share of their norm: thirty layers of bfloat16
come to 0.015, another convention of rotating to at least 0.28 (both on SmolLM2)."""


@torch.no_grad()
def shift_keys(
    host: Host,
    layer: int,
    keys: Float[Tensor, "batch kv_heads slots head_dim"],
    shift: Int[Tensor, "batch ..."],
) -> Float[Tensor, "batch kv_heads slots head_dim"]:
    """Keys as if they had been written ``shift`` positions later.

    Args:
        layer: index of the block, from 0; some models rotate their layers differently.
        keys: (B, kv_heads, S, head_dim) with their rotation applied, as a cache holds them.
        shift: (B,) or (B, S) whole positions; negative moves back.

    Raises:
        BadInput: if the host has no rotary positions (GPT-2 adds learned positions to its input).
    """
    require_rotary(host)
    return rotated(keys, _frequencies(host, layer, keys.shape[-1]), shift)


def rotated(
    keys: Float[Tensor, "batch kv_heads slots head_dim"],
    frequencies: Float[Tensor, " half"],
    shift: Int[Tensor, "batch ..."],
) -> Float[Tensor, "batch kv_heads slots head_dim"]:
    """Keys turned by ``shift`` positions; what no frequency belongs to stays as it is.

    Args:
        keys: (B, kv_heads, S, head_dim), rotated already or not.
        frequencies: (half,) radians per position.
        shift: (B,) or (B, S) whole positions; negative turns back.
    """
    frequencies, shift = frequencies.to(keys.device), shift.to(keys.device)
    shift = shift[:, None].expand(-1, keys.shape[2]) if shift.dim() == 1 else shift
    angle = shift[:, None, :, None].float() * frequencies  # (B, 1, S, rotated / 2)
    half = frequencies.shape[0]
    first, second = keys[..., :half].float(), keys[..., half : 2 * half].float()
    cos, sin = angle.cos(), angle.sin()
    moved = torch.cat([first * cos - second * sin, second * cos + first * sin], -1).to(keys.dtype)
    return torch.cat([moved, keys[..., 2 * half :]], dim=-1)


def require_rotary(host: Host) -> None:
    """Raise `BadInput` unless keys of this host can be moved to other positions."""
    rotary = getattr(host.backbone, "rotary_emb", None)
    if host.positions != "rotary" or rotary is None:
        raise BadInput(say("error.rotary.adds_learned_positions_its", name=host.name))
    if not host.once("keys can be moved", lambda: _moves(host)):
        raise BadInput(say("error.rotary.rotates_its_keys_way", name=host.name))


def _moves(host: Host) -> bool:
    """Whether keys written at positions 0 … 2 and moved by 5 are those written at 5 … 7, in every
    layer (the first block's input is the same in both; attention depends on distances only)."""
    ids = torch.arange(3, device=host.device)[None] % host.vocab_size
    written = []
    for first in (0, 5):
        cache = DynamicCache()
        host.backbone(
            inputs_embeds=host.embed(ids),
            position_ids=torch.arange(first, first + 3, device=host.device)[None],
            past_key_values=cache,
            use_cache=True,
        )
        written.append([layer.keys for layer in cache.layers])
    shift = torch.full((1,), 5, device=host.device)
    for layer, (keys, there) in enumerate(zip(*written, strict=True)):
        moved = rotated(keys, _frequencies(host, layer, keys.shape[-1]), shift)
        if (moved - there).float().norm() > AWAY * there.float().norm():
            return False
    return True


def _frequencies(host: Host, layer: int, head_dim: int) -> Float[Tensor, " half"]:
    """(rotated / 2,) radians per position of one layer (Gemma 3 has two kinds of layers)."""
    rotary: Any = host.backbone.rotary_emb
    frequencies = getattr(rotary, "inv_freq", None)
    if frequencies is None:
        frequencies = getattr(rotary, f"{host.config.layer_types[layer]}_inv_freq")
    if 2 * frequencies.shape[0] > head_dim:
        raise BadInput(
            say(
                "error.rotary.most_rotary_frequencies_choose",
                name=host.name,
                value=head_dim // 2,
                shape=frequencies.shape[0],
            )
        )
    angles: Tensor = frequencies.float()
    return angles
