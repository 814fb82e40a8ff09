"""What comes out of a memory: the result of a forward pass, and a slice of the cache."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Block:
    """What a forward pass over T new positions gave."""

    last: Float[Tensor, "batch new dim"]
    """(B, T, D) last layer, after the final norm."""
    states: tuple[Float[Tensor, "batch new dim"], ...] | None
    """``hidden_states[0..L]``, each (B, T, D), if they were asked for."""
    positions: Int[Tensor, "#batch new"]
    """(B, T) rotary positions; padding has 0."""
    attentions: tuple[Float[Tensor, "batch heads new slots"], ...] | None = None
    """Per layer (B, heads, T, S), if they were asked for."""


@dataclass(frozen=True)
class MemoryView:
    """Some slots of a memory: the KV slice and, for latents, the hidden states they came from."""

    columns: Int[Tensor, " n"]
    """(n,) columns of the cache."""
    mask: Bool[Tensor, "batch n"]
    """(B, n)"""
    positions: Int[Tensor, "batch n"]
    """(B, n)"""
    keys: list[Float[Tensor, "batch kv_heads n head_dim"]]
    """Per layer (B, kv_heads, n, head_dim)."""
    values: list[Float[Tensor, "batch kv_heads n head_dim"]]
    hidden: dict[str, Float[Tensor, "batch steps dim"]] = field(default_factory=dict)
    """agent → (B, m, D) hidden states before alignment."""
