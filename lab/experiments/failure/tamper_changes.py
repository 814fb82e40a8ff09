"""What may happen to a hand-over between sender and receiver, for the experiment “tamper”."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from lab.engine.give import with_pairs
from lab.engine.memory import LatentMemory
from lab.experiments.harness.batch import Batch
from lab.experiments.transfer.relay_problems import Relay


@dataclass(frozen=True)
class Handed:
    """Hand-overs of some problems, honest and with a falsehood thought by the same sender."""

    relays: list[Relay]
    lies: list[Relay]
    work: Batch
    honest: LatentMemory
    planted: LatentMemory
    prompt_columns: int
    words: list[str]
    """What the honest sender says aloud."""


Change = Callable[[Handed, torch.Generator], LatentMemory]


@dataclass(frozen=True)
class Tampering:
    """One thing that may happen to a hand-over."""

    name: str
    change: Change
    control: str = ""
    signed: str = "honest"
    """Which memory the manifest was made of: the ``honest`` one, the one that ``arrives`` (the
    sender itself lies), or ``another`` problem's with its own manifest."""
    plants: bool = False
    """A certain wrong answer is meant."""


def rounded(memory: LatentMemory) -> LatentMemory:
    """Keys and values as bfloat16 has them."""
    return with_pairs(
        memory,
        [(k.bfloat16().to(k.dtype), v.bfloat16().to(v.dtype)) for k, v in memory.cache.pairs()],
    )


def moved(memory: LatentMemory, by: int) -> LatentMemory:
    """All slots so many positions later, keys turned along."""
    other = memory.fork()
    other.shift(by)
    return other


def noisy(memory: LatentMemory, share: float, generator: torch.Generator) -> LatentMemory:
    """Random changes of every key and value.

    Args:
        share: their length, as a share of its norm.
    """

    def shaken(x: torch.Tensor) -> torch.Tensor:
        random = torch.randn(x.shape, generator=generator).to(x)
        length = x.norm(dim=-1, keepdim=True) / random.norm(dim=-1, keepdim=True)
        moved: torch.Tensor = x + share * random * length
        return moved

    return with_pairs(memory, [(shaken(k), shaken(v)) for k, v in memory.cache.pairs()])


def stretched(memory: LatentMemory, factor: float) -> LatentMemory:
    """Values longer by a factor."""
    return with_pairs(memory, [(k, v * factor) for k, v in memory.cache.pairs()])


def blended(handed: Handed, share: float, first: int | None) -> LatentMemory:
    """The false cache mixed into the honest one.

    Args:
        share: of the false one, 0 to 1.
        first: column from which on; None: from the first thought.
    """
    start = handed.prompt_columns if first is None else first
    pairs = []
    for mine, theirs in zip(handed.honest.cache.pairs(), handed.planted.cache.pairs(), strict=True):
        mixed = []
        for a, b in zip(mine, theirs, strict=True):
            x = a.clone()
            x[:, :, start:] = torch.lerp(a[:, :, start:], b[:, :, start:], share)
            mixed.append(x)
        pairs.append((mixed[0], mixed[1]))
    return with_pairs(handed.honest, pairs)
