"""The cache of a hybrid model: layers that keep a key and a value per position beside layers that
keep one running state of all they have read.

A running state cannot be cut, joined or moved, and padding would flow into it; so rows of different
length are read in groups of equal length, and what needs single positions is refused
(`lab.engine.memory_verbs`).
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers.cache_utils import DummyLayer, LinearAttentionLayer, get_layer_types_and_kwargs

from lab.engine.cache import GrowingCache, GrowingLayer
from lab.models.host import Host


class StateLayer(LinearAttentionLayer):  # type: ignore[misc]
    """The running states of one layer, (B, …) each."""

    def copied(self, rows: Tensor | None = None) -> StateLayer:
        """A layer of its own with the same content.

        Args:
            rows: which rows, in this order; None means all.
        """
        copy = StateLayer(self.number_of_states)
        _copy_states(self, copy, rows)
        return copy

    def state_tensors(self) -> list[Tensor]:
        """All states that were formed, in order."""
        return _states(self)


class BothLayer(LinearAttentionLayer, GrowingLayer):  # type: ignore[misc]
    """A layer with attention and a running state side by side (Falcon-H1)."""

    is_compileable = False

    def __init__(self, number_of_states: int = 1) -> None:
        GrowingLayer.__init__(self)
        LinearAttentionLayer.__init__(self, number_of_states)

    def copied(self, rows: Tensor | None = None) -> BothLayer:
        """A layer of its own with the same content.

        Args:
            rows: which rows, in this order; None means all.
        """
        copy = BothLayer(self.number_of_states)
        if self.is_initialized:
            pick = slice(None) if rows is None else rows
            copy.adopt(self.keys[pick], self.values[pick])
        _copy_states(self, copy, rows)
        return copy


class NoLayer(DummyLayer):  # type: ignore[misc]
    """A layer that keeps nothing, such as a plain MLP."""

    def copied(self, rows: Tensor | None = None) -> NoLayer:  # noqa: ARG002
        """Another one.

        Args:
            rows: of no consequence.
        """
        return NoLayer()


def empty_cache(host: Host) -> GrowingCache:
    """A cache without content for this host's layers."""
    cache = GrowingCache()
    if host.state_kinds:
        kinds, options = get_layer_types_and_kwargs(host.config)
        cache.layers = [_layer(kind, own) for kind, own in zip(kinds, options, strict=True)]
    return cache


def state_bytes(cache: GrowingCache) -> int:
    """Bytes of all running states; they do not grow with what is read."""
    layers = [x for x in cache.layers if isinstance(x, LinearAttentionLayer)]
    return sum(t.numel() * t.element_size() for layer in layers for t in _states(layer))


def put_rows(
    whole: GrowingCache, part: GrowingCache, rows: Int[Tensor, " n"], total: int, new: int
) -> None:
    """Write the cache of some rows back into that of all.

    Args:
        whole: of B rows; its attention layers hold S slots of them, or S + new after the first
            group was written.
        part: of these rows, with the S slots and c more, which go to the last c of the new ones.
        rows: which rows of the whole.
        total: B.
        new: slots that the whole gets.
    """
    for mine, theirs in zip(whole.layers, part.layers, strict=True):
        if isinstance(theirs, LinearAttentionLayer):
            _put_states(mine, theirs, rows, total)
        if isinstance(theirs, GrowingLayer):
            _put_slots(mine, theirs, rows, total, new)


def _put_slots(mine: Any, theirs: GrowingLayer, rows: Tensor, total: int, new: int) -> None:
    before = getattr(mine, "slots_before", None)
    if before is None:
        before = mine.slots_before = mine.keys.shape[2] if mine.is_initialized else 0
        shapes = [(total, t.shape[1], new, t.shape[3]) for t in (theirs.keys, theirs.values)]
        mine.update(*(theirs.keys.new_zeros(shape) for shape in shapes))
    count = theirs.keys.shape[2] - before
    mine.keys[rows, :, before + new - count :] = theirs.keys[:, :, before:]
    mine.values[rows, :, before + new - count :] = theirs.values[:, :, before:]


def finish_rows(whole: GrowingCache) -> None:
    """Call after the last `put_rows` of a write."""
    for layer in whole.layers:
        if hasattr(layer, "slots_before"):
            del layer.slots_before


def _layer(kind: str, options: dict[str, Any]) -> Any:
    if kind in ("linear_attention", "conv"):
        return StateLayer(options.get("number_of_states", 1))
    if kind == "hybrid":
        return BothLayer(options.get("number_of_states", 1))
    return NoLayer() if kind == "dummy" else GrowingLayer()


def _states(layer: Any) -> list[Tensor]:
    tables = (layer.conv_states, layer.recurrent_states)
    return [state for table in tables for state in table.values() if state is not None]


def _copy_states(old: Any, new: Any, rows: Tensor | None) -> None:
    pick = slice(None) if rows is None else rows
    for i in range(old.number_of_states):
        for name in ("conv_states", "recurrent_states"):
            state = getattr(old, name)[i]
            getattr(new, name)[i] = None if state is None else state[pick].clone()
    new.is_conv_states_initialized = dict(old.is_conv_states_initialized)
    new.is_recurrent_states_initialized = dict(old.is_recurrent_states_initialized)
    new.has_previous_state = dict(old.has_previous_state)
    new.conv_kernel_size = dict(old.conv_kernel_size)
    new.device, new.dtype = old.device, old.dtype


def _put_states(mine: Any, theirs: Any, rows: Tensor, total: int) -> None:
    """Rows that have read nothing yet stand at zero, as before the first word."""
    for i in range(theirs.number_of_states):
        for name in ("conv_states", "recurrent_states"):
            state = getattr(theirs, name)[i]
            if state is None:
                continue
            table = getattr(mine, name)
            if table[i] is None:
                table[i] = state.new_zeros((total, *state.shape[1:]))
            table[i][rows] = state
    mine.is_conv_states_initialized = dict(theirs.is_conv_states_initialized)
    mine.is_recurrent_states_initialized = dict(theirs.is_recurrent_states_initialized)
    mine.has_previous_state = dict(theirs.has_previous_state)
    mine.conv_kernel_size = dict(theirs.conv_kernel_size)
    mine.device, mine.dtype = theirs.device, theirs.dtype


def groups_of(counts: list[int]) -> dict[int, list[int]]:
    """Rows by how many positions they really read, those that read none left out."""
    found: dict[int, list[int]] = {}
    for row, count in enumerate(counts):
        if count:
            found.setdefault(count, []).append(row)
    return found


def padded(
    pieces: list[tuple[list[int], Tensor]], rows: int, new: int
) -> Float[Tensor, "batch new dim"]:
    """What the groups gave, as one left-padded tensor.

    Args:
        pieces: rows of each group and their (n, c, D).
        rows: B.
        new: T.
    """
    first = pieces[0][1]
    whole = first.new_zeros((rows, new, first.shape[-1]))
    for own, piece in pieces:
        index = torch.tensor(own, device=piece.device)
        whole[index, new - piece.shape[1] :] = piece
    return whole
