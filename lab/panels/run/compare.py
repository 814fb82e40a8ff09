"""The comparison of the methods of one run: answers, work, memory and time, with units. It knows
nothing of drawing.
"""

from __future__ import annotations

from typing import Any

from lab.panels.style import amount_of_bytes, duration, number

COLUMNS = (
    "answer",
    "tokens_read",
    "tokens_written",
    "latent_steps",
    "kv_len",
    "kv_bytes",
    "first_token",
    "seconds",
    "peak_bytes",
    "flops",
)


def comparison(lanes: list[dict[str, Any]]) -> dict[str, Any]:
    """A row per lane; running lanes count what happened so far.

    Args:
        lanes: the lanes of `lab.panels.run.lanes.Lanes`.

    Returns:
        ``columns`` (keys) and ``rows`` of ``title, correct, done`` and ``cells`` (formatted texts
        in the order of the columns). A column that is unknown for every lane (peak memory on a CPU)
        is left out.
    """
    counted = [lane["result"] or _so_far(lane) for lane in lanes]
    known = [c for c in COLUMNS if c == "answer" or any(row.get(c) is not None for row in counted)]
    rows = [
        {
            "title": lane["title"],
            "correct": lane["correct"],
            "done": lane["done"],
            "cells": [
                lane["value"] or lane["answer"] if c == "answer" else _cell(c, row.get(c))
                for c in known
            ],
        }
        for lane, row in zip(lanes, counted, strict=True)
    ]
    return {"columns": known, "rows": rows}


def _so_far(lane: dict[str, Any]) -> dict[str, Any]:
    agents = lane["agents"]
    return {
        "tokens_read": sum((a["prompt"] or {"n": 0})["n"] for a in agents),
        "tokens_written": sum(len(a["words"]) + a["cut"] for a in agents),
        "latent_steps": sum(len(a["dots"]) for a in agents),
        "kv_len": max((a["kv"]["len"] for a in agents), default=0),
        "kv_bytes": None,
        "first_token": None,
        "seconds": lane["at"],
        "peak_bytes": None,
        "flops": None,
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
