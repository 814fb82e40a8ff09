"""Who works for the page where many do: a line per worker of a cluster, and all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.panels.widget_values import NotesValue, TableValue, notes_value, table_value
from lab.words import say

HEADS = ("machine", "device", "now", "runs", "each", "loaded")


def machines_table(lines: Sequence[Mapping[str, Any]]) -> TableValue:
    """The workers.

    Args:
        lines: as `lab.service.crew.Crew.machines` gives them.
    """
    rows = [
        (
            str(line["machine"]),
            str(line["device"]),
            str(line["at"]) or say("models.machines.free"),
            str(line["runs"]),
            f"{line['seconds'] / line['runs']:.1f} s" if line["runs"] else "–",
            ", ".join(line["loaded"]) or "–",  # the widest: a phone shows the others
        )
        for line in lines
    ]
    return table_value([say(f"models.machines.{head}") for head in HEADS], rows)


def machines_notes(
    lines: Sequence[Mapping[str, Any]], size: int, waiting: int, lost: int
) -> NotesValue:
    """What the workers are together.

    Args:
        lines: as `lab.service.crew.Crew.machines` gives them.
        size: workers that there can be.
        waiting: runs in the queue.
        lost: workers that died and were replaced.
    """
    places = len({line["machine"] for line in lines})
    busy = sum(bool(line["at"]) for line in lines)
    runs, seconds = sum(line["runs"] for line in lines), sum(line["seconds"] for line in lines)
    rate = f"{60 * size * runs / seconds:.0f}" if seconds else "–"
    return notes_value(
        [
            say("models.machines.rate", runs=runs, rate=rate) if runs else "",
            say("models.machines.lost", n=lost) if lost else "",
        ],
        say(
            "models.machines.all",
            n=len(lines),
            size=size,
            places=places,
            busy=busy,
            waiting=waiting,
        ),
    )
