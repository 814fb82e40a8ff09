"""Judging through the face: the one checker, and a sentence where it cannot judge."""

import pytest

import lab
from lab.errors import BadInput
from lab.worlds import check
from lab.worlds.judge import judge


@pytest.mark.parametrize(
    ("truth", "answer", "kind", "right"),
    [
        ("7", "There are 27 sheep.", "number", False),
        ("7", "There are 7 sheep.", "number", True),
        ("7", "There are 7 sheep.", None, True),
        ("Cald", "It is not Cald but Brul.", "text", False),
        ("B", "The answer is (B).", None, True),
    ],
)
def test_the_face_asks_the_one_checker(
    truth: str, answer: str, kind: str | None, right: bool
) -> None:
    verdict = lab.judge(truth, answer, kind)  # type: ignore[arg-type]
    assert verdict.correct is right
    assert kind is None or verdict == judge(truth, answer, kind)  # type: ignore[arg-type]


def test_a_problem_judges_its_own_answers() -> None:
    task = lab.problem("ledger", seed=11, depth=2)
    assert lab.judge(task, task.answer) == check(task, task.answer)
    assert lab.judge(task, task.answer).correct
    assert not lab.judge(task, "answer 30").correct
    assert lab.judge(task, lab.speak("pocket-base", task, role="solo")).correct


@pytest.mark.parametrize(
    ("truth", "answer", "kind", "expected"),
    [
        ("7", "7", "prose", "Unknown kind of answer 'prose'"),
        ("assert (", "x = 1", "code", "The tests are no Python"),
        ("", "7", None, "The truth is empty"),
        ("many sheep", "7", "number", "is no number"),
        ("7", 7, None, "The answer is a int: expected"),
        ("7", None, None, "The answer is a NoneType: expected"),
    ],
)
def test_what_cannot_be_judged_is_one_sentence(
    truth: str, answer: object, kind: str | None, expected: str
) -> None:
    with pytest.raises(BadInput) as caught:
        lab.judge(truth, answer, kind)  # type: ignore[arg-type]
    assert expected in str(caught.value)
