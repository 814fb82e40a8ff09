"""A KV cache that grows in place, so that a step costs no copy of the past.

It stores every position of every layer, sliding windows included: which slots a query may see is
decided by the mask, by rotary position, so a cropped or merged cache stays right. It does not know
who wrote a slot.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicCache, DynamicLayer

LEAST, MOST = 128, 1024
"""Spare slots when a buffer is made or made larger: as many as are in use, within these bounds."""


class GrowingLayer(DynamicLayer):
    """Keys and values of one layer, (B, heads, S, head_dim), as views into buffers with room to
    spare."""

    is_initialized: bool
    keys: Tensor
    values: Tensor

    def update(
        self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Append T positions and return all S of them (views).

        Args:
            key_states, value_states: (B, kv_heads, T, head_dim), the keys rotated already.
        """
        if not self.is_initialized:
            self.dtype, self.device = key_states.dtype, key_states.device
            self.adopt(key_states, value_states)
            return self.keys, self.values
        start = self.keys.shape[2]
        end = start + key_states.shape[2]
        if end > self._key_buffer.shape[2]:
            self._grow(end)
        self._key_buffer[:, :, start:end] = key_states
        self._value_buffer[:, :, start:end] = value_states
        self.keys = self._key_buffer[:, :, :end]
        self.values = self._value_buffer[:, :, :end]
        return self.keys, self.values

    def adopt(self, keys: Tensor, values: Tensor) -> None:
        """Take over a copy of these as the whole content.

        Args:
            keys, values: (B, kv_heads, S, head_dim).
        """
        self.dtype, self.device = keys.dtype, keys.device
        self.keys, self.values = keys, values
        self._grow(keys.shape[2])
        self.is_initialized = True

    def move_into(self, keys: Tensor, values: Tensor) -> None:
        """Stand in other buffers, which belong to somebody who keeps them at their place.

        Args:
            keys, values: (B, kv_heads, C, head_dim) with room for more than is in use.
        """
        length = self.keys.shape[2]
        keys[:, :, :length], values[:, :, :length] = self.keys, self.values
        self._key_buffer, self._value_buffer = keys, values
        self.extend_to(length)

    def extend_to(self, length: int) -> None:
        """Count what was written into the buffers.

        Args:
            length: slots in use.
        """
        self.keys = self._key_buffer[:, :, :length]
        self.values = self._value_buffer[:, :, :length]

    def stands_in(self, keys: Tensor) -> bool:
        """Whether this buffer holds the layer's keys."""
        return self._key_buffer.data_ptr() == keys.data_ptr()

    def copied(self, rows: Tensor | None = None) -> GrowingLayer:
        """A layer of its own with the same content.

        Args:
            rows: which rows, in this order; None means all.
        """
        copy = GrowingLayer()
        if self.is_initialized:
            pick = slice(None) if rows is None else rows.to(self.keys.device)
            copy.adopt(self.keys[pick], self.values[pick])
        return copy

    def _grow(self, need: int) -> None:
        capacity = need + min(max(need, LEAST), MOST)
        length = self.keys.shape[2]
        self._key_buffer = _enlarged(self.keys, capacity)
        self._value_buffer = _enlarged(self.values, capacity)
        self.keys = self._key_buffer[:, :, :length]
        self.values = self._value_buffer[:, :, :length]


class GrowingCache(DynamicCache):
    """A `DynamicCache` of `GrowingLayer` in every layer."""

    def __init__(self) -> None:
        Cache.__init__(self, layer_class_to_replicate=GrowingLayer)

    @classmethod
    def of(cls, pairs: list[tuple[Tensor, Tensor]]) -> GrowingCache:
        """A cache that holds copies of the given (keys, values), layer by layer."""
        cache = cls()
        for keys, values in pairs:
            layer = GrowingLayer()
            layer.adopt(keys, values)
            cache.layers.append(layer)
        return cache

    def copied(self, rows: Tensor | None = None) -> GrowingCache:
        """A cache of its own with the same content, running states included.

        Args:
            rows: which rows, in this order; None means all.
        """
        copy = GrowingCache()
        copy.layers = [layer.copied(rows) for layer in self.layers]
        return copy

    @property
    def written(self) -> list[GrowingLayer]:
        """The layers that hold something, in order."""
        return [x for x in self.layers if isinstance(x, GrowingLayer) and x.is_initialized]

    def pairs(self) -> list[tuple[Tensor, Tensor]]:
        """(keys, values) of every layer, each (B, heads, S, head_dim); views, do not write into
        them."""
        return [(layer.keys, layer.values) for layer in self.written]


def _enlarged(old: Tensor, capacity: int) -> Tensor:
    new = torch.empty(
        (old.shape[0], old.shape[1], capacity, old.shape[3]), dtype=old.dtype, device=old.device
    )
    new[:, :, : old.shape[2]] = old
    return new
