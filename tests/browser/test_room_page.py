"""A lesson with a room: a teacher's browser and a student's phone, on the real page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def open_room(page: Page) -> str:
    """Open a room; its code."""
    page.get_by_role("button", name="Room", exact=True).click()
    page.get_by_role("button", name="Open the room").click()
    code = page.locator(".room-bar .room-code")
    expect(code).to_have_text(re.compile(r"^[A-Z0-9]{6}$"))
    return code.inner_text()


def ask(page: Page, text: str, choices: str = "") -> None:
    """Open a question of the teacher's own."""
    page.get_by_role("button", name="Ask the class").click()
    page.locator("#room-ask-text").fill(text)
    page.locator("#room-ask-choices").fill(choices)
    page.get_by_role("button", name="Open the question").click()


@pytest.fixture
def people(open_page: Open) -> tuple[Page, Page]:
    """A teacher, and a student on a phone who joined."""
    teacher = open_page()
    code = open_room(teacher)
    student = open_page(f"?room={code}", **PHONE)
    student.locator("#room-name").fill("<b>Ada</b>")
    student.get_by_role("button", name="Join", exact=True).click()
    expect(student.locator(".room-name")).to_have_text("<b>Ada</b>")
    return teacher, student


def test_a_class_predicts_and_sees_what_all_predicted(people: tuple[Page, Page]) -> None:
    teacher, student = people
    expect(teacher.locator(".room-bar .room-state")).to_have_text("1 here of 1 joined")

    ask(teacher, "What will it answer?", "7\n12\n<i>19</i>")
    student.get_by_role("button", name="<i>19</i>").click()
    expect(teacher.locator(".room-answered")).to_have_text("1 of 1 predicted")
    expect(student.locator(".room-bars")).to_have_count(0)
    student.get_by_role("button", name="7", exact=True).click()
    expect(teacher.locator(".room-bars b")).to_have_text(["1", "0", "0"])
    expect(teacher.locator(".room-card")).not_to_contain_text("Ada")
    teacher.locator("[data-name=right]").select_option("1")
    teacher.get_by_role("button", name="Show the result to all").click()
    expect(student.locator(".room-bars li.right")).to_contain_text("12")
    expect(student.locator(".room-bars em")).to_have_text("your prediction")
    assert student.evaluate("document.documentElement.scrollWidth <= innerWidth")

    with teacher.expect_download() as waiting:
        teacher.locator(".room-more summary").click()
        teacher.get_by_role("link", name="Results (CSV)").click()
    table = waiting.value.path().read_text(encoding="utf-8-sig")
    assert "What will it answer?,7,1,no" in table and "Ada" not in table


def test_a_rate_stands_beside_what_was_measured(people: tuple[Page, Page]) -> None:
    teacher, student = people
    teacher.get_by_role("button", name="Ask the class").click()
    teacher.locator("#room-ready").select_option(index=2)
    teacher.get_by_role("button", name="Open the question").click()
    send = student.get_by_role("button", name="Predict", exact=True)
    expect(send).to_be_disabled()  # nothing is chosen for anybody
    student.locator(".room-slider input").fill("40")
    send.click()
    expect(student.locator(".room-note")).to_contain_text("You predicted 40 %")
    teacher.get_by_role("button", name="Show the result to all").click()
    expect(student.locator(".room-rate figcaption")).to_contain_text(
        re.compile(r"Measured: [\d.]+ % \(95 % interval [\d.]+ % to [\d.]+ %, n = 200\)")
    )


