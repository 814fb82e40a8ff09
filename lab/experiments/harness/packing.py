"""Packs what one model gives another: text, ids, thought vectors or a cache, with the operations of
the condition.

The order of operations is the order in the condition. What a cache or a vector may suffer is in
`caches` and `vectors`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from lab.engine.give import give_to
from lab.engine.memory import LatentMemory
from lab.errors import BadInput
from lab.experiments.harness.batch import Batch
from lab.experiments.interventions import bridges, caches, compression, vectors
from lab.experiments.transfer import conditions as c
from lab.experiments.transfer.sender import Thoughts
from lab.experiments.transfer.states import Doc, almanac_docs, ledger_docs
from lab.models.host import Host
from lab.models.hosts import Hosts
from lab.words import say

MAP_TEXTS = 220
"""Training texts that maps may be fitted on."""
HELD_OUT_TEXTS = 60
BRIDGES = 32
"""Fitted maps that a receiver remembers."""
OTHER_SEED = 50_000


_BRIDGES: WeakKeyDictionary[Host, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()
"""Fitted maps by receiver; the key of each says everything it was fitted on."""


@dataclass(frozen=True)
class Message:
    """What the receiver starts from."""

    memory: LatentMemory
    """On the receiver's host; empty where text is handed over, its own prompt where nothing is."""
    prompts: list[list[int]]
    """The receiver's own prompts; empty where its memory has read them."""
    tokens: list[int]
    """How many tokens were written for the hand-over, per problem."""
    steps: int
    bytes: int
    """Bytes handed over, all problems together."""
    seconds: float


class Workshop:
    """What is made once for many batches: states that maps are fitted on, and random generators.

    The maps themselves stay with their receiver, so that the stage need not fit them again for
    every problem.
    """

    def __init__(
        self,
        hosts: Hosts,
        seed: int,
        docs: list[Doc] | None = None,
        held_out: list[Doc] | None = None,
    ) -> None:
        self.hosts, self.seed, self.docs, self.held_out = hosts, seed, docs, held_out
        self._material: dict[tuple[str, str, str], bridges.Material] = {}

    def generator(self, name: str) -> torch.Generator:
        """A generator that depends on seed and condition only."""
        return torch.Generator().manual_seed(self.seed * 1_000_003 + sum(map(ord, name)))

    def material(self, sender: Host, receiver: Host, texts: str = "training") -> bridges.Material:
        """Pairs of both models' states on texts: ``training``, ``held out`` or ``other domain``."""
        key = (sender.digest, receiver.digest, texts)
        if key not in self._material:
            self._material[key] = bridges.collect(sender, receiver, self._texts(texts))
        return self._material[key]

    def _texts(self, which: str) -> list[Doc]:
        if which == "held out":
            return self.held_out or ledger_docs(HELD_OUT_TEXTS, self.seed + OTHER_SEED)
        if which == "other domain":
            return almanac_docs(HELD_OUT_TEXTS, self.seed)
        return self.docs or ledger_docs(MAP_TEXTS, self.seed)

    def bridge(self, op: c.Fitted, sender: Host, receiver: Host, cache: bool) -> Any:
        """A fitted map for vectors, or maps for a cache."""
        source = self.hosts(op.fitted_from) if op.fitted_from else sender
        texts = None if self.docs is None else tuple(self.docs)
        key = (cache, source.digest, op.kind, op.pairs, op.rank, self.seed, texts)
        known = _BRIDGES.setdefault(receiver, {})
        if key not in known:
            make = bridges.cache_bridge if cache else bridges.vector_bridge
            known[key] = make(
                self.material(source, receiver), op.kind, op.pairs, op.rank, self.seed
            )
            while len(known) > BRIDGES:
                known.pop(next(iter(known)))
        return known[key]


