"""A student: a pocket model that is trained on a set of questions and answers and on nothing else.

It is trained as every member of the zoo is, with checkpoints and resume; only its texts come from
the set.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.errors import BadInput
from lab.files import MODELS
from lab.words import say
from lab.zoo.data_factory import Item, as_prompt
from lab.zoo.documents import Document, Turn
from lab.zoo.recipes import Phase, Recipe, recipe_for
from lab.zoo.stream import Stream
from lab.zoo.trainer import Trainer, TrainingSettings

TURNS = 4
"""Questions of one text."""
CHUNK = 10
"""Optimiser steps between two looks at progress, stop and loss."""
FIRST = 3
"""Steps whose loss is what a student begins with."""
WORSE = 2.0
"""Loss, as a multiple of the first steps', at which a student has diverged."""


class SetStream(Stream):
    """Endless texts of one set, a few questions each, in another order every time."""

    def __init__(self, trainer: Student) -> None:
        super().__init__(trainer.recipe, trainer.phase, trainer.layout)
        self.items = trainer.items

    def _document(self, progress: float) -> Document:  # noqa: ARG002
        rng = random.Random(f"{self.recipe.seed}/{self.phase.name}/{self.count}")
        self.count += 1
        some = rng.sample(self.items, min(TURNS, len(self.items)))
        turns = [
            Turn(as_prompt(item.question, rng.choice(("solo", "proposer"))), item.answer)
            for item in some
        ]
        return self.layout.lay_out(turns)


class Student(Trainer):
    """One training of one student."""

    def __init__(
        self,
        items: Sequence[Item],
        work: Path,
        *,
        name: str = "pocket-student",
        parent: str = "pocket-base",
        tokens: int = 200_000,
        rate: float = 1.5e-3,
        seed: int = 0,
    ) -> None:
        """
        Args:
            items: the set.
            work: checkpoints and the log go to ``work/name``.
            name: of the student.
            parent: the member from whose weights it starts.
            tokens: to train on.
            rate: learning rate at the start.
            seed: of the order of the texts.
        """
        self.items = list(items)
        phase = Phase("set", tokens, {"set": 1.0}, lr=rate, lr_end=rate / 15, batch_tokens=2048)
        recipe = Recipe(
            name,
            "what it was taught by a set",
            100 + seed,
            tokenizer=recipe_for(parent).tokenizer,
            arch=recipe_for(parent).arch,
            parent=parent,
            phases=(phase,),
        )
        settings = TrainingSettings(work, MODELS, compile=False, precision="fp32")
        super().__init__(recipe, settings)

    def new_stream(self) -> Stream:
        """The texts of the set."""
        return SetStream(self)

    def teach(self, watch: Callable[[float], None]) -> Path:
        """Train to the end.

        Args:
            watch: called every few steps with the share that is done; it stops the training by
                raising, and a checkpoint is left to resume from.

        Returns:
            the folder of the finished model.

        Raises:
            BadInput: if the loss is no number any more, or grows far beyond the first steps'.
        """
        while self.phase_index < len(self.recipe.phases):
            try:
                watch(self.progress)
            except BaseException:
                self.save_checkpoint()
                raise
            self.run(CHUNK)
            first, last = self._losses[:FIRST], self._losses[-CHUNK:]
            now, begin = sum(last) / len(last), sum(first) / len(first)
            if not math.isfinite(now) or now > WORSE * begin:
                raise BadInput(say("error.distill.diverged", loss=now, begin=begin, step=self.step))
        return self.folder / self.recipe.phases[-1].name
