"""The figures of a scene, from the results of experiments: recorded ones, and those of a live run.

Which choice is right is computed from the recorded figures; nobody types it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lab import stats
from lab.errors import BadInput
from lab.files import EXPERIMENTS
from lab.lessons.lesson import SAME, AskCompare, AskWhich, FigureAt, Scene
from lab.records.results import ResultTable, read_result
from lab.stats import Estimate
from lab.words import say

Tables = Callable[[str], ResultTable]
"""The results of an experiment by its name."""


def recorded(experiment: str) -> ResultTable:
    """The results of an experiment that come with the lab.

    Raises:
        BadInput: if it has none.
    """
    folder = EXPERIMENTS / experiment
    if not (folder / "record.json").is_file():
        known = ", ".join(sorted(path.parent.name for path in EXPERIMENTS.glob("*/record.json")))
        raise BadInput(say("error.lesson.no_results", experiment=experiment, names=known))
    return read_result(folder)


@dataclass(frozen=True)
class SceneBar:
    """One condition of a scene."""

    at: FigureAt
    name: str
    """Of the option; ``floor`` and ``ceiling`` for the bounds."""
    figure: Estimate


def bars(scene: Scene, tables: Tables = recorded) -> list[SceneBar]:
    """Floor, what is asked for, and ceiling, as far as the scene has them.

    Raises:
        BadInput: if a figure was not measured.
    """
    found = [SceneBar(at, name, estimate(scene, at, tables)) for name, at in [*scene.asked.items()]]
    low, high = bound(scene, "floor"), bound(scene, "ceiling")
    taken = list(scene.asked.values())
    for name, at in (("floor", low), ("ceiling", high)):
        if at is not None and at not in taken:
            bar = SceneBar(at, name, estimate(scene, at, tables))
            found = [bar, *found] if name == "floor" else [*found, bar]
    return found


def bound(scene: Scene, name: str) -> FigureAt | None:
    """Floor or ceiling of a scene: what it says, else the experiment's own; None where it has
    none.

    Args:
        scene: which.
        name: ``floor`` or ``ceiling``.
    """
    own: FigureAt | None = getattr(scene, name)
    if own is not None or not scene.bounds:
        return own
    table, metric = recorded(scene.experiment), scene.metric
    return table.once(("first", name, metric), lambda: _first_with(table.rows, metric, name))


def _first_with(rows: pd.DataFrame, metric: str, control: str) -> FigureAt | None:
    if metric not in rows:
        return None
    part = rows[(rows["control"] == control) & rows[metric].notna()]
    if not len(part):
        return None
    first = part.iloc[0]
    return FigureAt(condition=str(first["condition"]), channel=str(first["channel"]))


def estimate(scene: Scene, at: FigureAt, tables: Tables = recorded) -> Estimate:
    """A figure of a scene with its interval.

    Raises:
        BadInput: if it was not measured.
    """
    values = list(values_of(scene, at, tables).values())
    table = tables(scene.experiment_of(at))
    kind = {metric.name: metric.kind for metric in table.metrics}.get(scene.metric, "mean")
    return table.once(
        ("of problems", at.condition, at.channel, scene.metric),
        lambda: stats.of_metric(kind, values),
    )


def values_of(scene: Scene, at: FigureAt, tables: Tables = recorded) -> Mapping[int, float]:
    """The figure's values by problem.

    Raises:
        BadInput: if it was not measured.
    """
    table = tables(scene.experiment_of(at))
    values = table.by_problem(at.condition, scene.metric, at.channel)
    if not values:
        raise BadInput(
            say(
                "error.lesson.no_figure",
                experiment=table.experiment,
                metric=scene.metric,
                condition=at.condition,
                channel=at.channel,
            )
        )
    return values


def right_answer(scene: Scene, tables: Tables = recorded) -> int | None:
    """The number of the right choice; None where a rate is predicted."""
    if isinstance(scene.predict, AskWhich):
        sign = 1.0 if scene.predict.wanted == "most" else -1.0
        found = [sign * estimate(scene, at, tables).value for at in scene.asked.values()]
        return int(np.argmax(found))
    if isinstance(scene.predict, AskCompare):
        gap = _gap(scene, scene.predict.of, scene.predict.to, tables)
        return SAME.index("higher" if gap.low > 0 else "lower" if gap.high < 0 else "same")
    return None


def is_clear(scene: Scene) -> bool:
    """Whether the recorded problems can tell the right choice from every other."""
    if not isinstance(scene.predict, AskWhich):
        return True
    best = list(scene.asked.values())[right_answer(scene) or 0]
    sign = 1.0 if scene.predict.wanted == "most" else -1.0
    gaps = [_gap(scene, best, at, recorded) for at in scene.asked.values() if at != best]
    return all(sign * gap.value > 0 and gap.low * gap.high > 0 for gap in gaps)


def agree(one: Estimate, other: Estimate) -> bool:
    """Whether the intervals of two measurements meet."""
    return one.low <= other.high and other.low <= one.high


def missing(scene: Scene) -> Mapping[str, str]:
    """What of a scene cannot be read from the recorded results, and why."""
    wrong = {}
    for name, at in scene.asked.items():
        try:
            estimate(scene, at)
        except BadInput as error:
            wrong[name] = str(error)
    return wrong


def _gap(scene: Scene, one: FigureAt, other: FigureAt, tables: Tables) -> Estimate:
    first, second = values_of(scene, one, tables), values_of(scene, other, tables)
    both = [problem for problem in first if problem in second]
    return stats.paired_difference([first[p] for p in both], [second[p] for p in both])
