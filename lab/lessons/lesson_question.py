"""A scene's question as a room asks it: the measured rate or the right choice goes with it, and is
shown with the result.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from lab.lessons.lesson import AskRate, find_lesson
from lab.lessons.lesson_figures import estimate, right_answer
from lab.lessons.lesson_view import asked
from lab.rooms import Measured, NewQuestion
from lab.words import for_the_page


def room_question(lesson: str, scene: int) -> NewQuestion:
    """The question of a scene, in English: everybody in the room reads it in their own language.

    Args:
        lesson: its name.
        scene: its number, from 0; beyond the last one, that is meant.

    Raises:
        BadInput: if there is no such lesson.
    """
    found = find_lesson(lesson)
    number = min(scene, len(found.scenes) - 1)
    one = found.scenes[number]
    measured = None
    if isinstance(one.predict, AskRate):
        rate = estimate(one, one.predict.of)
        percent = (round(100 * value, 1) for value in (rate.value, rate.low, rate.high))
        measured = Measured(**dict(zip(("rate", "low", "high"), percent, strict=True)), n=rate.n)
    with for_the_page(on=False):
        return NewQuestion(
            text=asked(found, one),
            choices=found.choices(one),
            address=scene_address(found.name, number),
            measured=measured,
            right=right_answer(one),
        )


def scene_address(lesson: str, scene: int) -> str:
    """The address of a scene.

    Args:
        lesson: its name.
        scene: its number, from 0.
    """
    return f"tab=lessons&lesson.name={lesson}&lesson.scene={scene + 1}"


def is_teachers(lesson: str, scene: int, asked: str, revealed: bool, together: bool) -> bool:
    """Whether a scene is the teacher's to open: in the lesson that the class is asked from, all
    scenes from the open question on; while all go together, every lesson.

    Args:
        lesson: of the scene.
        scene: its number, from 0.
        asked: the address of the room's newest question; empty if there is none.
        revealed: whether its result was shown.
        together: whether the class goes together.
    """
    said = parse_qs(asked)
    number = said.get("lesson.scene", [""])[0]
    if said.get("lesson.name") != [lesson] or not number.isdecimal():
        return together
    at = int(number) - 1
    return scene > at or (scene == at and not revealed)
