"""Experiments over many problems, by name; conditions of one's own are data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.experiments.harness import registry
from lab.experiments.harness.driver import Watch, run_experiment
from lab.face.agents import pool
from lab.records.results import ResultTable

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(repr=False)
class Results(ResultTable):
    """A finished experiment with its picture."""

    def bars(self, metric: str = "accuracy") -> go.Figure:
        """A bar per condition with its 95 % interval, controls beside them."""
        from lab.panels.break_it.break_results import bars
        from lab.panels.style import themed

        return themed(bars(self, metric), "light")


def experiment(
    name: str,
    n: int | None = None,
    *,
    seed: int | None = None,
    sender: str | None = None,
    receiver: str | None = None,
    conditions: list[dict[str, Any]] | None = None,
    preset: str | None = None,
    out: Path | str | None = None,
    watch: Watch | None = None,
    **settings: Any,
) -> Results:
    """Run an experiment of the lab and return its table, ``.summary()`` of which has a line per
    condition and metric with a 95 % interval.

    Args:
        name: an experiment, for example ``relay`` or ``constraints``; ``python -m lab experiment``
            lists them.
        n: number of problems; None means as many as its preset says.
        seed: of the problems and of all chance in the experiment; None means the preset's.
        sender, receiver: names of models; None means the preset's.
        conditions: conditions of your own in place of the preset's, each as a line of
            `presets/experiments`: ``{"name": "nothing", "channel": "none", "control": "floor"}``.
        preset: another file of `presets/experiments`.
        out: folder of the result; an unfinished one of the same settings is continued. None keeps
            it in memory.
        watch: called with progress, and asked whether to stop.
        settings: any other setting of the experiment.

    Raises:
        BadInput: for an unknown experiment, or the first setting that is wrong.
        ModelUnavailable: if one of the models is not here.
    """
    entry = registry.find(name)
    given = {
        "n": n,
        "seed": seed,
        "sender": sender,
        "receiver": receiver,
        "conditions": conditions,
        **settings,
    }
    table = run_experiment(
        entry,
        registry.load_settings(entry, given, preset),
        pool().get,
        None if out is None else Path(out),
        watch,
    )
    return Results(**{f.name: getattr(table, f.name) for f in fields(table)})
