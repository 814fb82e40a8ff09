"""Whose slots a reader looks at: eager attention, recomputed for one block, summed by the writer of
every slot.

It forks the memory, so nothing of the run changes. It does not know which method the memory came
from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from lab.engine.memory import LatentMemory
from lab.errors import BadInput
from lab.events import Segment
from lab.models.host import Host
from lab.words import say


@dataclass(frozen=True)
class AttentionMass:
    """Attention of a block of T queries over S slots of one row."""

    weights: np.ndarray
    """(layers, heads, T, S) float32; every row over S sums to 1, to less where a learned sink takes
    the rest (gpt-oss)."""
    segments: tuple[Segment, ...]
    """Who wrote which slots; the last one is the reader's own block."""

    def by_segment(self, query: int = -1) -> np.ndarray:
        """(layers, heads, segments): the share of each segment in one query's attention; sums to
        1."""
        return np.stack(
            [
                self.weights[:, :, query, s.start : s.start + s.length].sum(-1)
                for s in self.segments
            ],
            -1,
        )

    def by_writer(self, query: int = -1) -> dict[tuple[str, str], float]:
        """(agent, kind) → share in one query's attention, averaged over layers and heads; sums to
        1."""
        shares = self.by_segment(query).mean(axis=(0, 1))
        found: dict[tuple[str, str], float] = {}
        for segment, share in zip(self.segments, shares, strict=True):
            key = (segment.agent, segment.kind)
            found[key] = found.get(key, 0.0) + float(share)
        return found


@torch.no_grad()
def attention_mass(
    host: Host, memory: LatentMemory, ids: Sequence[int], agent: str = "reader"
) -> AttentionMass:
    """Attention of a reader that reads ``ids`` on top of a memory of one row.

    Args:
        ids: the token ids it reads.
        agent: the reader's name among the writers of the slots.

    Raises:
        BadInput: for an empty block or a memory with several rows.
    """
    if memory.rows != 1:
        raise BadInput(say("error.attention.attention_shown_row_time", rows=memory.rows))
    if not ids:
        raise BadInput(say("error.attention.attention_needs_least_token"))
    fork = memory.fork()
    with _eager(host):
        block = fork.write(
            agent,
            "prompt",
            host.embed(torch.tensor([list(ids)], device=host.device)),
            want_attentions=True,
        )
    if block.attentions is None:
        raise BadInput(say("error.attention.does_not_tell_its", name=host.name))
    weights = torch.stack([layer[0].float() for layer in block.attentions])
    real = fork.mask[0].cpu()
    kept = tuple(s for s in fork.strip() if s.kept)
    return AttentionMass(weights.cpu()[..., real].numpy(), kept)


@torch.no_grad()
def attention_received(
    host: Host,
    memory: LatentMemory,
    embeds: Float[Tensor, "batch new dim"],
    lengths: Sequence[int],
) -> Float[Tensor, "batch slots"]:
    """How much every slot is looked at while a block is read on top of a memory, summed over
    layers, heads and the block's real queries.

    Args:
        host: the model that reads.
        memory: what it reads on; stays as it was.
        embeds: (B, T, D) input embeddings of the block, left-padded.
        lengths: real positions of each row.

    Returns:
        (B, S + T): the memory's slots, then the block's own.

    Raises:
        BadInput: if the model does not tell its attention weights.
    """
    new = embeds.shape[1]
    with _eager(host):
        block = memory.fork().write("reader", "prompt", embeds, list(lengths), want_attentions=True)
    if block.attentions is None:
        raise BadInput(say("error.attention.does_not_tell_its", name=host.name))
    first = torch.tensor([new - count for count in lengths], device=host.device)
    real = (torch.arange(new, device=host.device) >= first[:, None]).float()  # (B, T)
    seen = [torch.einsum("bhts,bt->bs", w.float(), real) for w in block.attentions]
    return torch.stack(seen).sum(0)


@contextmanager
def _eager(host: Host) -> Iterator[None]:
    """The host with eager attention, which is the only kind that tells its weights."""
    before = host.config._attn_implementation
    if before != "eager" and not host.model._can_set_attn_implementation():
        raise BadInput(
            say(
                "error.attention.cannot_switched_attention_tells",
                name=host.name,
                name2=type(host.model).__name__,
            )
        )
    host.model.set_attn_implementation("eager")
    try:
        yield
    finally:
        host.model.set_attn_implementation(before)
