"""A cache given to another model, or back to its own with other numbers in it.

Both are copies: what was written stays as it was. Keys carry their rotation, slots their writers.
"""

from __future__ import annotations

from torch import Tensor

from lab.engine.cache import GrowingCache
from lab.engine.memory import LatentMemory
from lab.engine.memory_verbs import require
from lab.errors import SpaceMismatch
from lab.models.host import Host
from lab.words import say

Pairs = list[tuple[Tensor, Tensor]]
"""Per layer (keys, values), each (B, kv_heads, S, head_dim)."""


def with_pairs(memory: LatentMemory, pairs: Pairs, host: Host | None = None) -> LatentMemory:
    """A copy of the memory with other keys and values.

    Args:
        pairs: per layer keys and values of the memory's shape.
        host: the model that it then belongs to; the memory's own by default.
    """
    require(memory.host, "crop")
    other = memory.fork()
    other.cache = GrowingCache.of(pairs)
    other.host = host or memory.host
    return other


def give_to(memory: LatentMemory, receiver: Host) -> LatentMemory:
    """The cache in the hands of another model, number for number: whether its weights can read
    them is what is measured.

    Args:
        receiver: the model that will read it.

    Raises:
        SpaceMismatch: if the shapes refuse; the sentence says which step is impossible.
    """
    sender = memory.host
    here = (sender.n_layers, sender.n_kv_heads, sender.head_dim)
    there = (receiver.n_layers, receiver.n_kv_heads, receiver.head_dim)
    if here != there:
        raise SpaceMismatch(
            say(
                "error.give.cache_layers_heads_width",
                name=sender.name,
                here=here,
                name2=receiver.name,
                there=there,
            )
        )
    pairs = [
        (k.to(receiver.device, receiver.dtype), v.to(receiver.device, receiver.dtype))
        for k, v in memory.cache.pairs()
    ]
    given = with_pairs(memory, pairs, receiver)
    given.last, given.hidden = None, {}  # states of the sender's space, not of the receiver's
    return given
