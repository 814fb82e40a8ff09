"""The comparison of the methods of one run: answers, work, memory and time, with units. It knows
nothing of drawing.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any

from lab.panels.run.lanes_value import Column, Comparison, ComparisonRow
from lab.panels.run.so_far import LaneSoFar
from lab.panels.style import amount_of_bytes, duration, number
from lab.words import known

COLUMNS: tuple[Column, ...] = typing.get_args(Column)


def comparison(lanes: Sequence[LaneSoFar]) -> Comparison:
    """A row per lane; running lanes count what happened so far.

    Args:
        lanes: the lanes of `lab.panels.run.lanes.Lanes`.

    Returns:
        columns and rows of formatted texts. A column that is unknown for every lane (peak memory
        on a CPU) is left out.
    """
    counted = [_counts(lane) for lane in lanes]
    shown = [c for c in COLUMNS if c == "answer" or any(row.get(c) is not None for row in counted)]
    rows = [
        ComparisonRow(
            title=known(lane.started.title),
            correct=lane.finished.correct if lane.finished else None,
            done=lane.finished is not None,
            cells=tuple(
                _answer(lane) if column == "answer" else _cell(column, row.get(column))
                for column in shown
            ),
        )
        for lane, row in zip(lanes, counted, strict=True)
    ]
    return Comparison(columns=tuple(shown), rows=tuple(rows))


def _answer(lane: LaneSoFar) -> str:
    return (lane.finished.value or lane.finished.answer) if lane.finished else ""


def _counts(lane: LaneSoFar) -> dict[str, float | None]:
    """The lane's own sums, or while it runs what has happened so far."""
    if lane.finished:
        return {name: getattr(lane.finished, name) for name in COLUMNS if name != "answer"}
    agents = lane.agents
    return {
        "tokens_read": sum(a.prompt.n if a.prompt else 0 for a in agents),
        "tokens_written": sum(len(a.words) + a.cut for a in agents),
        "latent_steps": sum(len(a.dots) for a in agents),
        "kv_len": max((a.cache.len for a in agents), default=0),
        "seconds": lane.at,
    }


def _cell(column: str, value: Any) -> str:
    if value is None:
        return "–"
    if column.endswith("bytes"):
        return amount_of_bytes(value)
    if column in ("first_token", "seconds"):
        return duration(value)
    if column == "flops":
        return _flops(value)
    return number(int(value))


def _flops(value: float) -> str:
    for unit, size in (("TFLOP", 1e12), ("GFLOP", 1e9), ("MFLOP", 1e6)):
        if value >= size:
            return number(float(value / size), unit)
    return number(float(value), "FLOP")
