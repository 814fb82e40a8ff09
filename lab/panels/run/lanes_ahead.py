"""Lanes in which everybody who will come stands from the beginning and waits, so that nothing moves
when they begin.
"""

from __future__ import annotations

from collections.abc import Sequence

from lab.panels.agent_colors import AgentColors
from lab.panels.run.lanes import ready_state
from lab.panels.run.lanes_value import (
    AgentView,
    Cache,
    Comparison,
    ComparisonRow,
    LanesValue,
    LaneView,
    Timeline,
)
from lab.plan import Plan
from lab.roster import AgentCard, chain_of, lane_ids, roster
from lab.words import known


def ready_lanes(plan: Plan, facts: str, question: str, truth: str | None) -> LanesValue:
    """The lanes of a plan before anything has happened.

    Args:
        facts, question, truth: of its problem.
    """
    cards = roster(plan)
    colors = AgentColors.from_roster(cards)
    lanes = [
        LaneView(
            id=lane_id,
            chain=chain_of(lane.method),
            title=known(lane.title),
            drawn_as="",
            done=False,
            answer="",
            value="",
            correct=None,
            control=lane.is_control,
            agents=tuple(_ahead(card, bool(facts)) for card in cards.of(lane_id)),
            colors=colors.of(lane_id),
            hands=(),
        )
        for lane_id, lane in zip(lane_ids(plan), plan.lanes, strict=True)
    ]
    relay = plan.problem.facts_for == "first"
    ready = ready_state(question, facts, truth or None, relay)
    return ready.model_copy(update={"status": "running", "lanes": tuple(lanes)})


def _ahead(card: AgentCard, facts: bool) -> AgentView:
    return AgentView(
        name=card.name,
        host=card.host,
        stage=card.stage,
        sees_facts=card.sees_facts if facts else None,
        phase="waiting",
        time="",
        prompt=None,
        dots=(),
        words=(),
        cut=0,
        text="",
        note="",
        cache=Cache(len=0, bytes=""),
        strip=(),
    )


def with_waiting(now: LanesValue, end: LanesValue) -> LanesValue:
    """A picture in which whoever comes later stands and waits, on the axes of the end.

    Args:
        now: a picture of the run.
        end: its last one, or where that is not known yet the one of `ready_lanes`.
    """
    lanes = {lane.id: lane for lane in now.lanes}
    return now.model_copy(
        update={
            "relay": end.relay,
            "cache_max": max(now.cache_max, end.cache_max),
            "lanes": tuple(_lane(lanes.get(lane.id), lane) for lane in end.lanes),
            "timeline": Timeline(
                max=max(now.timeline.max, end.timeline.max), lanes=now.timeline.lanes
            ),
            "table": _table(now.table, end.table) if end.table.columns else now.table,
        }
    )


def _table(now: Comparison, end: Comparison) -> Comparison:
    """The rows and columns of the end, empty where nothing is known yet."""
    rows = {row.title: row for row in now.rows}
    blank = tuple("" for _ in end.columns)
    filled = [
        _row(rows[row.title], now.columns, end.columns)
        if row.title in rows
        else ComparisonRow(title=row.title, correct=None, done=False, cells=blank)
        for row in end.rows
    ]
    return Comparison(columns=end.columns, rows=tuple(filled))


def _row(row: ComparisonRow, has: Sequence[str], wanted: Sequence[str]) -> ComparisonRow:
    cells = dict(zip(has, row.cells, strict=True))
    return row.model_copy(update={"cells": tuple(cells.get(column, "") for column in wanted)})


def _lane(now: LaneView | None, end: LaneView) -> LaneView:
    agents = {agent.name: agent for agent in now.agents} if now else {}
    waiting = tuple(agents.get(agent.name) or _waits(agent) for agent in end.agents)
    if now is not None:
        return now.model_copy(update={"agents": waiting})
    empty = {"done": False, "answer": "", "value": "", "correct": None, "hands": ()}
    empty["routing"] = None
    return end.model_copy(update={"agents": waiting, **empty})


def _waits(agent: AgentView) -> AgentView:
    nothing = {"time": "", "prompt": None, "dots": (), "words": (), "cut": 0, "text": ""}
    cache = {"note": "", "cache": Cache(len=0, bytes=""), "strip": (), "phase": "waiting"}
    return agent.model_copy(update=nothing | cache)
