"""Handing over less of a memory: some of its slots, chosen by a rule, or all of them at a lower
rank.

Rules read attention (H2O, Zhang et al. 2023, arXiv 2306.14048; SnapKV, Li et al. 2024, arXiv
2404.14469) or the likeness of keys (KeyDiff, Park et al. 2025, arXiv 2504.15364). Nothing here
knows how well the receiver then answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lab.engine.attention import attention_received
from lab.engine.give import give_to, with_pairs
from lab.engine.memory import LatentMemory
from lab.engine.prompt import pad_ids
from lab.engine.rotary import shift_keys
from lab.experiments.transfer import conditions as c
from lab.models.host import Host

LAST_STEPS = 8
"""Latent steps of the sender whose attention counts for ``sender_attention``."""


@dataclass(frozen=True)
class Uncut:
    """A sender's memory with what its rules may need."""

    memory: LatentMemory
    prompt_columns: int
    fed: Tensor
    """(B, m, D) vectors of the latent steps, the last columns of the memory."""
    generator: torch.Generator


def keep_slots(
    source: Uncut, op: c.KeepSlots, receiver: Host, question: list[list[int]]
) -> LatentMemory:
    """A copy in which only the chosen slots of every row are seen; a row with fewer keeps all.

    Args:
        source: the sender's memory.
        op: the rule, and how many slots.
        receiver: whose attention counts for ``receiver_attention``.
        question: (B) token ids that the receiver reads.
    """
    visible = seen(source.memory, source.prompt_columns, "latent" if op.of == "latent" else "both")
    if op.by in ("neighbours", "neighbours_older"):
        older = op.by == "neighbours_older"
        keep = thinned(directions(visible), visible.mask, op.slots, older)
    else:
        scores = _scores(source, visible, op, receiver, question)
        keep = best(scores, visible.mask, op.slots)
    visible.crop(keep)
    return visible


def seen(memory: LatentMemory, prompt_columns: int, part: c.Part) -> LatentMemory:
    """A copy in which the other columns are hidden but still stand, so that the numbers of columns
    stay as they were.

    Args:
        memory: stays as it was.
        prompt_columns: columns before the latents.
        part: which are seen.
    """
    visible = memory.fork()
    if part != "both":
        columns = torch.arange(visible.kv_len, device=visible.host.device)
        prompt = columns < prompt_columns
        visible.crop((prompt if part == "prompt" else ~prompt).expand(visible.rows, -1))
    return visible


def best(scores: Tensor, real: Tensor, slots: int) -> Tensor:
    """(B, S) True for each row's ``slots`` real columns of highest score.

    Args:
        scores: (B, S), higher is kept first.
        real: (B, S) which columns may be kept.
        slots: how many of them.
    """
    ranked = scores.float().masked_fill(~real, -torch.inf)
    chosen = ranked.topk(min(slots, ranked.shape[1]), 1).indices
    return torch.zeros_like(real).scatter(1, chosen, True) & real


def _scores(
    source: Uncut,
    visible: LatentMemory,
    op: c.KeepSlots,
    receiver: Host,
    question: list[list[int]],
) -> Tensor:
    """(B, S) what the rule makes of every column."""
    columns = torch.arange(visible.kv_len, device=visible.host.device).float()
    ages = columns.expand(visible.rows, -1)
    if op.by == "newest":
        return ages
    if op.by == "oldest":
        return -ages
    if op.by == "random":
        return torch.rand(ages.shape, generator=source.generator).to(ages.device)
    if op.by in ("alike", "unlike"):
        toward = likeness(directions(visible), visible.mask)
        return toward if op.by == "alike" else -toward
    if op.by == "sender_attention":
        return _sender_looks(source)
    given = visible if receiver.digest == visible.host.digest else give_to(visible, receiver)
    ids, lengths = pad_ids(question, receiver.device)
    return attention_received(receiver, given, receiver.embed(ids), lengths)[:, : visible.kv_len]


def _sender_looks(source: Uncut) -> Tensor:
    """(B, S) attention of the sender's last latent steps, from their vectors fed once more."""
    steps = min(LAST_STEPS, source.fed.shape[1])
    if not steps:
        return torch.zeros(source.memory.rows, source.memory.kv_len, device=source.fed.device)
    before = source.memory.before_last(steps)
    return attention_received(
        source.memory.host, before, source.fed[:, -steps:], [steps] * source.memory.rows
    )


