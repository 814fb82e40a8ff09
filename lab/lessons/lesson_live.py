"""A scene measured now, on problems that the recording did not have: the experiment itself, cut to
the conditions that the scene needs. It loads models; nothing else of the lessons does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.experiments.harness import registry
from lab.lessons.lesson import FigureAt, Scene
from lab.lessons.lesson_figures import bound
from lab.records.results import ResultTable

if TYPE_CHECKING:
    from lab.models.hosts import Hosts

PROBLEMS = 40
FIRST_SEED = 10_000
"""Far from the recorded problems, which begin at 0."""


@dataclass(frozen=True)
class LiveScene:
    """What a live run of a scene found."""

    results: dict[str, ResultTable]
    """By experiment."""

    def table(self, experiment: str) -> ResultTable:
        """The results of one of the scene's experiments."""
        return self.results[experiment]


def needed(scene: Scene) -> dict[str, list[FigureAt]]:
    """The conditions that a scene shows, by experiment."""
    found: dict[str, list[FigureAt]] = {}
    for at in [bound(scene, "floor"), *scene.asked.values(), bound(scene, "ceiling")]:
        if at is not None:
            found.setdefault(scene.experiment_of(at), []).append(at)
    return found


def problems_of(scene: Scene) -> int:
    """How many problems a live measurement of a scene takes: more where something has to be learned
    from them.

    Args:
        scene: which.
    """
    return int(scene.settings.get("n", PROBLEMS))


def settings_for(
    experiment: str, wanted: list[FigureAt], more: dict[str, Any], n: int, seed: int
) -> Any:
    """The experiment's own settings with ``n`` problems from ``seed`` on, and of its conditions
    only those in ``wanted``.

    Args:
        experiment: its name.
        more: further settings.
    """
    entry = registry.find(experiment)
    settings = registry.load_settings(entry, {"n": n, "seed": seed, **more})
    if not hasattr(settings, "conditions"):
        return settings
    places = {(at.condition, at.channel) for at in wanted}
    kept = tuple(c for c in settings.conditions if (c.name, c.channel) in places)
    return settings.model_copy(update={"conditions": kept})


def measure_scene(
    scene: Scene,
    hosts: Hosts,
    n: int | None = None,
    seed: int = FIRST_SEED,
    progress: Callable[[float, str], None] = lambda _share, _text: None,
) -> LiveScene:
    """Measure all that a scene shows.

    Args:
        scene: which.
        n: how many problems; if not said, as many as `problems_of`.
        seed: of the first.
        progress: told how far it is.
    """
    from lab.experiments.harness.driver import Watch, run_experiment

    results = {}
    for experiment, wanted in needed(scene).items():
        more = {key: value for key, value in scene.settings.items() if key != "n"}
        settings = settings_for(experiment, wanted, more, n or problems_of(scene), seed)
        watch = Watch(progress)
        results[experiment] = run_experiment(
            registry.find(experiment), settings, hosts, watch=watch
        )
    return LiveScene(results)
