"""A scene's question as a room asks it: the measured rate or the right choice goes with it, and is
shown with the result.
"""

from __future__ import annotations

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
            address=f"tab=lessons&lesson.name={found.name}&lesson.scene={number + 1}",
            measured=measured,
            right=right_answer(one),
        )
