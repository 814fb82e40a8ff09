"""LessonPath files are parsed at the border, with line and reason; the lab's own fit the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.lessons import TOUR, LessonPath, Scene, find_lesson, lessons, read_lesson
from lab.lessons.lesson import SAME
from lab.lessons.lesson_question import is_teachers, room_question, scene_address
from lab.lessons.lesson_view import revealed
from lab.panels.drafts.claim_cards import cards, find_card
from lab.rooms.room_state import LONGEST_CHOICE, LONGEST_QUESTION
from lab.ui.frame.address import parse
from lab.ui.tabs.break_it.break_address import opened
from lab.ui.tabs.break_it.break_parts import FIGURES, METRICS
from lab.words import LANGUAGES, texts_of

GOOD = """number: 1
scenes:
  - name: one
    seconds: 30
    address: "tab=break"
    experiment: relay
    predict: {kind: rate, of: {condition: method, channel: kv}}
"""
SCENES = [(lesson, scene) for lesson in lessons().values() for scene in lesson.scenes]
IDS = [f"{lesson.name}-{scene.name}" for lesson, scene in SCENES]


def unknown(address: str) -> list[str]:
    """What of an address the page would ignore."""
    arrival = parse(address)
    said = {pair.partition("=")[0] for pair in address.split("&")}
    known = {key for key in said if key in arrival.ignored}
    opened(arrival, FIGURES, METRICS)
    return sorted(known | {*arrival.ignored})


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lesson_is_read_and_named_after_its_file(tmp_path: Path) -> None:
    lesson = read_lesson(written(tmp_path, GOOD))
    assert (lesson.name, lesson.seconds, lesson.scenes[0].name) == ("mine", 30, "one")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("seconds: 30", "seconds: 0", 4, "greater than or equal to 5"),
        ("kind: rate", "kind: guess", 7, "does not match any of the expected tags"),
        ("experiment: relay", "experiment: relay\n    answer: 7", 7, "not permitted"),
        ("condition: method, ", "", 7, "Field required"),
        ("number: 1", "number: [", 3, "expected the node content"),
        ("name: one", "name: One more", 3, "should match pattern"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    with pytest.raises(BadInput) as told:
        read_lesson(written(tmp_path, GOOD.replace(old, new)))
    assert f"mine.yaml, line {line}:" in str(told.value)
    assert reason in str(told.value)


def test_an_address_that_the_page_does_not_know_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("tab=break", "tab=break&break.seed=x"))
    assert read_lesson(path)
    with pytest.raises(BadInput, match=r"line 5: the address says break\.seed"):
        read_lesson(path, unknown)


def test_a_rate_of_what_is_no_share_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="tokens is no share"):
        read_lesson(written(tmp_path, GOOD.replace("relay", "relay\n    metric: tokens")))


def test_the_tour_has_six_scenes_and_lasts_ninety_seconds() -> None:
    tour = find_lesson(TOUR)
    assert (len(tour.scenes), tour.seconds) == (6, 90)
    assert next(iter(lessons())) == TOUR


@pytest.mark.parametrize(("lesson", "scene"), SCENES, ids=IDS)
def test_every_scene_has_its_texts_and_its_view(lesson: LessonPath, scene: Scene) -> None:
    assert unknown(scene.address) == []
    start = f"lesson.{lesson.name}.{scene.name}."
    wanted, maybe = {"ask", "take"}, {"look"}
    if len(scene.asked) > 1:
        wanted |= {f"option.{name}" for name in scene.asked}
    if scene.predict.kind == "compare":
        maybe |= {f"option.{answer}" for answer in SAME}
    for language in LANGUAGES:
        texts = texts_of(language)
        found = {key.removeprefix(start) for key in texts if key.startswith(start)}
        assert wanted <= found <= wanted | maybe, language


def test_the_lessons_follow_the_tour_numbered_without_a_gap() -> None:
    assert [lesson.number for lesson in lessons().values()] == list(range(len(lessons())))


def test_no_figure_is_typed_into_a_lesson() -> None:
    for language in LANGUAGES:
        for key, text in texts_of(language).items():
            if key.startswith("lesson."):
                assert not re.search(r"\d\s*%|\d\.\d|\d+ of \d+", text), key


@pytest.mark.parametrize(("lesson", "scene"), SCENES, ids=IDS)
def test_every_scene_can_be_asked_in_a_room(lesson: LessonPath, scene: Scene) -> None:
    question = room_question(lesson.name, lesson.scenes.index(scene))
    assert len(question.text) <= LONGEST_QUESTION
    assert all(len(choice) <= LONGEST_CHOICE for choice in question.choices)
    assert (question.measured is None) == bool(question.choices) == (question.right is not None)
    assert parse(question.address).ignored == {}


def test_scenes_from_the_open_question_on_are_the_teachers() -> None:
    asked = room_question("why", 2).address
    assert asked == scene_address("why", 2)
    waits = [is_teachers("why", scene, asked, False, False) for scene in range(4)]
    assert waits == [False, False, True, True]
    waits = [is_teachers("why", scene, asked, True, True) for scene in range(4)]
    assert waits == [False, False, False, True]
    for together in (False, True):  # another lesson, or none asked yet
        assert is_teachers("layers", 0, asked, True, together) == together
        for address in ("", "tab=map", "tab=lessons&lesson.name=why&lesson.scene=x"):
            assert is_teachers("why", 0, address, False, together) == together


def test_a_scene_is_measured_live_or_says_why_not() -> None:
    only = [(s.name, s.only_recorded) for _, s in SCENES if s.only_recorded]
    trained = [(name, "training") for name in ("student", "shared")]
    assert only == [("passes", "same questions"), ("real", "public model"), *trained]
    for lesson, scene in SCENES:
        found = revealed(lesson, scene, 0)
        assert found.measurable == (found.only_recorded == "")


@pytest.mark.parametrize(("lesson", "scene"), SCENES, ids=IDS)
def test_a_scene_that_leads_to_a_claim_leads_to_its_own_experiment(
    lesson: LessonPath, scene: Scene
) -> None:
    address = parse(scene.address).address
    if address.claim:
        assert address.claim in {card.name for card in cards()}
        assert find_card(address.claim).experiment == scene.experiment
    else:
        assert address.tab != "drafts"
    if lesson.name == "open":  # what is open can be measured: a claim, or a card of constraints
        assert address.claim or (address.tab == "break" and address.break_it.card)