def test_the_teacher_leads_pauses_and_makes_the_room_ready_for_the_next_group(
    people: tuple[Page, Page],
) -> None:
    teacher, student = people
    together = teacher.get_by_role("button", name="All with me")
    together.click()
    expect(together).to_have_attribute("aria-pressed", "true")
    teacher.get_by_role("tab", name="Map", exact=True).click()
    expect(student.get_by_role("tab", name="Map", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    teacher.get_by_role("button", name="Pause").click()
    expect(student.locator(".room-halt")).to_be_visible()
    assert student.locator("#lab-body").get_attribute("inert") is not None
    teacher.get_by_role("button", name="Go on").click()
    expect(student.locator(".room-halt")).to_have_count(0)

    student.reload()
    expect(student.locator(".room-name")).to_have_text("<b>Ada</b>")
    expect(student.get_by_role("tab", name="Map", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    student.get_by_role("button", name="Hand in this record").click()
    teacher.locator(".room-more summary").click()
    expect(teacher.locator(".room-who")).to_contain_text("Handed in")
    teacher.get_by_role("button", name="Reset for the next group").click()
    teacher.get_by_role("button", name=re.compile("Really reset")).click()
    expect(student.locator(".room-join")).to_be_visible()
    expect(teacher.locator(".room-bar .room-state")).to_have_text("0 here of 0 joined")


def test_a_second_teacher_comes_in_by_a_link_that_leaves_no_trace(open_page: Open) -> None:
    teacher = open_page()
    code = open_room(teacher)
    teacher.locator(".room-more summary").click()
    teacher.get_by_role("button", name="Invite a second teacher").click()
    link = teacher.locator(".room-dialog input").input_value()
    second = open_page(link.partition("/?")[1].lstrip("/") + link.partition("/?")[2])
    expect(second.get_by_role("button", name="Ask the class")).to_be_visible()
    assert code in second.url and "#" not in second.url
    names = {part.split("=")[0].strip() for part in second.evaluate("document.cookie").split(";")}
    assert names <= {"", "lab-language", "lab-browser"}
    teacher.keyboard.press("Escape")
    teacher.get_by_role("button", name="Show the code").click()
    picture = teacher.locator(".room-poster img")
    expect(picture).to_be_visible()
    assert picture.evaluate("i => i.decode().then(() => i.naturalWidth)") > 0


def records(page: Page) -> Locator:
    """The user's own records in the list; shipped ones say “recorded”."""
    return (
        page.locator(".lab-rail-item")
        .filter(has_not_text="recorded")
        .filter(has_not_text="Synthetic")
    )


def test_a_students_run_is_on_the_students_shelf_alone_until_it_is_handed_in(
    people: tuple[Page, Page], open_page: Open, server: Server
) -> None:
    teacher, student = people
    before = records(teacher).count()
    student.get_by_role("button", name="Run", exact=True).click()
    student.wait_for_function(
        "() => new URLSearchParams(location.search).get('record')?.startsWith('20')"
    )
    record = student.evaluate("new URLSearchParams(location.search).get('record')")
    stranger = open_page(f"?record={record}")
    expect(stranger.locator("#lanes .lab-error")).to_contain_text("There is no record named")
    packed = f"{server.url}/lab/records/{record}.zip"
    assert stranger.request.get(packed).status == 404
    assert student.request.get(packed).status == 200
    teacher.reload()
    expect(records(teacher)).to_have_count(before)
    student.get_by_role("button", name="Hand in this record").click()
    expect(student.locator(".room-said")).to_have_text("Your teacher has this record now.")
    teacher.reload()
    expect(records(teacher)).to_have_count(before + 1)


def test_a_students_own_question_is_refused_until_the_teacher_allows_it(
    people: tuple[Page, Page],
) -> None:
    teacher, student = people
    student.goto(student.url.split("&")[0] + "&tab=models")
    question = student.locator("#tab-models").get_by_label("Question", exact=True)
    expect(question).not_to_have_value("")  # one of the world's was drawn
    question.fill("How many coins are in the red box?")
    student.get_by_role("button", name="Ask", exact=True).click()
    expect(student.locator("#models-spoken")).to_contain_text("Questions of one's own are off")
    teacher.locator(".room-more summary").click()
    teacher.get_by_label("Students may ask questions of their own").check()
    teacher.get_by_role("button", name="Save limits").click()
    expect(teacher.locator(".room-said")).to_contain_text("saved")
    student.get_by_role("button", name="Ask", exact=True).click()
    expect(student.locator("#models-spoken")).not_to_contain_text("are off")
