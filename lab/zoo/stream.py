"""An endless, resumable stream of training batches of a few fixed shapes.

Document number i of a phase depends only on (seed, phase, i, progress), so a stream is resumed from
its counter and its unfinished buckets. Fixed shapes keep a compiled model from being compiled
again. Knows nothing of the model.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from lab.worlds.almanac import known_facts
from lab.zoo.documents import Document, Layout
from lab.zoo.recipes import Phase, Recipe
from lab.zoo.skills import SKILLS, Lesson

LENGTHS = (64, 96, 144, 224, 320, 448)
"""Row lengths of the batches; longer documents are left out."""
FRAMED_SHARE = 0.35
"""Share of latent relays that come with a reader who gets the latents as input embeddings only."""


@dataclass(frozen=True)
class TrainingBatch:
    """Tensors (B, T): ids, targets, loss weights, latent marks."""

    inputs: Tensor
    targets: Tensor
    weights: Tensor
    latent: Tensor
    source: Tensor
    """Row-major number of the position whose hidden state goes into each latent position; elsewhere
    0."""

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

    def next(self, progress: float) -> TrainingBatch:
        """The next batch; ``progress`` from 0 to 1 moves the curriculum."""
        while True:
            doc = self._document(progress)
            length = next((size for size in LENGTHS if size >= len(doc)), None)
            if length is None:
                continue
            key = (length, any(doc.latent))
            bucket = self.buckets.setdefault(key, [])
            bucket.append(doc)
            rows = sum(1 + (d.framed is not None) for d in bucket)
            room = self.phase.batch_tokens // length
            if rows >= room:
                self.buckets[key] = []
                return collate(bucket, length, room)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "count": self.count,
            "buckets": {key: [asdict(d) for d in docs] for key, docs in self.buckets.items()},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint's state."""
        self.count = state["count"]
        self.buckets = {key: [_document(d) for d in docs] for key, docs in state["buckets"].items()}

    def _document(self, progress: float) -> Document:
        rng = random.Random(f"{self.recipe.seed}/{self.phase.name}/{self.count}")
        self.count += 1
        skill = rng.choices(self.names, self.shares)[0]
        if skill == "copy":
            return self.layout.copy_document(rng)
        depths, distractors = (
            stage(self.phase.depths, progress),
            stage(self.phase.distractors, progress),
        )
        lesson = Lesson(rng, depths, distractors, self.known)
        turns = SKILLS[skill](lesson)
        thinks = any(turn.thinks for turn in turns[:-1]) and rng.random() < self.phase.latent
        if thinks and turns[0].frame and rng.random() < FRAMED_SHARE:
            return self.layout.lay_out_framed(turns, rng)
        return self.layout.lay_out(turns, rng if thinks else None)


def stage(values: tuple[Any, ...], progress: float) -> Any:
    """The entry of ``values`` in force at a progress from 0 to 1."""
    return values[min(int(progress * len(values)), len(values) - 1)]


def collate(docs: list[Document], length: int, room: int) -> TrainingBatch:
    """Pad documents to one shape (room, length); readers of latents stand in the rows behind their
    thinkers."""
    rows: list[Document] = []
    source = torch.zeros(room, length, dtype=torch.long)
    for doc in docs:
        at = len(rows)
        marks = [i for i, is_latent in enumerate(doc.latent) if is_latent]
        source[at, marks] = torch.tensor([at * length + i - 1 for i in marks], dtype=torch.long)
        rows.append(doc)
        if doc.framed is not None and len(rows) < room:
            places = [i for i, is_latent in enumerate(doc.framed.latent) if is_latent]
            source[at + 1, places] = source[at, marks]
            rows.append(doc.framed)

    def pad(lists: list[list[Any]], dtype: torch.dtype) -> Tensor:
        return torch.tensor([row + [0] * (length - len(row)) for row in lists], dtype=dtype)

    return TrainingBatch(
        pad([d.inputs for d in rows], torch.long),
        pad([d.targets for d in rows], torch.long),
        pad([d.weights for d in rows], torch.float32),
        pad([d.latent for d in rows], torch.bool),
        source,
    )


def _document(parts: dict[str, Any]) -> Document:
    framed = parts.pop("framed")
    return Document(**parts, framed=None if framed is None else Document(**framed))