def directions(memory: LatentMemory) -> Tensor:
    """(B, S, layers · heads · width) keys of every slot in all layers, rotation undone, at length
    1.

    Args:
        memory: whose keys are read.
    """
    flat = [
        shift_keys(memory.host, i, k, -memory.positions).transpose(1, 2).flatten(2).float()
        for i, (k, _) in enumerate(memory.cache.pairs())
    ]
    return torch.nn.functional.normalize(torch.cat(flat, -1), dim=-1)


def likeness(vectors: Tensor, real: Tensor) -> Tensor:
    """(B, S) mean cosine of every column to the row's other real ones.

    Args:
        vectors: (B, S, D) of length 1.
        real: (B, S) which columns count.
    """
    kept = vectors * real[..., None]
    others = kept.sum(1, keepdim=True) - kept
    count = (real.sum(1, keepdim=True) - 1).clamp_min(1)
    return (kept * others).sum(-1) / count


def thinned(vectors: Tensor, real: Tensor, slots: int, older: bool = False) -> Tensor:
    """(B, S) True for what is left when, of the two real columns that are nearest to each other,
    one goes until ``slots`` are left.

    Args:
        vectors: (B, S, D) of length 1.
        real: (B, S) which columns may be kept.
        slots: how many are left in each row.
        older: the older one stays, not the newer.
    """
    near = vectors @ vectors.transpose(1, 2)
    alive = real.clone()
    size = near.shape[1]
    apart = ~torch.eye(size, dtype=torch.bool, device=near.device)
    for _ in range(int(real.sum(1).max()) - slots):
        pairs = alive[:, :, None] & alive[:, None, :] & apart
        closest = near.masked_fill(~pairs, -torch.inf).flatten(1).argmax(1)
        one, other = closest // size, closest % size
        goes = torch.maximum(one, other) if older else torch.minimum(one, other)
        full = alive.sum(1) > slots
        alive[full, goes[full]] = False
    return alive


def low_rank(memory: LatentMemory, rank: int) -> LatentMemory:
    """Keys (rotation undone, then put back) and values of every layer at the best rank-``rank``
    approximation over each row's visible slots (Eckart and Young 1936).

    Args:
        memory: stays as it was.
        rank: of slots × (heads · width); a matrix of lower rank stays exact.
    """
    pairs = []
    for i, (k, v) in enumerate(memory.cache.pairs()):
        plain = shift_keys(memory.host, i, k, -memory.positions)
        keys = shift_keys(memory.host, i, _cut(plain, memory.mask, rank), memory.positions)
        pairs.append((keys, _cut(v, memory.mask, rank)))
    return with_pairs(memory, pairs)


def _cut(x: Tensor, real: Tensor, rank: int) -> Tensor:
    """(B, heads, S, width) at a rank of slots × (heads · width); hidden slots count as zero."""
    flat = x.transpose(1, 2).flatten(2).double() * real[..., None]
    # the right singular vectors, from the smaller square matrix: many times faster than an SVD
    main = torch.linalg.eigh(flat.transpose(1, 2) @ flat).eigenvectors[..., -rank:]
    near = flat @ main @ main.transpose(1, 2)
    shaped: Tensor = near.unflatten(2, (x.shape[1], x.shape[3])).transpose(1, 2).to(x.dtype)
    return shaped


def low_rank_bytes(memory: LatentMemory, rank: int) -> int:
    """Bytes of all rows' two factors, rank · (slots + heads · width) numbers for keys and values of
    every layer; where that is more than the slots themselves, theirs.

    Args:
        memory: whose visible slots are counted.
        rank: of the approximation.
    """
    pairs = memory.cache.pairs()
    width = pairs[0][0].shape[1] * pairs[0][0].shape[3]
    size = pairs[0][0].element_size()
    numbers = [
        min(rank * (slots + width), slots * width)
        for slots in (memory.row_len(row) for row in range(memory.rows))
    ]
    return 2 * len(pairs) * size * sum(numbers)
