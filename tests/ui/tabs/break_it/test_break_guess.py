"""What is predicted before the reveal, and what is said of it."""

from __future__ import annotations

from typing import Any

import gradio as gr
import pytest

from lab.stats import wilson
from lab.ui.tabs.break_it.break_guess import (
    GUESSES,
    begin,
    by_chance,
    prediction_sentence,
    to_reveal,
    verdict,
)
from lab.ui.tabs.break_it.break_stage import guessed, reveal
from lab.ui.tabs.break_it.break_values import new_turn


def of(right: int, n: int = 40) -> dict[str, Any]:
    found = wilson(right, n)
    return {"right": right, "n": n, "low": found.low, "high": found.high}


@pytest.mark.parametrize(
    ("right", "told"),
    [
        (39, ("holds", "fails", "fails")),
        (20, ("open", "open", "fails")),
        (12, ("fails", "holds", "fails")),
        (3, ("fails", "holds", "holds")),
        (0, ("fails", "holds", "holds")),
    ],
)
def test_each_prediction_is_held_against_the_rates(right: int, told: tuple[str, ...]) -> None:
    assert tuple(verdict(guess, of(right), of(2)) for guess in GUESSES) == told


def test_two_rates_are_compared_by_the_interval_of_their_difference() -> None:
    """Newcombe 1998, table II, method 10: 0.0524 to 0.3339, 0.0582 to 0.8062, −0.0381 to 0.1926."""
    assert not by_chance(of(56, 70), of(48, 80)) and not by_chance(of(48, 80), of(56, 70))
    assert not by_chance(of(6, 7), of(2, 7))
    assert by_chance(of(5, 56), of(0, 29)) and by_chance(of(0, 29), of(5, 56))


def test_a_prediction_is_compared_with_a_rate_only() -> None:
    this = {"answer": "7", "right": False}
    alone = prediction_sentence({"this": this}, "right")
    coming = prediction_sentence({"this": this}, "right", measuring=True)
    assert "wrong" not in alone + coming and "being measured" in coming
    result = {"this": this | {"rate": of(3)}, "none": {"rate": of(2)}}
    told = prediction_sentence(result, "right", measuring=True)
    assert told.startswith("You said “right”. That does not hold. Measured over 40 problems: 8 of ")
    assert "interval 3 to 20" in told and "handed over 5 of 100" in told
    assert told.endswith("no more often than by chance.")
    assert prediction_sentence(result, "chance").startswith("You said “by chance”. That holds.")
    refused = prediction_sentence({"this": {"refused": "no"}}, "wrong")
    assert refused == "You said “wrong”. This hand-over is refused: there is no answer at all."


@pytest.mark.parametrize(("guess", "ready"), [(None, False), ("60", False), ("chance", True)])
def test_nothing_is_revealed_before_a_guess(guess: str | None, ready: bool) -> None:
    assert begin(guess, None)[1]["interactive"] is ready


def test_a_guess_made_while_its_answer_was_on_the_way_stands() -> None:
    """The page tells of it before, while or after the hand-over begins and is answered."""
    turn = new_turn()
    radio, button = guessed(turn, "right")
    assert radio["value"] == "right" and button["interactive"] is True
    radio, button = to_reveal(turn["guess"])
    assert radio["value"] == "right" and button["interactive"] is True
    for told in (begin(None, None), to_reveal(None)):
        assert "value" not in told[0] and not told[1].get("interactive")
    assert begin(None, "wrong")[0]["value"] is None  # it was made of the answer before


def test_without_a_guess_nothing_is_revealed() -> None:
    turn = new_turn()
    assert reveal(turn, {}, {"this": {}}, None) == [gr.skip()] * 3
    assert turn["revealed"] is None
