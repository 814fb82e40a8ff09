"""Lessons: a path of scenes; in each one question, a prediction, then what was measured, and the
same measured now.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.lessons import TOUR, find_lesson
from lab.lessons.lesson_question import is_teachers
from lab.lessons.lesson_value import LessonsValue, LookBehind, MeasureScene, SceneGuess, SceneWanted
from lab.lessons.lesson_view import Walk, lessons_value
from lab.ui.frame.address import Arrival, LessonAddress
from lab.ui.frame.context import Ctx, Share
from lab.ui.frame.waiting import browser
from lab.ui.tabs.lessons.lesson_runs import SceneRuns
from lab.ui.widgets import Kind, message
from lab.words import say

LESSONS = Kind(
    "lessons.js",
    LessonsValue,
    {"scene": SceneWanted, "guess": SceneGuess, "measure": MeasureScene, "look": LookBehind},
)


@dataclass
class Parts:
    """The tab's components."""

    picture: gr.HTML
    walk: gr.State
    """The `Walk` of the person at the page."""
    runs: SceneRuns
    came: gr.State
    """``{"n": …, "wanted": …}``: the scene that the last address named; changes with every address
    that names one."""


def build(ctx: Ctx) -> Parts:
    """The scene in front, and the list of lessons."""
    picture = LESSONS.widget(lessons_value(Walk()), elem_id="lessons", label=ctx.t("tab.lessons"))
    return Parts(picture, gr.State(Walk()), SceneRuns(), gr.State({"n": 0, "wanted": None}))


def wire(ctx: Ctx, parts: Parts) -> None:
    """A prediction shows the figures; the address says which scene is in front."""
    runs = parts.runs
    both = [parts.walk, parts.picture]

    def shown(walk: Walk) -> list[Any]:
        return [walk, lessons_value(walk, runs.get)]

    def scene(walk: Walk, evt: gr.EventData) -> list[Any]:
        wanted = message(SceneWanted, evt)
        return shown(walk.at(wanted.lesson, wanted.scene))

    def guess(walk: Walk, evt: gr.EventData) -> list[Any]:
        asked = ctx.rooms.asked(browser())
        if asked is not None and is_teachers(walk.lesson, walk.scene, *asked):
            return shown(walk)  # a page that has not heard of it yet
        return shown(walk.predicting(message(SceneGuess, evt).value))

    def measure(walk: Walk) -> Iterator[list[Any]]:
        after = walk.measured()
        before = lessons_value(walk, runs.get)
        waiting = say("said.lesson.asked")
        yield [gr.skip(), before.model_copy(update={"working": waiting})]
        for line in runs.measure(ctx, walk.key, after.rounds[walk.key], walk.front):
            yield [gr.skip(), before.model_copy(update={"working": line})]
        yield shown(after)

    ctx.when(parts.picture.scene, scene, [parts.walk], both)
    ctx.when(parts.picture.guess, guess, [parts.walk], both)
    ctx.when(parts.picture.measure, measure, [parts.walk], both, device=True)
    ctx.opens(parts.picture.look, _behind)

    def read(walk: Walk) -> dict[str, Any]:
        known = LessonAddress(name=walk.lesson, scene=walk.scene + 1) if walk.begun else None
        return {"lesson": known or LessonAddress()}

    def put(arrival: Arrival) -> list[Any]:
        wanted = scene_wanted(arrival)
        return [gr.skip() if wanted is None else {"n": random.random(), "wanted": wanted}]

    def came(now: dict[str, Any], walk: Walk) -> list[Any]:
        wanted: SceneWanted | None = now["wanted"]
        if wanted is None:  # an address that names no scene changes nothing
            return [gr.skip() for _ in both]
        return shown(walk.at(wanted.lesson, wanted.scene))

    ctx.addresses(Share([parts.walk], read, [parts.came], put, [parts.walk.change]))
    ctx.when(parts.came.change, came, [parts.came, parts.walk], both)


def scene_wanted(arrival: Arrival) -> SceneWanted | None:
    """The scene that an address names; one that names none leaves everybody where they are, unless
    it is that of this tab, which opens on the tour."""
    part = arrival.address.lesson
    if part.name is None and arrival.address.tab != "lessons":
        return None
    try:
        lesson = find_lesson(part.name or TOUR)
    except LabError:
        arrival.ignore("lesson.name")
        return None
    number = part.scene or 1
    if number > len(lesson.scenes):
        arrival.ignore("lesson.scene")
        number = 1
    return SceneWanted(lesson=lesson.name, scene=number - 1)


def _behind(event: gr.EventData) -> str:
    """The address of the panel behind a scene."""
    wanted = message(LookBehind, event)
    return find_lesson(wanted.lesson).scenes[wanted.scene].address
