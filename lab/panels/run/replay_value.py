"""A recorded run as pictures one after the other, played by ``assets/js/replay.js`` on the live and
on the exported page.

Every agent of the run stands in every picture, see `lab.panels.run.lanes_ahead`: nothing moves
while it is played, and the axes are those of the end.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from lab.events import Event
from lab.panels.agent_colors import plan_of_record, roster_of
from lab.panels.changes import change
from lab.panels.run.lanes import Lanes
from lab.panels.run.lanes_ahead import with_waiting
from lab.panels.run.lanes_value import LanesValue, LaneView
from lab.panels.value import FromBrowser, Value
from lab.records import Record

MOST_PICTURES = 400
"""Pictures of a replay; a longer run takes several events at once."""


class ReplayValue(Value):
    """A run to be played; no pictures where there is nothing to play."""

    record: str = ""
    pictures: str = ""
    """JSON of the first picture, then of what changes from each to the next, see
    `lab.panels.changes`: as text it is made once for all who look."""
    events: tuple[int, ...] = ()
    """By picture, how many events it shows."""
    at: int | None = None
    """How many events are shown first; all of them if it is not said."""
    play: bool = False
    """Play it at once: it was run just now, faster than one can follow."""


class ReplayedTo(FromBrowser):
    """Somebody stopped at a moment of the replay."""

    record: str
    events: int


def replay_value(
    record: Record, record_id: str, at: int | None = None, play: bool = False
) -> ReplayValue:
    """The replay of a record; nothing while it still runs.

    Args:
        record_id: id under which the page knows the record.
        at: how many events are shown first.
        play: whether it begins by itself.
    """
    if record.status == "running" or len(record.events) < 2:
        return ReplayValue(record=record_id)
    pictures, events = _replay_text(record, record_id)
    return ReplayValue(record=record_id, pictures=pictures, events=events, at=at, play=play)


@lru_cache(maxsize=8)
def _replay_text(record: Record, record_id: str) -> tuple[str, tuple[int, ...]]:
    """In ASCII: texts of the lab's in it are filled in when it is read, not before."""
    stored, events = replay_pictures(record, record_id)
    return json.dumps(stored, separators=(",", ":")), events


def replay_pictures(record: Record, record_id: str) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """The first picture and what changes from each to the next, and how many events each shows.

    Args:
        record: that is over.
        record_id: id under which the page knows it.
    """
    events = record.events
    lanes = Lanes(roster_of(record), plan_of_record(record))
    for event in events:
        lanes.add(event)
    end = lanes.state()
    stored: list[Any] = []
    before: dict[str, Any] | None = None
    stops = _stops(events)
    lanes, shown = Lanes(roster_of(record), plan_of_record(record)), 0
    known: dict[str, tuple[LaneView | None, Any]] = {}
    for stop in stops:
        for event in events[shown:stop]:
            lanes.add(event)
        shown = stop
        state = lanes.state()
        now = _picture(state, with_waiting(state, end), known) | {"record": record_id}
        stored.append(now if before is None else change(before, now))
        before = now
    return tuple(stored), stops


def _picture(
    state: LanesValue, drawn: LanesValue, known: dict[str, tuple[LaneView | None, Any]]
) -> dict[str, Any]:
    """A picture as plain data; of lanes in which nothing happened that of the picture before.

    Args:
        state: of the run.
        drawn: with those who wait.
        known: by lane, what was drawn of which state (None: it waits).
    """
    now = {lane.id: lane for lane in state.lanes}
    for lane in drawn.lanes:
        of = now.get(lane.id)
        if lane.id not in known or known[lane.id][0] is not of:
            known[lane.id] = (of, lane.plain())
    lanes = [known[lane.id][1] for lane in drawn.lanes]
    return drawn.model_dump(mode="json", exclude={"lanes"}) | {"lanes": lanes}


def _stops(events: Sequence[Event]) -> tuple[int, ...]:
    """How many events each picture shows: from the first to all of them, spread evenly."""
    n = len(events)
    most = min(n, MOST_PICTURES)
    return tuple(dict.fromkeys(1 + round(i * (n - 1) / max(1, most - 1)) for i in range(most)))
