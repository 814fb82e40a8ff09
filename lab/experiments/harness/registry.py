"""The experiments by name, as data: listing them loads no model and no torch.

An experiment is a module with ``Settings`` (a `Strict` model with ``n`` and ``seed``), ``METRICS``
(a tuple of `lab.records.results.Metric`) and ``fill(table, settings, hosts, watch)``, which adds
condition after condition to a `ResultTable`, skips those that are done, and calls ``watch.step``
before every batch. Its defaults and its conditions stand in ``presets/experiments/NAME.yaml``;
without that file the defaults of ``Settings`` hold.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import yaml
from pydantic import ValidationError

from lab.errors import BadInput, first_mistake
from lab.files import PRESETS
from lab.plan import Strict


@dataclass(frozen=True)
class Experiment:
    """One experiment of the lab."""

    name: str
    title: str
    question: str
    """What it answers, as a question for the page."""
    module: str

    def load(self) -> ModuleType:
        """Import the module (and with it torch)."""
        return importlib.import_module(self.module)


_FAILURE = (
    Experiment(
        "relay",
        "Did the thought cross?",
        "Which part of a hand-over carries the answer?",
        "lab.experiments.failure.relay",
    ),
    Experiment(
        "constraints",
        "Seven constraints",
        "What may differ between two models?",
        "lab.experiments.failure.constraints",
    ),
    Experiment(
        "layers",
        "Layer into layer",
        "What if layer k is continued at layer l?",
        "lab.experiments.failure.layers",
    ),
    Experiment(
        "growth",
        "Error growth",
        "How does a small difference grow by layer?",
        "lab.experiments.failure.growth",
    ),
    Experiment(
        "geometry",
        "Alike is not enough",
        "Are alike states interchangeable?",
        "lab.experiments.failure.usability",
    ),
    Experiment(
        "routes",
        "Four routes",
        "What do the known ways across models cost?",
        "lab.experiments.failure.routes",
    ),
    Experiment(
        "probe",
        "There, but used?",
        "Can the fact be read from the latents, and does the receiver use it?",
        "lab.experiments.failure.probe",
    ),
)

_MOA = (
    Experiment(
        "coverage",
        "Coverage or quality?",
        "What do proposers know together, and what does the aggregate keep?",
        "lab.experiments.moa.coverage",
    ),
    Experiment(
        "jury",
        "Jury, ballot box or judge?",
        "Is synthesis better than a vote or a choice among the same drafts?",
        "lab.experiments.moa.jury",
    ),
    Experiment(
        "selfmoa",
        "An error-correcting code?",
        "Are different models better than one model sampled several times?",
        "lab.experiments.moa.selfmoa",
    ),
    Experiment(
        "moa-layers",
        "More layers, more proposers",
        "What do they bring, and what do they cost in tokens and waiting?",
        "lab.experiments.moa.layer_count",
    ),
    Experiment(
        "causal",
        "Do the drafts cause the answer?",
        "What is left with another question's drafts, filler, or none?",
        "lab.experiments.moa.causal",
    ),
    Experiment(
        "consensus",
        "Consensus amplification",
        "What does the aggregate believe when drafts share a false fact?",
        "lab.experiments.moa.consensus",
    ),
    Experiment(
        "uncertainty",
        "Lost uncertainty",
        "How sure was the writer, and does it help to be told?",
        "lab.experiments.moa.uncertainty",
    ),
    Experiment(
        "judge",
        "Evaluation illusion",
        "What does a judge that likes length say, and what the truth?",
        "lab.experiments.moa.length_judge",
    ),
    Experiment(
        "hostile",
        "A hostile proposer",
        "How often does one attacker's value become the answer?",
        "lab.experiments.moa.hostile",
    ),
    Experiment(
        "cheapstrong",
        "Cheap proposers, strong aggregator",
        "Where is strength best spent?",
        "lab.experiments.moa.cheapstrong",
    ),
    Experiment(
        "gate",
        "The uncertainty gate",
        "How much accuracy does which cost buy as the threshold moves?",
        "lab.experiments.moa.gate",
    ),
    Experiment(
        "verify",
        "Hard verification by rule",
        "Does a rule that needs no truth throw out the right drafts?",
        "lab.experiments.moa.verify",
    ),
    Experiment(
        "kvmoa",
        "Latent × MoA",
        "Can fine-tunes of one base hand over caches instead of text?",
        "lab.experiments.moa.kvmoa",
    ),
    Experiment(
        "space",
        "The commitment trap",
        "Do samples form clusters, and where does the aggregate land?",
        "lab.experiments.moa.commitment",
    ),
)

_TASKS = (
    Experiment(
        "tasks",
        "Tasks as in the papers",
        "What do teams bring, for which tokens, passes and seconds?",
        "lab.experiments.tasks.paper_table",
    ),
    Experiment(
        "tasks-real",
        "Tasks on a real model",
        "The same table on a public checkpoint: what is left of it?",
        "lab.experiments.tasks.paper_table",
    ),
)


def entries() -> tuple[Experiment, ...]:
    """All experiments, the failure lab's first."""
    return (*_FAILURE, *_MOA, *_TASKS)


def find(name: str) -> Experiment:
    """The experiment of a name.

    Raises:
        BadInput: if there is none.
    """
    for entry in entries():
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in entries())
    raise BadInput(f"There is no experiment {name!r}: expected one of {known}; choose one of them.")


def load_settings(
    entry: Experiment, overrides: dict[str, Any] | None = None, preset: str | None = None
) -> Strict:
    """The settings of an experiment: its preset file with ``overrides`` applied on top (None values
    are ignored).

    Args:
        preset: another file of ``presets/experiments`` for the same experiment (for example for
            real models).

    Raises:
        BadInput: for an unknown preset, or one sentence that names the first wrong key.
    """
    path = PRESETS / "experiments" / f"{preset or entry.name}.yaml"
    if preset and not path.is_file():
        known = ", ".join(sorted(p.stem for p in (PRESETS / "experiments").glob("*.yaml")))
        raise BadInput(
            f"There is no experiment preset {preset!r}: expected one of {known}; choose one of "
            "them."
        )
    data = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    data = {**(data or {}), **given}
    if "conditions" in given:
        data.pop("constraints", None)  # the file's blocks belong to the file's conditions
    return settings_from(entry, data)


def settings_from(entry: Experiment, data: dict[str, Any]) -> Strict:
    """The settings of an experiment, without any preset file.

    Raises:
        BadInput: one sentence that names the first wrong key.
    """
    try:
        settings: Strict = entry.load().Settings.model_validate(data)
        return settings
    except ValidationError as error:
        raise BadInput(
            f"Experiment {entry.name}: {first_mistake(error)}; correct this entry."
        ) from error
