"""What comes out of a memory: the result of a forward pass, and a slice of the cache."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class Block:
    """What a forward pass over T new positions gave."""

    last: Tensor
    """(B, T, D) last layer, after the final norm."""
    states: tuple[Tensor, ...] | None
    """``hidden_states[0..L]``, each (B, T, D), if they were asked for."""
    positions: Tensor
    """(B, T) rotary positions; padding has 0."""
    attentions: tuple[Tensor, ...] | None = None
    """Per layer (B, heads, T, S), if they were asked for."""


@dataclass(frozen=True)
class MemoryView:
    """Some slots of a memory: the KV slice and, for latents, the hidden states they came from."""

    columns: Tensor
    """(n,) columns of the cache."""
    mask: Tensor
    """(B, n)"""
    positions: Tensor
    """(B, n)"""
    keys: list[Tensor]
    """Per layer (B, kv_heads, n, head_dim)."""
    values: list[Tensor]
    hidden: dict[str, Tensor] = field(default_factory=dict)
    """agent → (B, m, D) hidden states before alignment."""