def pack(
    condition: c.Condition, sender: Host, receiver: Host, work: Batch, shop: Workshop
) -> Message:
    """Make the message of one condition for one batch."""
    began = time.perf_counter()
    if condition.channel in ("text", "ids"):
        return _words(condition, sender, receiver, work)
    if condition.channel in ("none", "alone"):
        which = "receiver" if condition.channel == "none" else "alone"
        memory = work.read(receiver, work.ids(receiver, which))
        unread: list[list[int]] = [[] for _ in range(memory.rows)]
        return Message(memory, unread, [0] * memory.rows, 0, 0, time.perf_counter() - began)
    thoughts = work.think(sender, condition.think)
    began = time.perf_counter()
    pack_it = _vectors if condition.channel == "latent" else _cache
    memory, size = pack_it(condition, thoughts, receiver, work, shop)
    seconds = thoughts.seconds + time.perf_counter() - began
    prompts = work.ids(receiver, "receiver")
    return Message(memory, prompts, [0] * len(prompts), thoughts.steps, size, seconds)


def _words(condition: c.Condition, sender: Host, receiver: Host, work: Batch) -> Message:
    said, seconds = work.speak(sender, "sender")
    rows = (
        work.others
        if any(isinstance(op, c.OtherProblem) for op in condition.ops)
        else range(len(said))
    )
    texts = []
    for row in rows:
        ids = said[row]
        if condition.channel == "ids":
            if any(isinstance(op, c.UndoVocab) for op in condition.ops):
                ids = _renamed(ids, sender, receiver)
            texts.append(receiver.text([i for i in ids if i < receiver.vocab_size]))
        else:
            texts.append(sender.text(ids))
    prompts = [
        work.prompts.ids(receiver, "receiver_text", relay, heard=text.strip())
        for relay, text in zip(work.relays, texts, strict=True)
    ]
    size = (
        sum(len(t.encode()) for t in texts)
        if condition.channel == "text"
        else 4 * sum(map(len, said))
    )
    return Message(
        LatentMemory(receiver, len(prompts)),
        prompts,
        [len(said[r]) for r in rows],
        0,
        size,
        seconds,
    )


def _renamed(ids: list[int], sender: Host, receiver: Host) -> list[int]:
    """Ids of a model as its vocabulary twin numbers them, or back."""
    for twin, back in ((receiver.twin, False), (sender.twin, True)):
        if twin is not None and twin.permutation is not None:
            renamed = torch.argsort(twin.permutation) if back else twin.permutation
            return renamed[ids].tolist()
    raise BadInput(
        say("error.packing.neither_nor_vocabulary_twin", name=sender.name, name2=receiver.name)
    )


def vectors_of(
    condition: c.Condition, thoughts: Thoughts, receiver: Host, work: Batch, shop: Workshop
) -> Tensor:
    """The vectors of the latent channel as they arrive, (B, m, D), without placing them."""
    road, fed = _Road(condition, thoughts, receiver, work, shop), thoughts.fed
    for op in condition.ops:
        if isinstance(op, c.ReadLayer):
            fed = vectors.read_layer(thoughts, op)
        elif not isinstance(op, c.ShiftPositions):
            fed = _apply(_ON_VECTORS, op, fed, road)
    return fed


def _vectors(
    condition: c.Condition, thoughts: Thoughts, receiver: Host, work: Batch, shop: Workshop
) -> tuple[LatentMemory, int]:
    fed, state, layer, gap = thoughts.fed, None, 0, 0
    road = _Road(condition, thoughts, receiver, work, shop)
    for op in condition.ops:
        if isinstance(op, c.ReadLayer):
            moved = vectors.read_layer(thoughts, op)
            fed, state, layer = (fed, moved, op.write) if op.write else (moved, None, 0)
        elif isinstance(op, c.ShiftPositions):
            gap += op.by
        else:
            fed = _apply(_ON_VECTORS, op, fed, road)
    fed = vectors.require_width(fed, thoughts.host, receiver)
    frames = work.read(receiver, work.ids(receiver, "sender", facts=False))
    size = fed.numel() * fed.element_size()
    return vectors.place(frames, fed, state, layer, gap), size


def _cache(
    condition: c.Condition, thoughts: Thoughts, receiver: Host, work: Batch, shop: Workshop
) -> tuple[LatentMemory, int]:
    memory = thoughts.memory.fork()
    road = _Road(condition, thoughts, receiver, work, shop)
    for op in condition.ops:
        memory = _apply(_ON_CACHE, op, memory, road)
    memory = caches.keep_part(memory, thoughts.prompt_columns, condition.part)
    if memory.host.digest != receiver.digest:
        memory = give_to(memory, receiver)
    ranks = [op.rank for op in condition.ops if isinstance(op, c.LowRank)]
    if ranks:
        return memory, compression.low_rank_bytes(memory, min(ranks))
    return memory, sum(memory.row_bytes(row) for row in range(memory.rows))


