"""Who may look at whom: one boolean mask per kind of layer, from who is real and which position
each slot has.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from lab.models.host import Host
from lab.models.host_probe import STATE

Mask = Tensor | dict[str, Tensor | None] | None


def window_of(host: Host) -> int | None:
    """Sliding window of the host's local layers in positions, None if every layer sees
    everything."""
    kinds = getattr(host.config, "layer_types", None)
    window = getattr(host.config, "sliding_window", None)
    if not window or (kinds is not None and "sliding_attention" not in kinds):
        return None
    return int(window)


def attention_mask(
    host: Host,
    real: Bool[Tensor, "batch slots"],
    positions: Int[Tensor, "batch slots"],
    new: int,
    dense: bool,
    highest: int,
    for_states: bool = False,
) -> Mask:
    """The mask for ``new`` queries at the end of S slots, in the form the host's backbone takes.

    Args:
        real: (B, S) False for padding and cropped slots.
        positions: (B, S) rotary positions.
        dense: no slot of ``real`` is False.
        highest: highest position present.
        for_states: the host has layers with a running state, which take no mask: no row is padded
            among the new columns.

    Returns:
        None where the model's own causal attention is already right; else (B, 1, new, S), or a
        mapping from kind of layer to it.
    """
    window = window_of(host)
    bound = window is not None and highest >= window
    total = real.shape[1]
    if dense and not bound and new in (1, total):
        return None
    full = visible(real, new)
    if for_states:
        form = _form(host, full)
        return {"full_attention": form, **dict.fromkeys(STATE)}
    kinds = getattr(host.config, "layer_types", None)
    if window is None:
        return _form(host, full)
    distance = positions[:, None, total - new :, None] - positions[:, None, None, :]
    local = full & (distance < window)
    if kinds is None or "full_attention" not in kinds:
        return _form(host, local) if kinds is None else {"sliding_attention": _form(host, local)}
    return {"full_attention": _form(host, full), "sliding_attention": _form(host, local)}


def visible(real: Bool[Tensor, "batch slots"], new: int) -> Bool[Tensor, "batch 1 new slots"]:
    """(B, 1, new, S): a query sees every real slot before it, and itself.

    Padding sees itself, because a row that sees nothing would become NaN and spoil the values of
    its slot.

    Args:
        real: (B, S) False for padding and dropped slots.
        new: how many of the slots, the last ones, are queries.
    """
    total = real.shape[1]
    columns = torch.arange(total, device=real.device)
    queries = columns[total - new :, None]  # (new, 1)
    return (real[:, None, None, :] & (columns <= queries)) | (columns == queries)


def _form(host: Host, allowed: Tensor) -> Tensor:
    if host.config._attn_implementation != "eager":
        return allowed
    zero = torch.zeros((), dtype=host.dtype, device=allowed.device)
    return torch.where(allowed, zero, torch.finfo(host.dtype).min)
