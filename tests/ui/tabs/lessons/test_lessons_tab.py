"""Which scene an address names, and to whom sheets are given."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lab.lessons import TOUR, find_lesson
from lab.rooms import Rooms
from lab.ui.frame.address import parse
from lab.ui.frame.context import Ctx
from lab.ui.frame.page_words import Words
from lab.ui.tabs.lessons.lesson_routes import lesson_routes
from lab.ui.tabs.lessons.lessons_tab import scene_wanted


@pytest.mark.parametrize(
    ("query", "wanted", "ignored"),
    [
        ("", None, []),
        ("tab=map", None, []),
        ("tab=lessons", (TOUR, 0), []),
        ("lesson.name=why&lesson.scene=2", ("why", 1), []),
        ("tab=lessons&lesson.scene=3", (TOUR, 2), []),
        ("lesson.name=why&lesson.scene=99", ("why", 0), ["lesson.scene"]),
        ("lesson.name=nobody", None, ["lesson.name"]),
    ],
)
def test_an_address_names_a_scene_from_one(
    query: str, wanted: tuple[str, int] | None, ignored: list[str]
) -> None:
    arrival = parse(query)
    found = scene_wanted(arrival)
    assert (found and (found.lesson, found.scene)) == wanted
    assert list(arrival.ignored) == ignored


def answers(rooms: Rooms, folder: Path) -> TestClient:
    return TestClient(Starlette(routes=lesson_routes(Ctx(None, [folder], Words(), rooms))))


def test_sheets_come_in_a_language_and_the_answers_only_to_teachers_of_a_class(
    tmp_path: Path,
) -> None:
    alone = answers(Rooms(tmp_path / "alone"), tmp_path)
    for kind in ("worksheet", "teacher"):
        page = alone.get(f"/lab/lesson/why/{kind}.html?lang=zh")
        assert page.status_code == 200 and "为什么" in page.text, kind
    assert alone.get("/lab/lesson/nobody/worksheet.html").status_code == 404
    assert alone.get("/lab/lesson/why/answers.html").status_code == 404
    in_class = answers(Rooms(tmp_path / "class", key="k"), tmp_path)
    assert in_class.get("/lab/lesson/why/worksheet.html").status_code == 200
    refused = in_class.get("/lab/lesson/why/teacher.html")
    assert refused.status_code == 403
    right = find_lesson("why").scenes[0].name
    assert right not in refused.text
