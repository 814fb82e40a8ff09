"""An endless, resumable stream of training batches of a few fixed shapes.

Document number i of a phase depends only on (seed, phase, i, progress), so a stream is resumed from its counter and
its unfinished buckets. Fixed shapes keep a compiled model from being compiled again. Knows nothing of the model.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lab.zoo.documents import Document, Layout
from lab.zoo.recipes import Phase, Recipe
from lab.zoo.skills import SKILLS, Lesson
from lab.zoo.worlds.almanac import known_facts

LENGTHS = (64, 96, 144, 224, 320, 448)
"""Row lengths of the batches; longer documents are left out."""


@dataclass(frozen=True)
class Batch:
    """Tensors (B, T): ids, targets, loss weights, latent marks."""

    inputs: Tensor
    targets: Tensor
    weights: Tensor
    latent: Tensor

    @property
    def tokens(self) -> int:
        """Positions of the batch, padding included."""
        return self.inputs.numel()


class Stream:
    """Batches of one phase of one recipe."""

    def __init__(self, recipe: Recipe, phase: Phase, layout: Layout) -> None:
        self.recipe, self.phase, self.layout = recipe, phase, layout
        self.known = known_facts(recipe.mask_seed)
        self.names = list(phase.mix)
        self.shares = list(phase.mix.values())
        self.count = 0
        self.buckets: dict[tuple[int, bool], list[Document]] = {}

    def next(self, progress: float) -> Batch:
        """The next batch; ``progress`` from 0 to 1 moves the curriculum."""
        while True:
            doc = self._document(progress)
            length = next((size for size in LENGTHS if size >= len(doc)), None)
            if length is None:
                continue
            key = (length, any(doc.latent))
            bucket = self.buckets.setdefault(key, [])
            bucket.append(doc)
            if len(bucket) >= self.recipe.batch_tokens // length:
                self.buckets[key] = []
                return _collate(bucket, length)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        packed = {key: [(d.inputs, d.targets, d.weights, d.latent) for d in docs] for key, docs in self.buckets.items()}
        return {"count": self.count, "buckets": packed}

    def load(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint's state."""
        self.count = state["count"]
        self.buckets = {key: [Document(*parts) for parts in docs] for key, docs in state["buckets"].items()}

    def _document(self, progress: float) -> Document:
        rng = random.Random(f"{self.recipe.seed}/{self.phase.name}/{self.count}")
        self.count += 1
        skill = rng.choices(self.names, self.shares)[0]
        if skill == "copy":
            return self.layout.copy_document(rng)
        lesson = Lesson(rng, stage(self.phase.depths, progress), self.known)
        turns = SKILLS[skill](lesson)
        thinks = any(turn.thinks for turn in turns[:-1]) and rng.random() < self.phase.latent
        return self.layout.lay_out(turns, rng if thinks else None)


def stage(values: tuple[Any, ...], progress: float) -> Any:
    """The entry of ``values`` in force at a progress from 0 to 1."""
    return values[min(int(progress * len(values)), len(values) - 1)]


def _collate(docs: list[Document], length: int) -> Batch:
    def pad(rows: list[list[Any]], dtype: torch.dtype) -> Tensor:
        return torch.tensor([row + [0] * (length - len(row)) for row in rows], dtype=dtype)

    return Batch(
        pad([d.inputs for d in docs], torch.long),
        pad([d.targets for d in docs], torch.long),
        pad([d.weights for d in docs], torch.float32),
        pad([d.latent for d in docs], torch.bool),
    )
