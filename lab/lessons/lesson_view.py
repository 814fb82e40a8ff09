"""The tab as a pure function of where somebody is, what they predicted, and what was measured for
them.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field

from lab.lessons.lesson import TOUR, AskCompare, AskRate, LessonPath, Scene, find_lesson, lessons
from lab.lessons.lesson_figures import (
    SceneBar,
    agree,
    bars,
    bound,
    estimate,
    recorded,
    right_answer,
    values_of,
)
from lab.lessons.lesson_live import LiveScene, problems_of
from lab.lessons.lesson_value import (
    LessonBar,
    LessonEntry,
    LessonFigure,
    LessonsValue,
    Revealed,
    SceneCard,
)
from lab.panels.style import number
from lab.panels.value import Value
from lab.records.results import ResultTable
from lab.stats import Estimate
from lab.words import called, known, say

SHARES = ("share", "probability")


class Walk(Value):
    """Where one person is, and what they have predicted; nobody else sees it."""

    lesson: str = TOUR
    scene: int = 0
    guesses: dict[str, float] = Field(default_factory=dict)
    """By ``LESSON/SCENE``."""
    rounds: dict[str, int] = Field(default_factory=dict)
    """How often each scene was measured for this person."""
    begun: bool = False
    """Whether anything was done here: before, the address does not name it."""

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @property
    def opened(self) -> LessonPath:
        """The lesson that is open."""
        return find_lesson(self.lesson)

    @property
    def front(self) -> Scene:
        """The scene in front."""
        return self.opened.scenes[min(self.scene, len(self.opened.scenes) - 1)]

    @property
    def key(self) -> str:
        """Of the scene in front."""
        return f"{self.lesson}/{self.front.name}"

    def at(self, lesson: str, scene: int) -> Walk:
        """The same at another scene, as far as there is one.

        Args:
            lesson: its name.
            scene: its number, from 0.

        Raises:
            BadInput: if there is no such lesson.
        """
        last = len(find_lesson(lesson).scenes) - 1
        return self.model_copy(
            update={"lesson": lesson, "scene": max(0, min(scene, last)), "begun": True}
        )

    def predicting(self, value: float) -> Walk:
        """The same with a prediction for the scene in front; the first one stays."""
        choices = self.opened.choices(self.front)
        if choices:
            value = float(min(int(value), len(choices) - 1))
        return self.model_copy(update={"guesses": {self.key: value} | self.guesses, "begun": True})

    def measured(self) -> Walk:
        """The same with one more measurement of the scene in front."""
        rounds = {**self.rounds, self.key: self.rounds.get(self.key, 0) + 1}
        return self.model_copy(update={"rounds": rounds})


Live = Callable[[str, int], LiveScene | None]
"""What was measured for a scene's key in a round, if it is still known."""


def lessons_value(walk: Walk, live: Live = lambda _key, _round: None) -> LessonsValue:
    """The tab's value.

    Args:
        walk: of the person.
        live: the measurements of today.
    """
    lesson, every = walk.opened, list(lessons().values())
    after = [other.name for other in every if other.number > lesson.number]
    return LessonsValue(
        entries=tuple(_entry(one, walk.lesson) for one in every),
        lesson=lesson.name,
        number=lesson.number,
        title=lesson.title,
        about=lesson.about,
        scene=lesson.scenes.index(walk.front),
        done=tuple(f"{lesson.name}/{scene.name}" in walk.guesses for scene in lesson.scenes),
        card=_card(walk, live),
        problems=problems_of(walk.front),
        next=after[0] if after else "",
    )


def _entry(lesson: LessonPath, opened: str) -> LessonEntry:
    return LessonEntry(
        name=lesson.name,
        number=lesson.number,
        title=lesson.title,
        about=lesson.about,
        scenes=len(lesson.scenes),
        seconds=lesson.seconds,
        open=lesson.name == opened,
    )


def _card(walk: Walk, live: Live) -> SceneCard:
    lesson, scene, guess = walk.opened, walk.front, walk.guesses.get(walk.key)
    now = live(walk.key, walk.rounds.get(walk.key, 0))
    return SceneCard(
        name=scene.name,
        ask=asked(lesson, scene),
        choices=lesson.choices(scene),
        guess=guess,
        revealed=None if guess is None else revealed(lesson, scene, guess, now),
        look=lesson.text(scene, "look"),
        address=scene.address,
        seconds=scene.seconds,
    )


def asked(lesson: LessonPath, scene: Scene) -> str:
    """The question; where it names a measured bound, that is filled in.

    Args:
        lesson: that has the scene.
        scene: one of it.
    """
    unit = unit_of(scene)
    known_bounds = {
        name: _amount(estimate(scene, at).value, unit)
        for name in ("floor", "ceiling")
        if (at := bound(scene, name)) is not None
    }
    return lesson.text(scene, "ask", **known_bounds)


def unit_of(scene: Scene) -> str:
    """The unit of a scene's metric."""
    metrics = recorded(scene.experiment).metrics
    return {metric.name: metric.unit for metric in metrics}.get(scene.metric, "share")


