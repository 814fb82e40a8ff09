"""Who works for the page where many do: a line per worker of a cluster, and all together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.panels.widget_values import NotesValue, TableValue, notes_value, table_value
from lab.words import say

HEADS = ("machine", "device", "now", "runs", "each", "loaded")
STATES = ("here", "silent", "starting", "replacing")


@dataclass(frozen=True)
class Standing:
    """How a crew is just now."""

    workers: tuple[dict[str, Any], ...]
    """A line per worker: ``state`` (``here``; ``silent``, for ``silent_s`` seconds; ``starting``;
    ``replacing``, which is starting in place of a lost one), ``machine``, ``device``, ``loaded``
    (names), ``at`` (what it does), ``runs`` and ``seconds`` (done so far)."""
    size: int
    """Workers that there can be."""
    runs: int = 0
    """Done so far by all, the lost ones too."""
    seconds: float = 0.0
    """That these took."""
    lost: int = 0
    """Workers that died so far."""
    last: dict[str, Any] | None = None
    """The last of them: ``machine``, ``at`` (what it was at), ``seconds`` (since then), ``left``
    (whether its machine has left the cluster too)."""
    trouble: str = ""
    """Why no new worker starts; empty where they do."""


def machines_table(standing: Standing) -> TableValue:
    """The workers.

    Args:
        standing: of the crew.
    """
    rows = [
        (
            str(line["machine"]) or "–",
            str(line["device"]) or "–",
            _now(line),
            str(line["runs"]) if line["machine"] else "–",
            f"{line['seconds'] / line['runs']:.1f} s" if line["runs"] else "–",
            ", ".join(line["loaded"]) or "–",
        )
        for line in standing.workers
    ]
    return table_value([say(f"models.machines.{head}") for head in HEADS], rows, wide=True)


def _now(line: Mapping[str, Any]) -> str:
    """What a worker is at, or why at nothing."""
    if line["state"] == "silent":
        return say("models.machines.silent", seconds=f"{line['silent_s']:.0f}")
    if line["state"] != "here":
        return say(f"models.machines.{line['state']}")
    return str(line["at"]) or say("models.machines.free")


def machines_notes(standing: Standing, waiting: int) -> NotesValue:
    """What the workers are together, and what has become of those that are missing.

    Args:
        standing: of the crew.
        waiting: runs in the queue.
    """
    workers, size = standing.workers, standing.size
    of = {state: [one for one in workers if one["state"] == state] for state in STATES}
    each = standing.seconds / standing.runs if standing.runs else 0.0
    rate = f"{60 * size / each:.0f}" if each else "–"
    silent = {str(one["machine"]) for one in of["silent"]}
    return notes_value(
        [
            say("models.machines.to_start", n=len(of["starting"])) if of["starting"] else "",
            say("models.machines.to_replace", n=len(of["replacing"])) if of["replacing"] else "",
            say("models.machines.no_answer", n=len(of["silent"]), where=", ".join(sorted(silent)))
            if silent
            else "",
            standing.trouble and say("models.machines.trouble", why=standing.trouble),
            say("models.machines.lost", n=standing.lost, last=_last(standing.last))
            if standing.last
            else "",
            say("models.machines.rate", runs=standing.runs, rate=rate) if standing.runs else "",
        ],
        say(
            "models.machines.all",
            n=len(of["here"]),
            size=size,
            places=len({one["machine"] for one in of["here"]}),
            busy=sum(bool(one["at"]) for one in of["here"]),
            waiting=waiting,
        ),
    )


def _last(loss: Mapping[str, Any]) -> str:
    """The last worker that died: where, when, in what, and whether its machine is gone too."""
    minutes, seconds = divmod(int(loss["seconds"]), 60)
    ago = say(
        "models.machines.minutes" if minutes else "models.machines.seconds", n=minutes or seconds
    )
    what = say("models.machines.was_at", what=loss["at"]) if loss["at"] else ""
    left = say("models.machines.left") if loss["left"] else ""
    return say(
        "models.machines.last", machine=loss["machine"] or "–", ago=ago, what=what, left=left
    )
