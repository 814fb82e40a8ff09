"""Who works when, and who waits for whom: bars of seconds from the lanes' clocks. Pure; knows
nothing of drawing.
"""

from __future__ import annotations

from collections.abc import Sequence

from lab.events import Kind
from lab.panels.run.lanes_value import Bar, TimeLane, Timeline, TimeRow
from lab.panels.run.so_far import AgentSoFar, LaneSoFar
from lab.panels.style import NEUTRAL, duration
from lab.words import known

KINDS: tuple[Kind, ...] = ("prompt", "latent", "token")


def timeline(lanes: Sequence[LaneSoFar]) -> Timeline:
    """Bars per agent on one axis of lane seconds.

    Args:
        lanes: the lanes of `lab.panels.run.lanes.Lanes`.
    """
    rows = []
    for lane in lanes:
        end = lane.finished
        total = (end.seconds if end else 0.0) or lane.at
        first = end.first_token if end else None
        rows.append(
            TimeLane(
                title=known(lane.started.title),
                total=round(total, 5),
                total_text=duration(total),
                first_token=first,
                first_token_text=duration(first) if first is not None else "",
                rows=tuple(_row(agent, lane.colors) for agent in lane.agents),
            )
        )
    return Timeline(max=max((row.total for row in rows), default=0.0), lanes=tuple(rows))


def _row(agent: AgentSoFar, colors: dict[str, str]) -> TimeRow:
    bars = [
        Bar(kind=kind, start=round(agent.phases[kind][0], 5), end=round(agent.phases[kind][1], 5))
        for kind in KINDS
        if kind in agent.phases
    ]
    name = agent.started.agent
    return TimeRow(
        agent=name,
        color=colors.get(name, NEUTRAL),
        waits=round(agent.started.at, 5),
        bars=tuple(bars),
    )