def revealed(
    lesson: LessonPath, scene: Scene, guess: float | None, now: LiveScene | None = None
) -> Revealed:
    """What a scene shows once it was predicted.

    Args:
        lesson: that has the scene.
        scene: one of it.
        guess: the number of a choice, or percent; None: nobody predicted.
        now: what was measured live.
    """
    table = recorded(scene.experiment)
    unit = unit_of(scene)
    drawn = [_bar(lesson, scene, bar, unit, now) for bar in bars(scene)]
    tops = [one.high for bar in drawn for one in (bar.recorded, bar.live) if one is not None]
    spec = table.meta["spec"]
    return Revealed(
        bars=tuple(drawn),
        scale=1.0 if unit in SHARES else 1.05 * max(tops),
        metric=called("metric", scene.metric),
        right=right_answer(scene),
        told=_told(lesson, scene, guess, unit),
        take=lesson.text(scene, "take"),
        source=say(
            "said.lesson.source",
            experiment=scene.experiment,
            n=spec.get("n"),
            seed=spec.get("seed"),
            models=", ".join(models_of(scene)),
            version=table.meta.get("versions", {}).get("lab", ""),
        ),
        measurable=not scene.only_recorded,
        only_recorded=_only_recorded(scene),
        agrees=_agrees(drawn, unit) if now is not None else "",
    )


def _only_recorded(scene: Scene) -> str:
    if not scene.only_recorded:
        return ""
    key = scene.only_recorded.replace(" ", "_")
    return say(f"said.lesson.recorded.{key}", models=", ".join(models_of(scene)))


def models_of(scene: Scene) -> list[str]:
    """The models behind a scene's figures: those of its own rows, where the rows say so."""
    found: dict[str, None] = {}
    for bar in bars(scene):
        table = recorded(scene.experiment_of(bar.at))
        said = _models_in(table, bar.at.condition, bar.at.channel)
        found |= dict.fromkeys(said or table.meta.get("hosts", {}))
    return list(found)


def _models_in(table: ResultTable, condition: str, channel: str) -> list[str]:
    def names() -> list[str]:
        part = table.rows_of(condition, channel)
        named = [name for end in ("sender", "receiver") if end in part for name in part[end]]
        return list(dict.fromkeys(named))

    return table.once(("models", condition, channel), names)


def _bar(
    lesson: LessonPath, scene: Scene, bar: SceneBar, unit: str, now: LiveScene | None
) -> LessonBar:
    role = bar.name if bar.name in ("floor", "ceiling") else "asked"
    names = list(scene.asked)
    option = names.index(bar.name) if len(names) > 1 and role == "asked" else None
    live = estimate(scene, bar.at, now.table) if now else None
    hits: list[bool] = []
    if now and set(found := list(values_of(scene, bar.at, now.table).values())) <= {0.0, 1.0}:
        hits = [value == 1.0 for value in found]
    return LessonBar(
        label=_label(lesson, scene, bar),
        role=role,
        option=None if isinstance(scene.predict, AskCompare) else option,
        recorded=_figure(bar.figure, unit),
        live=_figure(live, unit) if live else None,
        hits=tuple(hits) if role == "asked" else (),
    )


def _label(lesson: LessonPath, scene: Scene, bar: SceneBar) -> str:
    """What stands beside a bar."""
    if bar.name in ("floor", "ceiling"):
        return say(f"said.lesson.{bar.name}", what=called_at(scene, bar))
    if isinstance(scene.predict, AskRate):
        return say("said.lesson.measured")
    return lesson.text(scene, f"option.{bar.name}")


def called_at(scene: Scene, bar: SceneBar) -> str:
    """The words of a bar's condition."""
    table = recorded(scene.experiment_of(bar.at))
    for spec in table.meta.get("conditions", []):
        if (spec["name"], spec["channel"]) == (bar.at.condition, bar.at.channel):
            return known(str(spec.get("title") or spec["name"]))
    return known(bar.at.condition)


def _figure(found: Estimate, unit: str) -> LessonFigure:
    low, high = _amount(found.low, unit, bare=True), _amount(found.high, unit)
    return LessonFigure(
        value=found.value,
        low=found.low,
        high=found.high,
        n=found.n,
        text=_amount(found.value, unit),
        interval=say("said.lesson.interval", low=low, high=high),
    )


def _amount(value: float, unit: str, bare: bool = False) -> str:
    """A figure as people read it.

    Args:
        value: the figure.
        unit: of its metric.
        bare: without the unit.
    """
    if unit in SHARES:
        shown = f"{100 * value:.1f}".removesuffix(".0")
        return shown if bare else f"{shown} %"
    return number(value) if bare else f"{number(value)} {called('said.unit', unit)}"


def _told(lesson: LessonPath, scene: Scene, guess: float | None, unit: str) -> str:
    if guess is None:
        return ""
    if isinstance(scene.predict, AskRate):
        found = estimate(scene, scene.predict.of)
        gap = abs(guess / 100 - found.value)
        inside = found.low <= guess / 100 <= found.high
        key = "inside" if inside else "off"
        return say(
            f"said.lesson.told.{key}",
            guess=f"{guess:.0f} %",
            value=_amount(found.value, unit),
            gap=f"{100 * gap:.0f}",
        )
    right = right_answer(scene)
    choice = lesson.choices(scene)[right or 0]
    return say(f"said.lesson.told.{'right' if int(guess) == right else 'wrong'}", choice=choice)


def _agrees(drawn: list[LessonBar], unit: str) -> str:
    """Whether the live figures lie where the recorded ones do; sizes and times are another
    machine's."""
    pairs = [(bar.recorded, bar.live) for bar in drawn if bar.live is not None]
    fine = [
        agree(
            Estimate(one.value, one.low, one.high, one.n),
            Estimate(two.value, two.low, two.high, two.n),
        )
        for one, two in pairs
    ]
    n = pairs[0][1].n if pairs else 0
    if unit not in SHARES:
        return say("said.lesson.agrees.here", n=n)
    return say(f"said.lesson.agrees.{'yes' if all(fine) else 'no'}", n=n)
