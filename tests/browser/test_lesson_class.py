"""A teacher gives lesson 4 to eight browsers, phones among them, on the real page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_room_page import PHONE, open_room

pytestmark = pytest.mark.browser
SMALL = {"viewport": {"width": 360, "height": 640}, "has_touch": True}
TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
SCREENS = (PHONE, SMALL, PHONE, TABLET, SMALL, PHONE, {}, {})
RATE = "lesson.scene=1"
LESSON = "?tab=lessons&lesson.name=why"


def join(open_page: Callable[..., Page], code: str, number: int) -> Page:
    """A student at the first scene."""
    page = open_page(f"{LESSON}&{RATE}&room={code}", **SCREENS[number])
    page.locator("#room-name").fill(f"Pupil {number}")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.locator(".room-name")).to_have_text(f"Pupil {number}")
    return page


def test_a_teacher_gives_lesson_four_to_eight_browsers(open_page: Callable[..., Page]) -> None:
    teacher = open_page(f"{LESSON}&{RATE}")
    code = open_room(teacher)
    teacher.get_by_role("button", name="All with me").click()
    students = [join(open_page, code, number) for number in range(len(SCREENS))]
    expect(teacher.locator(".room-bar .room-state")).to_have_text("8 here of 8 joined")
    for page in students:  # nothing to answer, and no answers to find, before the teacher asks
        expect(page.locator(".lesson-card")).to_contain_text("has not asked this question yet")
        expect(page.locator(".lesson-card [data-name=predict]")).to_have_count(0)
        expect(page.locator(".lesson-sheet-teacher")).to_be_hidden()
    expect(teacher.locator(".lesson-sheet-teacher")).to_be_visible()

    # a rate
    teacher.locator("[data-name=ask-scene]").click()
    for number, page in enumerate(students):
        page.locator(".room-slider input").fill(str(10 * number))
        page.get_by_role("button", name="Predict", exact=True).click()
        expect(page.locator(".room-note").first).to_contain_text(f"You predicted {10 * number} %")
        expect(page.locator(".room-measured")).to_have_count(0)
    expect(teacher.locator(".room-answered")).to_have_text("8 of 8 predicted")
    teacher.get_by_role("button", name="Show the result to all").click()
    for number, page in enumerate(students):
        expect(page.locator(".room-rate figcaption")).to_contain_text(
            re.compile("Measured: .* n =")
        )
        told = f"You predicted {10 * number} %; measured:"
        expect(page.locator(".lesson-told")).to_contain_text(told)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # all go on with the teacher, and choose
    teacher.locator("[data-name=next]").click()
    for page in students:
        expect(page.locator(".lesson-ask")).to_contain_text("the tokenizer")
        expect(page.locator(".lesson-card")).to_contain_text("has not asked this question yet")
    teacher.locator("[data-name=ask-scene]").click()
    for number, page in enumerate(students):
        page.locator(".room-card .room-pick").nth(number % 4).click()
    expect(teacher.locator(".room-answered")).to_have_text("8 of 8 predicted")
    expect(teacher.locator(".room-bars b")).to_have_text(["2"] * 4)
    teacher.get_by_role("button", name="Show the result to all").click()
    for page in students:
        expect(page.locator(".room-bars em")).to_have_text("your prediction")
        expect(page.locator(".room-bars li.right")).to_have_count(1)

    # free again; the teacher's own view is shown once
    teacher.get_by_role("button", name="Own pace").click()
    teacher.get_by_role("tab", name="Memory", exact=True).click()
    teacher.get_by_role("button", name="Show my view").click()
    for page in students:
        memory = page.get_by_role("tab", name="Memory", exact=True)
        expect(memory).to_have_attribute("aria-selected", "true")

    teacher.locator(".room-more summary").click()
    with teacher.expect_download() as waiting:
        teacher.get_by_role("link", name="Results (CSV)").click()
    table = waiting.value.path().read_text(encoding="utf-8-sig")
    assert "Pupil" not in table
    rows = list(csv.DictReader(io.StringIO(table)))
    assert sum(int(row["students"]) for row in rows) == 2 * len(SCREENS)

    teacher.get_by_role("button", name="Reset for the next group").click()
    teacher.get_by_role("button", name=re.compile("Really reset")).click()
    expect(teacher.locator(".room-bar .room-state")).to_have_text("0 here of 0 joined")
    for page in students:
        expect(page.locator(".room-join")).to_be_visible()
