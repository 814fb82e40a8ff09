"""Lessons: paths of scenes through the lab, as data in ``presets/lessons``.

A scene is a view of the lab (its address), one question that is answered before anything is shown,
one measurement, and one sentence to take away. No figure stands in a lesson: what is revealed, and
which choice is right, is read from the experiments that come with the lab, and can be measured
again on problems that the recording did not have.
"""

from lab.lessons.lesson import (
    FOLDER,
    TOUR,
    AskCompare,
    AskRate,
    AskWhich,
    FigureAt,
    LessonPath,
    Scene,
    find_lesson,
    lessons,
    read_lesson,
)

__all__ = [
    "FOLDER",
    "TOUR",
    "AskCompare",
    "AskRate",
    "AskWhich",
    "FigureAt",
    "LessonPath",
    "Scene",
    "find_lesson",
    "lessons",
    "read_lesson",
]
