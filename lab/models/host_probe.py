"""What is found out about a model when it is loaded: whether the lab's way through it gives the
model's own numbers, and how its layers remember.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from lab.errors import ModelUnavailable
from lab.words import say

Host = Any
"""A `lab.models.host.Host`, which itself is made with what is found here."""
ATTENTION = frozenset({"full_attention", "sliding_attention"})
"""Kinds of layers that keep one key and one value per position."""
STATE = frozenset({"linear_attention", "conv", "hybrid"})
"""Kinds that keep one running state of all they have read; ``hybrid`` has attention beside it."""
NOTHING = frozenset({"mlp", "moe"})
"""Kinds that remember nothing."""


def layers_with_state(name: str, config: Any) -> tuple[str, ...]:
    """The kinds of layers with a running state, in alphabetical order.

    Args:
        name: of the model, for the sentence.
        config: of its text part.

    Raises:
        ModelUnavailable: if some layers are of a kind that the lab does not know.
    """
    kinds = list(getattr(config, "layer_types", None) or [])
    other = sorted(set(kinds) - ATTENTION - STATE - NOTHING)
    if getattr(config, "num_attention_heads", None) is None:
        other = ["recurrent"]
    if other:
        count = sum(kind in other for kind in kinds) or config.num_hidden_layers
        raise ModelUnavailable(
            say(
                "error.host.its_layers_kind_keep",
                name=name,
                model_type=config.model_type,
                count=count,
                num_hidden_layers=config.num_hidden_layers,
                names=", ".join(other),
            )
        )
    return tuple(sorted(set(kinds) & STATE))


@torch.no_grad()
def probe(host: Host) -> None:
    """Hold the lab's way through the model against the model's own on a few tokens.

    Raises:
        ModelUnavailable: one sentence on what differs.
    """
    ids = torch.arange(3, device=host.device)[None] % host.vocab_size
    own = host.model(input_ids=ids, use_cache=False).logits
    out = host.backbone(inputs_embeds=host.embed(ids), use_cache=False, output_hidden_states=True)
    ours = host.logits(out.last_hidden_state)
    same = torch.allclose(
        own.float(), ours.float(), rtol=1e-2, atol=1e-3 * (1 + float(own.abs().max()))
    )
    states = out.hidden_states
    if (
        not same
        or len(states) != host.n_layers + 1
        or not torch.equal(states[-1], out.last_hidden_state)
    ):
        raise _refused("error.host.does_something_between_its", host)
    if host.state_kinds:
        _require_going_on(host)
    else:
        _require_mask(host)


def _require_mask(host: Host) -> None:
    """Hold two tokens behind a padded one, hidden by a mask per query, against the two alone."""
    ids = torch.tensor([[0, 1, 2]], device=host.device) % host.vocab_size
    hidden = torch.full((1, 1, 3, 3), torch.finfo(host.dtype).min, device=host.device).triu(1)
    hidden[..., 1:, 0] = torch.finfo(host.dtype).min
    kinds = set(getattr(host.config, "layer_types", None) or ())
    mask = hidden.to(host.dtype)
    places = torch.tensor([[0, 0, 1]], device=host.device)
    try:
        padded = host.backbone(
            inputs_embeds=host.embed(ids),
            attention_mask=dict.fromkeys(kinds, mask) if len(kinds) > 1 else mask,
            position_ids=places,
            use_cache=False,
        ).last_hidden_state[:, 1:]
        alone = host.backbone(
            inputs_embeds=host.embed(ids[:, 1:]), use_cache=False
        ).last_hidden_state
        same = torch.allclose(padded.float(), alone.float(), rtol=1e-2, atol=1e-2)
        if not same and _packed(host):  # inputs are rounded together, so neighbours matter a little
            same = _away(padded, alone) <= 0.2
    except (ValueError, TypeError, RuntimeError):
        same = False
    if not same:
        raise _refused("error.host.does_not_take_mask", host)


def _packed(host: Host) -> bool:
    return any(not p.is_floating_point() for p in host.model.parameters())


def _require_going_on(host: Host) -> None:
    """Hold five tokens read in two goes against all at once, in the way of
    `lab.engine.state_forward`; notes where it works for single words only."""
    ids = torch.arange(5, device=host.device)[None] % host.vocab_size
    whole = host.backbone(inputs_embeds=host.embed(ids), use_cache=False).last_hidden_state
    limit = 1e-3 if host.dtype == torch.float32 else 0.05
    for parts in ((2, 5), (2, 3, 4, 5)):
        read = _in_parts(host, ids, parts)
        if read is not None and _away(read, whole) <= limit:
            host.word_by_word = len(parts) > 2
            return
    raise _refused("error.host.does_not_go_on", host)


def _away(a: Tensor, b: Tensor) -> float:
    """The largest distance of a position, as a share of the mean length."""
    a, b = a.float(), b.float()
    return float((a - b).norm(dim=-1).max() / b.norm(dim=-1).mean())


def _in_parts(host: Host, ids: Tensor, ends: tuple[int, ...]) -> Tensor | None:
    cache, begin, read = DynamicCache(config=host.config), 0, []
    try:
        for end in ends:
            seen = torch.ones((end - begin, end), dtype=torch.bool, device=host.device)
            mask = seen.tril(begin)[None, None]
            if host.config._attn_implementation == "eager":
                low = torch.finfo(host.dtype).min
                mask = torch.zeros_like(mask, dtype=host.dtype).masked_fill(~mask, low)
            out = host.backbone(
                inputs_embeds=host.embed(ids[:, begin:end]),
                attention_mask={"full_attention": mask, **dict.fromkeys(STATE)},
                position_ids=torch.arange(begin, end, device=host.device)[None],
                past_key_values=cache,
                use_cache=True,
            )
            read.append(out.last_hidden_state)
            begin = end
    except (ValueError, TypeError, RuntimeError, KeyError, AttributeError):
        return None
    return torch.cat(read, 1)


def _refused(key: str, host: Host) -> ModelUnavailable:
    return ModelUnavailable(say(key, name=host.name, name2=type(host.model).__name__))
