"""Two records as a pair: the same lanes side by side, and whatever differs marked. It is made from
the pictures of both runs, so nothing is marked that the page does not show.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Any

from lab.panels.agent_colors import roster_of
from lab.panels.drafts.drafts_value import DiffPiece
from lab.panels.drafts.provenance import diff
from lab.panels.run.lanes import lanes_state
from lab.panels.run.lanes_value import AgentView, Column, Dot, LanesValue, LaneView
from lab.panels.run.pair_value import (
    PairAgent,
    PairCost,
    PairLane,
    PairSetting,
    PairSide,
    PairThought,
    PairValue,
)
from lab.plan import Plan
from lab.records import Record
from lab.roster import lane_ids
from lab.words import agent_name, called, known

CLOCKS: tuple[Column, ...] = ("first_token", "seconds", "peak_bytes")
"""Columns that differ from run to run of one plan: shown, and never marked."""
SILENT = ("name", "title", "about", "problem", "capture")
"""What of a plan changes no answer; the problem is compared by its words."""


def pair_value(record: Record, other: Record, record_id: str, other_id: str) -> PairValue:
    """Both runs, lane by lane (of the same id), the first one on the page.

    Args:
        record_id, other_id: ids under which the page knows them.
    """
    here, there = (lanes_state(r.events, roster_of(r), r.plan) for r in (record, other))
    costs = [_costs(picture) for picture in (here, there)]
    lanes = []
    for lane_id in dict.fromkeys(lane.id for value in (here, there) for lane in value.lanes):
        a, b = ({lane.id: lane for lane in value.lanes}.get(lane_id) for value in (here, there))
        one = a or b
        assert one is not None
        lane = PairLane(
            title=one.title,
            here=_side(a, b, costs) if a else None,
            there=_side(b, a, costs[::-1]) if b else None,
        )
        lanes.append(lane.model_copy(update={"differences": _marks(lane)}))
    return PairValue(
        record=record_id,
        other=other_id,
        here=known(record.plan.title or record.plan.name),
        there=known(other.plan.title or other.plan.name),
        same_problem=_asked(record) == _asked(other),
        settings=tuple(plan_differences(record.plan, other.plan)),
        lanes=tuple(lanes),
        differences=sum(lane.differences for lane in lanes),
    )


def plan_differences(here: Plan, there: Plan) -> Iterator[PairSetting]:
    """What the plans say differently, but for the problem and what changes no answer."""
    a, b = here.model_dump(mode="json"), there.model_dump(mode="json")
    lanes = [
        dict(zip(lane_ids(plan), data["lanes"], strict=True))
        for plan, data in ((here, a), (there, b))
    ]
    for key in a:
        if key not in (*SILENT, "lanes"):
            yield from _settings(a[key], b[key], key, "")
    if a["problem"].get("facts_for") != b["problem"].get("facts_for"):
        yield from _settings(a["problem"]["facts_for"], b["problem"]["facts_for"], "facts_for", "")
    for lane_id in dict.fromkeys([*lanes[0], *lanes[1]]):
        mine, theirs = (side.get(lane_id) for side in lanes)
        title = known(str((mine or theirs or {}).get("title", lane_id)))
        if mine is None or theirs is None:
            yield PairSetting(where=title, key="lane", here=_yes(mine), there=_yes(theirs))
            continue
        for key in mine:
            if key != "title":
                yield from _settings(mine[key], theirs[key], key, title)


def _settings(a: Any, b: Any, key: str, where: str) -> Iterator[PairSetting]:
    if a == b:
        return
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for inner in a:
            yield from _settings(a[inner], b[inner], f"{key}.{inner}", where)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (old, new) in enumerate(zip(a, b, strict=True), start=1):
            yield from _settings(old, new, f"{key}.{i}", where)
    else:
        yield PairSetting(where=where, key=key, here=_plain(key, a), there=_plain(key, b))


def _plain(key: str, value: Any) -> str:
    """A setting's value as the form calls it, else as it stands in the plan."""
    if value is None or isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(map(agent_name, value)) or "–"
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False)
    value = value if len(value) <= 60 else f"{value[:58]}…"
    name = next(part for part in reversed(key.split(".")) if not part.isdigit())
    if name in ("role", "speaker"):
        return agent_name(value)
    return called("setup" if name in ("facts_for", "schedule") else f"said.{name}", value)


def _yes(lane: Any) -> str:
    return "–" if lane is None else "✓"


def _asked(record: Record) -> tuple[str, str, str]:
    problem = record.problem
    return problem.question, problem.facts, problem.truth or ""


def _costs(picture: LanesValue) -> dict[str, dict[Column, str]]:
    """By lane id the cells of the comparison table, but for the answer."""
    table = picture.table
    return {
        lane.id: {
            column: cell
            for column, cell in zip(table.columns, row.cells, strict=True)
            if column != "answer"
        }
        for lane, row in zip(picture.lanes, table.rows, strict=True)
    }


def _side(
    lane: LaneView, other: LaneView | None, costs: Sequence[dict[str, dict[Column, str]]]
) -> PairSide:
    """One lane beside the same lane of the other run; nothing is marked where that has none."""
    mine = costs[0].get(lane.id, {})
    theirs = costs[1].get(lane.id, {}) if other else mine
    beside = {agent.name: agent for agent in (other or lane).agents}
    return PairSide(
        answer=lane.value or lane.answer,
        correct=lane.correct,
        same=other is None or (lane.answer, lane.correct) == (other.answer, other.correct),
        agents=tuple(
            _agent(agent, beside.get(agent.name), lane).model_copy(
                update={"alone": agent.name not in beside}
            )
            for agent in lane.agents
        ),
        cost=tuple(
            PairCost(
                column=column, text=text, same=column in CLOCKS or theirs.get(column, text) == text
            )
            for column, text in mine.items()
        ),
    )


def _agent(agent: AgentView, other: AgentView | None, lane: LaneView) -> PairAgent:
    """What an agent thought and said; nothing is marked where the other run has no such agent."""
    beside = other or agent
    text = "".join(word.text for word in agent.words) or agent.text
    their_text = "".join(word.text for word in beside.words) or beside.text
    return PairAgent(
        name=agent.name,
        color=lane.colors[agent.name],
        thoughts=tuple(_thoughts(agent.dots, beside.dots)),
        said=tuple(
            DiffPiece(said=text[op.left[0] : op.left[1]], same=op.kind == "equal")
            for op in diff(text, their_text)
            if op.left[0] < op.left[1]
        ),
    )


def _thoughts(mine: Sequence[Dot], theirs: Sequence[Dot]) -> Iterator[PairThought]:
    """Step by step the word that each would say, and whether the other run's step of the same
    number would say it too."""
    steps = [
        (_word(dot), other is not None and _word(dot) == _word(other))
        for dot, other in zip_longest(mine, theirs[: len(mine)])
        if dot is not None
    ]
    for (word, same), run in groupby(steps):
        yield PairThought(word=word, n=len(list(run)), same=same)


def _word(dot: Dot) -> str:
    return dot.top[0].word if dot.top else ""


def _marks(lane: PairLane) -> int:
    """How much is marked in a lane, on both sides."""
    sides = [side for side in (lane.here, lane.there) if side is not None]
    same: list[bool] = [len(sides) == 2]
    for side in sides:
        same += [side.same, *(cost.same for cost in side.cost)]
        for agent in side.agents:
            same.append(not agent.alone)
            same += [thought.same for thought in agent.thoughts]
            same += [piece.same for piece in agent.said]
    return same.count(False)
