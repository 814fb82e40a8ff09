"""``lessons``: list them, check them against addresses and results, print their sheets."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lab.errors import BadInput


def add_parser(sub: Any) -> None:
    """Register the sub-command."""
    parser = sub.add_parser(
        "lessons", help="list, check and print the lessons of presets/lessons, or one of your own"
    )
    parser.add_argument("name", nargs="?", help="a lesson, or a YAML file; without it, all of them")
    parser.add_argument("--worksheet", type=Path, metavar="FILE", help="write the students' sheet")
    parser.add_argument("--teacher", type=Path, metavar="FILE", help="write the teacher's sheet")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="of the sheets")
    parser.set_defaults(run=show_lessons)


def show_lessons(options: argparse.Namespace) -> int:
    """List, check or print; returns the exit code."""
    from lab.lessons import lessons

    chosen = list(lessons()) if options.name is None else [options.name]
    if options.name is None and (options.worksheet or options.teacher):
        raise BadInput("A sheet is of one lesson: expected its name before --worksheet; add it.")
    for name in chosen:
        lesson = _checked(name)
        if options.name is None:
            scenes, minutes = len(lesson.scenes), lesson.seconds / 60
            print(f"{lesson.name:10} {lesson.title} ({scenes} scenes, {minutes:.1f} min)")
            continue
        for kind in ("worksheet", "teacher"):
            target = getattr(options, kind)
            if target is not None:
                from lab.lessons.lesson_sheets import sheet

                target.write_text(sheet(lesson, kind, options.lang), encoding="utf-8")
                print(f"Wrote {target}")
        if options.worksheet is None and options.teacher is None:
            _print(lesson)
    return 0


def _checked(name: str) -> Any:
    """The lesson, if the page knows its addresses and the lab has its figures."""
    from lab.lessons import find_lesson, read_lesson
    from lab.lessons.lesson import FOLDER
    from lab.lessons.lesson_figures import missing
    from lab.ui.frame.address import parse

    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not name.endswith((".yaml", ".yml")):
        find_lesson(name)
    lesson = read_lesson(path, lambda address: list(parse(address).ignored))
    for scene in lesson.scenes:
        for reason in missing(scene).values():
            raise BadInput(f"{path.name}, scene {scene.name}: {reason}")
    return lesson


def _print(lesson: Any) -> None:
    from lab.lessons.lesson_view import asked, revealed

    print(f"{lesson.title}\n{lesson.about}")
    for i, scene in enumerate(lesson.scenes):
        found = revealed(lesson, scene, None)
        print(f"\n{i + 1}. {asked(lesson, scene)} ({scene.seconds} s)")
        for j, choice in enumerate(lesson.choices(scene)):
            print(f"   {'*' if j == found.right else '-'} {choice}")
        for bar in found.bars:
            print(
                f"   {bar.label}: {bar.recorded.text} {bar.recorded.interval} n = {bar.recorded.n}"
            )
        print(f"   {found.take}\n   ?{scene.address}")
