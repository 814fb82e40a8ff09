"""The histogram of a class's predictions, and the table that a teacher takes home."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.rooms.room_state import BINS, Measured, RoomTally

HEADER = ("question", "prediction", "students", "right", "measured", "low", "high", "n")


@dataclass(frozen=True)
class Answered:
    """One question with all its predictions, in no order that could name anybody."""

    text: str
    choices: tuple[str, ...]
    values: tuple[float, ...]
    right: int | None
    measured: Measured | None


def tally_of(choices: Sequence[str], values: Iterable[float]) -> RoomTally:
    """Count predictions.

    Args:
        choices: of the question; none: the predictions are percent.
        values: numbers of choices, or percent.
    """
    known = list(values)
    counts = [0] * (len(choices) or BINS)
    for value in known:
        counts[int(value) if choices else min(int(value * BINS / 100), BINS - 1)] += 1
    mean = sum(known) / len(known) if known and not choices else None
    return RoomTally(counts=tuple(counts), answered=len(known), mean=mean)


def results_csv(answered: Iterable[Answered]) -> str:
    """One line per question and choice, or bin of a rate: how many, not who."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(HEADER)
    for asked in answered:
        tally = tally_of(asked.choices, asked.values)
        bins = [f"{i * 100 // BINS} to {(i + 1) * 100 // BINS} %" for i in range(BINS)]
        for i, (name, count) in enumerate(zip(asked.choices or bins, tally.counts, strict=True)):
            right = "" if asked.right is None else ("yes" if asked.right == i else "no")
            m = asked.measured
            known = [m.rate, m.low, m.high, m.n] if m else [None] * 4
            lines.writerow([_text(asked.text), _text(name), count, right, *known])
    return out.getvalue()


def _text(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
