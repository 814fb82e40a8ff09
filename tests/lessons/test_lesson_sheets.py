"""Sheets print what the figures say: answers for teachers only, nothing loaded, no script."""

from __future__ import annotations

import pytest

from lab.cli import main
from lab.lessons import find_lesson, lessons
from lab.lessons.lesson_figures import bars
from lab.lessons.lesson_sheets import sheet
from lab.lessons.lesson_view import revealed


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_teachers_sheet_has_answers_and_times_and_the_worksheet_has_not(language: str) -> None:
    lesson = find_lesson("why")
    teacher, students = (sheet(lesson, kind, language) for kind in ("teacher", "worksheet"))
    for page in (teacher, students):
        assert "<script" not in page and "src=" not in page and "href=" not in page
        assert page.count("<section>") == len(lesson.scenes)
        assert not any("\ue000" <= letter <= "\uf8ff" for letter in page)
    found = revealed(lesson, lesson.scenes[3], None).bars[1].recorded.text
    assert f"<td>{found}</td>" in teacher and "<td>" not in students
    assert "✓" in teacher and "✓" not in students
    last = sum(scene.seconds for scene in lesson.scenes[:-1])
    assert f"{last // 60}:{last % 60:02d}" in teacher


def test_every_lesson_prints_all_its_figures() -> None:
    for lesson in lessons().values():
        page = sheet(lesson, "teacher")
        assert page.count("<tr>") == sum(len(bars(scene)) for scene in lesson.scenes)


def test_the_command_lists_checks_and_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(lessons())
    assert main(["lessons", "why"]) == 0
    assert "* its words, as text" in capsys.readouterr().out
    assert main(["lessons", "--teacher", "x.html"]) == 2
    assert main(["lessons", "nosuch"]) == 2
