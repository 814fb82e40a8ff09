"""One member of the family from its recipe to a finished folder: weights, tokenizer and card."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lab.errors import BadInput
from lab.files import MODELS
from lab.zoo.cards import write_card
from lab.zoo.monitor import quick_look
from lab.zoo.recipes import recipe_for
from lab.zoo.trainer import Trainer, TrainingSettings


@dataclass(frozen=True)
class TrainingOrder:
    """What is asked for; plain data, so that it can be sent."""

    name: str
    minutes: float | None = None
    """Wall-clock budget, shared among the phases."""
    tokens: float | None = None
    """Token budget instead."""
    resume: bool = False
    """Continue from the last checkpoint."""
    precision: str = "bf16"
    compile: bool = True
    device: str = "auto"

    def check(self) -> None:
        """Refuse what makes no sense, before anything is trained.

        Raises:
            BadInput: for an unknown member or a budget of nothing.
        """
        recipe_for(self.name)
        for option, value in (("--minutes", self.minutes), ("--tokens", self.tokens)):
            if value is not None and value <= 0:
                raise BadInput(f"{option} must be above 0, got {value}; give a positive number.")


def train_member(order: TrainingOrder, work: Path, out: Path | None = None) -> dict[str, Any]:
    """Train one member.

    Args:
        order: which, and how long.
        work: folder of checkpoints and logs.
        out: folder of the finished model; by default ``work/models/NAME``.

    Returns:
        ``folder`` of the finished model, and what the training took (``tokens``, ``seconds`` …).

    Raises:
        BadInput: for what cannot be trained, or resumed.
    """
    order.check()
    recipe = recipe_for(order.name)
    planned = sum(phase.tokens for phase in recipe.phases)
    here = "cuda" if torch.cuda.is_available() else "cpu"
    settings = TrainingSettings(
        work=work,
        models=MODELS,
        scale=order.tokens / planned if order.tokens else 1.0,
        minutes=order.minutes,
        compile=order.compile,
        precision=order.precision,
        device=here if order.device == "auto" else order.device,
        monitor=quick_look,
    )
    trainer = Trainer(recipe, settings)
    if order.resume:
        trainer.resume()
    trainer.run()
    out = out or work / "models" / recipe.name
    shutil.copytree(work / recipe.name / recipe.phases[-1].name, out, dirs_exist_ok=True)
    counts = trainer.counts()
    write_card(
        out,
        recipe,
        counts,
        [],
        ["Not measured yet: python -m lab zoo eval NAME --write puts the figures here."],
    )
    return {**counts, "folder": out}
