"""Fitted ways from one model into another: a map for thought vectors, and one per layer for keys
and values.

Fitted on training texts only; judged elsewhere on held-out problems. A bridge knows what it took:
pairs and seconds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.engine.give import with_pairs
from lab.engine.memory import LatentMemory
from lab.engine.rotary import shift_keys
from lab.experiments.interventions.caches import layer_partners
from lab.experiments.interventions.linear_maps import (
    LinearMap,
    bottleneck,
    fit_procrustes,
    fit_ridge,
)
from lab.experiments.transfer.conditions import Think
from lab.experiments.transfer.sender import feed
from lab.experiments.transfer.states import Doc, Reading, read_pairs
from lab.models.host import Host

Kind = Literal["ridge", "procrustes"]


@dataclass(frozen=True)
class Material:
    """Pairs of two hosts' states, enough for every number of pairs on the dial."""

    sender: Host
    receiver: Host
    theirs: Reading
    """The sender's states."""
    own: Reading
    """The receiver's states on the same words."""
    seconds: float

    @property
    def pairs(self) -> int:
        """Pairs at hand."""
        return int(self.theirs.states.shape[1])


def collect(sender: Host, receiver: Host, docs: list[Doc]) -> Material:
    """Let both models read the texts and keep their states and caches, paired by the words read so
    far."""
    began = time.perf_counter()
    theirs, own = read_pairs(sender, receiver, docs, with_cache=True)
    return Material(sender, receiver, theirs, own, time.perf_counter() - began)


def thoughts_of(host: Host, reading: Reading) -> NDArray[np.float64]:
    """(n, D) last states as the method would feed them: aligned as suits the host, at the mean
    embedding norm."""
    last = torch.from_numpy(reading.states[-1]).to(host.device, host.dtype)
    return feed(Think(), host, last, host.n_layers).float().cpu().numpy().astype(np.float64)


def vector_bridge(
    material: Material, kind: Kind, pairs: int, rank: int | None, seed: int
) -> LinearMap:
    """The map from the sender's thought vectors to the receiver's, from ``pairs`` pairs drawn by
    whole texts."""
    rows = _rows(material, pairs, seed)
    x = thoughts_of(material.sender, material.theirs)[rows]
    y = thoughts_of(material.receiver, material.own)[rows]
    return _fit(kind, x, y, rank, material, rows)


def send_vectors(vectors: Tensor, bridge: LinearMap, receiver: Host) -> Tensor:
    """(B, m, D_sender) through the map, brought to the receiver's embedding norm: (B, m,
    D_receiver)."""
    out = torch.from_numpy(bridge(vectors.float().cpu().numpy().astype(np.float64)))
    scale: Tensor = receiver.embed_norm / out.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    return (out * scale).to(receiver.device, receiver.dtype)


def cache_bridge(
    material: Material, kind: Kind, pairs: int, rank: int | None, seed: int
) -> list[tuple[LinearMap, LinearMap]]:
    """Per layer of the receiver a map for keys (rotation undone) and one for values, from the
    partner layer."""
    rows = _rows(material, pairs, seed)
    a, b = material.theirs, material.own
    return [
        (
            _fit(kind, a.keys[i][rows], b.keys[j][rows], rank, material, rows),
            _fit(kind, a.values[i][rows], b.values[j][rows], rank, material, rows),
        )
        for j, i in enumerate(layer_partners(material.sender.n_layers, material.receiver.n_layers))
    ]


@torch.no_grad()
def send_cache(
    memory: LatentMemory, bridge: list[tuple[LinearMap, LinearMap]], receiver: Host
) -> LatentMemory:
    """The sender's cache through the maps, keys rotated again as the receiver rotates them."""
    source, partners = memory.cache.pairs(), layer_partners(memory.host.n_layers, receiver.n_layers)
    moved = []
    for j, (key_map, value_map) in enumerate(bridge):
        keys, values = source[partners[j]]
        plain = shift_keys(memory.host, partners[j], keys, -memory.positions)
        mapped = _through(plain, key_map, receiver)
        moved.append(
            (
                shift_keys(receiver, j, mapped, memory.positions),
                _through(values, value_map, receiver),
            )
        )
    return with_pairs(memory, moved, receiver)


def _through(x: Tensor, bridge: LinearMap, receiver: Host) -> Tensor:
    flat = (
        x.transpose(1, 2).flatten(2).float().cpu().numpy().astype(np.float64)
    )  # (B, S, heads · width)
    out = torch.from_numpy(bridge(flat)).to(receiver.device, receiver.dtype)
    heads = out.reshape(*out.shape[:-1], receiver.n_kv_heads, receiver.head_dim)
    return heads.transpose(1, 2).contiguous()


def _fit(
    kind: Kind,
    x: NDArray[np.floating[Any]],
    y: NDArray[np.floating[Any]],
    rank: int | None,
    material: Material,
    rows: NDArray[np.int64],
) -> LinearMap:
    prompts = len(np.unique(material.theirs.doc[rows]))
    a, b = x.astype(np.float64), y.astype(np.float64)
    full = (
        fit_procrustes(a, b, prompts) if kind == "procrustes" else fit_ridge(a, b, prompts=prompts)
    )
    return full if rank is None else bottleneck(full, a, rank)


def _rows(material: Material, pairs: int, seed: int) -> NDArray[np.int64]:
    """Row numbers of ``pairs`` pairs (or all there are), whole texts first."""
    order = np.random.default_rng(seed).permutation(int(material.theirs.doc.max()) + 1)
    rank_of_doc = np.argsort(order)
    return np.argsort(rank_of_doc[material.theirs.doc], kind="stable")[:pairs]
