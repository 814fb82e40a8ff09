"""Views that a teacher shows within moments: the last one wins, whatever the network and a slow
page do to their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.held_request import Held
from tests.browser.test_room_page import open_room

pytestmark = pytest.mark.browser
VIEW = """async ([code, part]) => {
  const answer = await fetch(`lab/room/${code}`);
  return (await answer.json()).state.view.includes(part);
}"""


@pytest.fixture
def people(open_page: Callable[..., Page]) -> tuple[Page, Page, str]:
    """A teacher, a student, and the room's code."""
    teacher = open_page()
    code = open_room(teacher)
    student = open_page(f"?room={code}")
    student.locator("#room-name").fill("Ada")
    student.get_by_role("button", name="Join", exact=True).click()
    expect(student.locator(".room-name")).to_have_text("Ada")
    return teacher, student, code


def show(teacher: Page, tab: str) -> None:
    """Show the class a tab."""
    teacher.get_by_role("tab", name=tab, exact=True).click()
    teacher.get_by_role("button", name="Show my view").click()


def is_at(page: Page, tab: str) -> None:
    """Wait until a tab is in front."""
    chosen = page.get_by_role("tab", name=tab, exact=True)
    expect(chosen).to_have_attribute("aria-selected", "true")


def test_a_slow_student_ends_at_the_last_view(people: tuple[Page, Page, str]) -> None:
    teacher, student, code = people
    first = Held(student, "**/gradio_api/queue/join*", "tab=map")
    show(teacher, "Map")
    first.wait()
    show(teacher, "Lens")
    student.wait_for_function(f"sessionStorage.getItem('lab-view-{code}') === '2'")
    first.release()
    is_at(student, "Lens")
    expect(student).to_have_url(re.compile("tab=lens"))


def test_a_teacher_who_moves_at_once_is_followed_to_the_last_view(
    people: tuple[Page, Page, str],
) -> None:
    teacher, student, code = people
    first = Held(teacher, "**/lab/room/*/push", "address")
    teacher.get_by_role("button", name="All with me").click()
    first.wait()
    teacher.get_by_role("tab", name="Map", exact=True).click()
    expect(teacher).to_have_url(re.compile("tab=map"))
    for _ in range(2):  # by now a second push is on its way, if it does not wait for the first
        with teacher.expect_response(
            lambda answer: answer.request.method == "GET" and code in answer.url
        ):
            pass
    first.release()
    teacher.wait_for_function(VIEW, arg=[code, "tab=map"], polling=100)
    is_at(student, "Map")
