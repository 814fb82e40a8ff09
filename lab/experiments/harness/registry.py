"""The experiments by name, as data: listing them loads no model and no torch.

An experiment is a module with ``Settings`` (a `Strict` model with ``n`` and ``seed``), ``METRICS``
(a tuple of `lab.records.results.Metric`) and ``fill(table, settings, hosts, watch)``, which adds
condition after condition to a `ResultTable`, skips those that it does not take
(`ResultTable.takes`: they are done, or another worker's), and calls ``watch.step`` before every
batch; ``close(table)``, where it exists, adds what can only be said of the whole. Its defaults and
its conditions stand in ``presets/experiments/NAME.yaml``;
without that file the defaults of ``Settings`` hold.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from pydantic import ValidationError

from lab.errors import BadInput
from lab.files import PRESETS
from lab.models.spec import POCKET
from lab.plan import Strict
from lab.records.results import REAL
from lab.words import first_mistake, say, texts_of

NAMING = (
    *("sender", "senders", "receiver", "receivers"),
    *("model", "aggregator", "proposers", "others"),
)
"""Settings that name models."""


@dataclass(frozen=True)
class Experiment:
    """One experiment of the lab."""

    name: str
    module: str

    @property
    def title(self) -> str:
        """Its name for people."""
        return self._told("title")

    @property
    def question(self) -> str:
        """What it answers, as a question for the page."""
        return self._told("question")

    def _told(self, what: str) -> str:
        own = f"experiment.{self.name}.{what}"
        return say(own if own in texts_of("en") else own.replace(REAL, "", 1))

    def load(self) -> ModuleType:
        """Import the module (and with it torch)."""
        return importlib.import_module(self.module)


_FAILURE = (
    Experiment("relay", "lab.experiments.failure.relay"),
    Experiment("constraints", "lab.experiments.failure.constraints"),
    Experiment("layers", "lab.experiments.failure.layers"),
    Experiment("growth", "lab.experiments.failure.growth"),
    Experiment("geometry", "lab.experiments.failure.usability"),
    Experiment("routes", "lab.experiments.failure.routes"),
    Experiment("probe", "lab.experiments.failure.probe"),
    Experiment("compress", "lab.experiments.failure.compress"),
    Experiment("tamper", "lab.experiments.failure.tamper"),
)

_MOA = (
    Experiment("coverage", "lab.experiments.moa.coverage"),
    Experiment("jury", "lab.experiments.moa.jury"),
    Experiment("selfmoa", "lab.experiments.moa.selfmoa"),
    Experiment("moa-layers", "lab.experiments.moa.layer_count"),
    Experiment("causal", "lab.experiments.moa.causal"),
    Experiment("consensus", "lab.experiments.moa.consensus"),
    Experiment("uncertainty", "lab.experiments.moa.uncertainty"),
    Experiment("judge", "lab.experiments.moa.length_judge"),
    Experiment("hostile", "lab.experiments.moa.hostile"),
    Experiment("cheapstrong", "lab.experiments.moa.cheapstrong"),
    Experiment("gate", "lab.experiments.moa.gate"),
    Experiment("verify", "lab.experiments.moa.verify"),
    Experiment("routing", "lab.experiments.moa.routing"),
    Experiment("distill", "lab.zoo.distill"),
    Experiment("kvmoa", "lab.experiments.moa.kvmoa"),
    Experiment("space", "lab.experiments.moa.commitment"),
    Experiment("plane", "lab.experiments.moa.plane"),
    Experiment("forks", "lab.experiments.moa.forks"),
)

_TASKS = (
    Experiment("tasks", "lab.experiments.tasks.paper_table"),
    Experiment("tasks-real", "lab.experiments.tasks.paper_table"),
)


def entries() -> tuple[Experiment, ...]:
    """All experiments, the failure lab's first."""
    return (*_FAILURE, *_MOA, *_TASKS)


def find(name: str) -> Experiment:
    """The experiment of a name; ``NAME-real`` is that experiment on models that read English, where
    it has such a preset.

    Raises:
        BadInput: if there is none.
    """
    for entry in entries():
        if entry.name == name:
            return entry
        if name == entry.name + REAL and _file(name).is_file():
            return Experiment(name, entry.module)
    known = ", ".join(entry.name for entry in entries())
    raise BadInput(say("error.registry.there_no_experiment_choose", name=name, known=known))


def models_named(settings: Any) -> set[str]:
    """The models that settings name, at any depth.

    Args:
        settings: as plain data.
    """
    if isinstance(settings, list | tuple):
        return {name for part in settings for name in models_named(part)}
    if not isinstance(settings, dict):
        return set()
    found: set[str] = set()
    for key, value in settings.items():
        if key in NAMING and value:
            found |= {value} if isinstance(value, str) else {v for v in value if isinstance(v, str)}
        found |= models_named(value)
    return found


def require_readers(entry: Experiment, given: Mapping[str, Any]) -> Experiment:
    """The experiment as the named models can take part in it: for any model that is not of the
    pocket family, with prompts and facts in English.

    Args:
        entry: what was asked for.
        given: its settings, as far as they were given; those of `NAMING` name models.

    Raises:
        BadInput: if such a model is named and the experiment can only be run in the pocket models'
            own worlds.
    """
    strange = sorted(name for name in models_named(given) if not Path(name).name.startswith(POCKET))
    written = any(given.get(key) for key in ("written", "facts", "prompts"))
    if not strange or written or entry.name.endswith(REAL):
        return entry
    if not _file(entry.name + REAL).is_file():
        fit = ", ".join(one.name for one in entries() if _file(one.name + REAL).is_file())
        raise BadInput(
            say("error.registry.pocket_only", name=entry.name, strange=strange[0], fit=fit)
        )
    return Experiment(entry.name + REAL, entry.module)


def _file(name: str) -> Path:
    return PRESETS / "experiments" / f"{name}.yaml"


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
    path = _file(preset or entry.name)
    if preset and not path.is_file():
        known = ", ".join(sorted(p.stem for p in (PRESETS / "experiments").glob("*.yaml")))
        raise BadInput(say("error.registry.there_no_experiment_preset", preset=preset, known=known))
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
            say(
                "error.registry.experiment_correct_entry",
                name=entry.name,
                mistake=first_mistake(error),
            )
        ) from error
