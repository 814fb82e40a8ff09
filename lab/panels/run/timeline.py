"""Who works when, and who waits for whom: bars of seconds from the lanes' clocks. Pure; knows
nothing of drawing.
"""

from __future__ import annotations

from typing import Any

from lab.panels.style import NEUTRAL, duration

PHASES = ("prompt", "latent", "token")


def timeline(lanes: list[dict[str, Any]]) -> dict[str, Any]:
    """Bars per agent on one axis of lane seconds.

    Args:
        lanes: the lanes of `lab.panels.run.lanes.Lanes`, with each agent's ``phases`` (kind →
            [start, end], seconds).

    Returns:
        ``max`` (seconds); ``lanes``: ``title, total, first_token`` (seconds), ``first_token_text,
        total_text`` and ``rows`` of ``agent, color, waits`` (seconds before it could start) and
        ``bars`` of ``[kind, start, end]``.
    """
    rows = []
    for lane in lanes:
        result = lane["result"] or {}
        total = result.get("seconds") or lane["at"]
        first = result.get("first_token")
        rows.append(
            {
                "title": lane["title"],
                "total": round(total, 5),
                "first_token": first,
                "total_text": duration(total),
                "first_token_text": duration(first) if first is not None else "",
                "rows": [_row(agent, lane["colors"]) for agent in lane["agents"]],
            }
        )
    return {"max": max((row["total"] for row in rows), default=0.0), "lanes": rows}


def _row(agent: dict[str, Any], colors: dict[str, str]) -> dict[str, Any]:
    spans = agent["phases"]
    bars = [[kind, *(round(t, 5) for t in spans[kind])] for kind in PHASES if kind in spans]
    name = agent["name"]
    return {
        "agent": name,
        "color": colors.get(name, NEUTRAL),
        "waits": round(agent["start"], 5),
        "bars": bars,
    }
