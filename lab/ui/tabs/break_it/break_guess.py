"""A prediction before the reveal of “Break it”: right, wrong or by chance, and what is said of it
once the rates are measured.

The three are statements about many problems, each held against the measured rates by itself: of a
hand-over that carries nothing both “wrong” and “by chance” hold.
"""

from __future__ import annotations

import math
from typing import Any

import gradio as gr

from lab.words import say

GUESSES = ("right", "wrong", "chance")
"""Most answers are right; most are wrong; they are right no more often than with nothing handed
over."""
HALF = 0.5


def masked(result: dict[str, Any], predict: bool) -> dict[str, Any]:
    """The answers with the one in question covered, where a prediction is wanted first."""
    return {**result, "this": {"hidden": True}} if predict else result


def hidden() -> list[Any]:
    """Guess and Reveal where no prediction is wanted."""
    return [gr.update(visible=False), gr.update(visible=False)]


def to_reveal(guess: str | None) -> list[Any]:
    """Guess and Reveal once there is an answer to reveal.

    Args:
        guess: the one that holds: the page may have heard of it and of the new hand-over in either
            order.
    """
    if guess not in GUESSES:
        return [gr.update(visible=True), gr.update(visible=True)]
    return [gr.update(visible=True, value=guess), gr.update(visible=True, interactive=True)]


def begin(guess: str | None, before: str | None) -> list[Any]:
    """Guess and Reveal for a new hand-over; nothing is revealed before a guess is made. One
    that was made since the button was pressed is left as it is.

    Args:
        guess: one that was made of this hand-over before it began, or None.
        before: what was chosen when the button was pressed.
    """
    chosen = gr.skip() if guess == before else gr.update(value=guess)
    return [chosen, gr.update(interactive=guess in GUESSES)]


def by_chance(rate: dict[str, Any], floor: dict[str, Any]) -> bool:
    """Whether two rates cannot be told apart: the 95 % interval of their difference holds zero
    (Newcombe 1998, method 10, made of the two Wilson intervals).

    Args:
        rate, floor: ``right`` of ``n`` with their interval ``low`` to ``high``.
    """
    p, q = rate["right"] / rate["n"], floor["right"] / floor["n"]
    below = math.hypot(p - rate["low"], floor["high"] - q)
    above = math.hypot(rate["high"] - p, q - floor["low"])
    return bool(-above <= p - q <= below)


def verdict(guess: str, rate: dict[str, Any], floor: dict[str, Any]) -> str:
    """Whether a prediction holds.

    Args:
        guess: one of `GUESSES`.
        rate: of this hand-over, ``right`` of ``n`` with its interval ``low`` to ``high``.
        floor: of none, likewise.

    Returns:
        "holds", "fails", or "open" where the interval reaches over a half.
    """
    if guess == "chance":
        return "holds" if by_chance(rate, floor) else "fails"
    if rate["low"] <= HALF <= rate["high"]:
        return "open"
    return "holds" if (rate["low"] > HALF) == (guess == "right") else "fails"


def prediction_sentence(result: dict[str, Any], guess: str, measuring: bool = False) -> str:
    """The prediction beside the measured rate and that of no hand-over; a single answer is no rate.

    Args:
        guess: one of `GUESSES`.
        measuring: the rate is still to come.
    """
    this, told = result.get("this", {}), say(f"choice.guess_{guess}")
    if "refused" in this:
        return say("said.break_guess.refused", guess=told)
    rate, floor = this.get("rate"), result.get("none", {}).get("rate")
    if not rate or not floor:
        return say(f"said.break_guess.{'measuring' if measuring else 'alone'}", guess=told)
    found = verdict(guess, rate, floor)
    sentence = say(
        "said.break_guess.told",
        guess=told,
        verdict=say(f"said.break_guess.{found}"),
        right=f"{100 * rate['right'] / rate['n']:.0f}",
        low=f"{100 * rate['low']:.0f}",
        high=f"{100 * rate['high']:.0f}",
        floor=f"{100 * floor['right'] / floor['n']:.0f}",
        n=rate["n"],
    )
    if guess != "chance" and by_chance(rate, floor):
        sentence += " " + say("said.break_guess.no_better")
    return sentence