def _kept(op: c.KeepSlots, memory: LatentMemory, road: _Road) -> LatentMemory:
    """The chosen slots; what the receiver looks at is asked of its own question."""
    source = compression.Uncut(
        memory, road.thoughts.prompt_columns, road.thoughts.fed, road.generator
    )
    question = road.work.ids(road.receiver, "receiver")
    return compression.keep_slots(source, op, road.receiver, question)


@dataclass(frozen=True)
class _Road:
    """What an operation may need to know."""

    condition: c.Condition
    thoughts: Thoughts
    receiver: Host
    work: Batch
    shop: Workshop

    @property
    def generator(self) -> torch.Generator:
        return self.shop.generator(self.condition.name)

    def vector_bridge(self, op: c.Fitted, fed: Tensor) -> Tensor:
        bridge = self.shop.bridge(op, self.thoughts.host, self.receiver, cache=False)
        return bridges.send_vectors(fed, bridge, self.receiver)

    def cache_bridge(self, op: c.Fitted, memory: LatentMemory) -> LatentMemory:
        bridge = self.shop.bridge(op, memory.host, self.receiver, cache=True)
        return bridges.send_cache(memory, bridge, self.receiver)


def _apply(
    table: dict[type, Callable[[Any, Any, _Road], Any]], op: Any, thing: Any, road: _Road
) -> Any:
    if type(op) not in table:
        raise BadInput(
            say(
                "error.packing.condition_operation_does_not",
                name=road.condition.name,
                op=op.op,
                channel=road.condition.channel,
            )
        )
    return table[type(op)](op, thing, road)


def _turned_back(_op: c.UndoGauge, fed: Tensor, road: _Road) -> Tensor:
    twin = road.thoughts.host.twin
    if twin is None or twin.rotation is None:
        raise BadInput(say("error.packing.no_gauge_twin_so", name=road.thoughts.host.name))
    return (fed.float() @ twin.rotation.to(fed.device).float().T).to(fed.dtype)


_ON_VECTORS: dict[type, Callable[[Any, Any, _Road], Any]] = {
    c.OtherProblem: lambda _, fed, road: fed[road.work.others],
    c.Noise: lambda _, fed, road: vectors.noise(fed, road.generator),
    c.ShuffleSteps: lambda _, fed, road: vectors.shuffle_steps(fed, road.generator),
    c.TopWord: lambda op, _, road: vectors.top_words(road.thoughts, road.receiver, op.k),
    c.Norm: lambda op, fed, road: vectors.change_norm(road.thoughts, fed, op),
    c.Project: lambda op, fed, road: vectors.project(fed, road.receiver, op, road.generator),
    c.Fitted: lambda op, fed, road: road.vector_bridge(op, fed),
    c.UndoGauge: _turned_back,
}
_ON_CACHE: dict[type, Callable[[Any, Any, _Road], Any]] = {
    c.OtherProblem: lambda _, memory, road: caches.other_problem(memory, road.work.others),
    c.Noise: lambda _, memory, road: caches.noise(memory, road.generator),
    c.ShuffleSteps: lambda _, memory, road: caches.shuffle_steps(
        memory, road.thoughts.prompt_columns, road.generator
    ),
    c.Norm: lambda op, memory, _: caches.change_norm(memory, op),
    c.ShiftLayers: lambda op, memory, _: caches.shift_layers(memory, op.by),
    c.ShiftPositions: lambda op, memory, _: caches.shift_positions(memory, op.by, op.rerotate),
    c.Crop: lambda op, memory, road: caches.crop(
        memory, road.thoughts.prompt_columns, op, road.generator
    ),
    c.KeepSlots: _kept,
    c.LowRank: lambda op, memory, road: compression.low_rank(
        compression.seen(memory, road.thoughts.prompt_columns, road.condition.part), op.rank
    ),
    c.RotaryBase: lambda op, memory, _: caches.rotary_base(memory, op.base),
    c.Project: lambda op, memory, road: caches.project(memory, road.receiver, op),
    c.Fitted: lambda op, memory, road: road.cache_bridge(op, memory),
}
