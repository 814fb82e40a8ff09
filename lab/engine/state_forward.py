"""Reading with a hybrid model: never through padding, which would flow into its running states, and
word by word where the architecture goes on from a state in no other way.
"""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from lab.engine.cache import GrowingCache
from lab.engine.masks import attention_mask
from lab.engine.state_cache import finish_rows, groups_of, padded, put_rows
from lab.engine.views import Block
from lab.errors import BadInput
from lab.models.host import Host
from lab.words import say


@torch.no_grad()
def read_on(
    host: Host,
    cache: GrowingCache,
    embeds: Float[Tensor, "batch new dim"],
    counts: list[int],
    real: Bool[Tensor, "batch slots"],
    positions: Int[Tensor, "batch slots"],
    want_states: bool,
    want_attentions: bool,
) -> Block:
    """Append T columns to the cache; rows of equal length are read together.

    Args:
        host: a model with running states.
        cache: of B rows and S slots; gets T more.
        embeds: (B, T, D), left-padded.
        counts: real positions of each row.
        real, positions: (B, S + T), the new columns included.
        want_states: return the hidden states of all layers.
        want_attentions: return attention weights; only for rows of equal length.

    Raises:
        BadInput: if attention weights are wanted of rows of different length.
    """
    rows, new = embeds.shape[:2]
    if all(count == new for count in counts):
        return _steps(host, cache, embeds, real, positions, want_states, want_attentions)
    if want_attentions:
        raise BadInput(say("error.memory.attention_rows_one_length", name=host.name))
    before = real.shape[1] - new
    pieces: list[tuple[list[int], Block]] = []
    for count, own in groups_of(counts).items():
        index = torch.tensor(own, device=host.device)
        part = cache.copied(index)
        if pieces:  # the first group made room for the new columns, which are not this one's past
            part = _without_last(cache, index, new)
        seen = torch.cat([real[index, :before], real[index, before + new - count :]], 1)
        where = torch.cat([positions[index, :before], positions[index, before + new - count :]], 1)
        piece = embeds[index, new - count :]
        pieces.append((own, _steps(host, part, piece, seen, where, want_states, False)))
        put_rows(cache, part, index, rows, new)
    finish_rows(cache)
    last = padded([(own, block.last) for own, block in pieces], rows, new)
    states = None
    if want_states:
        layers = range(len(pieces[0][1].states or ()))
        states = tuple(
            padded([(own, block.states[i]) for own, block in pieces if block.states], rows, new)
            for i in layers
        )
    return Block(last, states, positions[:, before:])


def _without_last(cache: GrowingCache, index: Tensor, new: int) -> GrowingCache:
    part = cache.copied(index)
    for layer in part.written:
        layer.adopt(layer.keys[:, :, :-new], layer.values[:, :, :-new])
        if not layer.keys.shape[2]:
            layer.is_initialized = False
    return part


def _steps(
    host: Host,
    cache: GrowingCache,
    embeds: Tensor,
    real: Tensor,
    positions: Tensor,
    want_states: bool,
    want_attentions: bool,
) -> Block:
    new = embeds.shape[1]
    before = real.shape[1] - new
    call = partial(_call, host, cache, want_states=want_states, want_attentions=want_attentions)
    if not host.word_by_word or new == 1 or not before:
        # from an empty memory on, every architecture reads many words at once
        return call(embeds, real, positions)
    ends = range(before + 1, before + new + 1)
    blocks = [
        call(embeds[:, i : i + 1], real[:, :end], positions[:, :end]) for i, end in enumerate(ends)
    ]
    states = None
    if want_states:
        states = tuple(
            torch.cat(list(layer), 1)
            for layer in zip(*(b.states or () for b in blocks), strict=True)
        )
    weights = None
    if want_attentions:
        told = zip(*(b.attentions or () for b in blocks), strict=True)
        weights = tuple(
            torch.cat([F.pad(w, (0, before + new - w.shape[-1])) for w in layer], 2)
            for layer in told
        )
    return Block(torch.cat([b.last for b in blocks], 1), states, positions[:, before:], weights)


def _call(
    host: Host,
    cache: GrowingCache,
    embeds: Tensor,
    real: Tensor,
    positions: Tensor,
    want_states: bool,
    want_attentions: bool,
) -> Block:
    new = embeds.shape[1]
    mask = attention_mask(
        host, real, positions, new, bool(real.all()), int(positions.max()), for_states=True
    )
    out = host.backbone(
        inputs_embeds=embeds,
        attention_mask=mask,
        position_ids=positions[:, -new:],
        past_key_values=cache,
        use_cache=True,
        output_hidden_states=want_states,
        output_attentions=want_attentions,
    )
    states = out.hidden_states if want_states else None
    weights = out.attentions if want_attentions else None
    if weights is not None:
        weights = tuple(w for w in weights if w is not None)
    return Block(out.last_hidden_state, states, positions[:, -new:], weights)
