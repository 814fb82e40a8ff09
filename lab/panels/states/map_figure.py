"""Draw a map: marks by agent, colour by any column, trajectories as arrows in time, in two or three
dimensions.

Every mark carries its ``point_id`` and moment in ``customdata``.
Shape repeats the agent, filling the kind: prompt faint, latent
solid, token open.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.errors import BadInput
from lab.panels import style
from lab.panels.agent_colors import AgentColors
from lab.panels.states.projection import MapData
from lab.words import Sayings, agent_name, say

COLOR_BY = (
    "agent",
    "lane",
    "method",
    "role",
    "kind",
    "token",
    "step",
    "position",
    "logprob",
    "entropy",
    "norm",
    "kv_len",
    "seconds",
    "record",
)
UNITS = Sayings(
    {
        "logprob": "said.unit.nats",
        "entropy": "said.unit.nats",
        "norm": "said.alignment.l2_length",
        "kv_len": "said.unit.positions",
        "seconds": "said.unit.seconds",
    }
)
OTHER = "other"


def map_figure(
    data: MapData,
    agents: AgentColors,
    *,
    color: str = "agent",
    trajectories: bool = True,
    upto: int | None = None,
    height: int = 520,
) -> go.Figure:
    """The figure of a map.

    Args:
        agents: colours and shapes of the record's agents.
        color: column of the points that gives the colour.
        trajectories: join the latent steps and the tokens of each agent by arrows in time.
        upto: the last step shown by trajectories and kept bright (for playing); None shows all.

    Raises:
        BadInput: for an unknown colour column.
    """
    points = data.drawn
    if color not in points.columns:
        raise BadInput(
            say(
                "error.map_figure.cannot_colour_choose_these",
                color=color,
                names=", ".join(COLOR_BY),
            )
        )
    fig = style.figure(
        height=height,
        margin={"l": 56, "r": 12, "t": 8, "b": 84},
        legend_itemsizing="constant",
    )
    if trajectories:
        for trace in _arrows(data, agents, upto):
            fig.add_trace(trace)
    for trace in _marks(data, points, agents, color, upto):
        fig.add_trace(trace)
    _axes(fig, data, color)
    return fig


def hover_texts(points: pd.DataFrame, agents: AgentColors) -> list[str]:
    """Hover text of every drawn point, escaped; words and numbers only."""
    columns = [
        points[c].tolist() for c in ("token", "agent", "lane", "kind", "step", "layer", "count")
    ]
    names = {
        (agent, lane): style.escaped(agents.name(lane, agent), 60)
        for agent, lane in set(zip(columns[1], columns[2], strict=True))
    }
    return [
        f"‘{style.escaped(str(token), 30)}’{f' ×{count}' if count > 1 else ''}<br>"
        f"{names[agent, lane]}<br>"
        f"{style.KIND_WORD[kind]} {step} · {say('said.attention.layer', v=layer)}"
        for token, agent, lane, kind, step, layer, count in zip(*columns, strict=True)
    ]


def _marks(
    data: MapData, points: pd.DataFrame, agents: AgentColors, color: str, upto: int | None
) -> list[go.Scatter]:
    dims = data.coords.shape[1]
    colors, legend, numeric = _colors(points, agents, color)
    traces = []
    seen: set[object] = set()
    speakers = set(points["agent"][points["kind"] != "prompt"])
    texts = hover_texts(points, agents)
    shapes = [
        agents.symbol(str(lane), str(agent), dims)
        for lane, agent in zip(points["lane"], points["agent"], strict=True)
    ]
    grouped = points.assign(shape=shapes).groupby(["agent", "shape", "kind"], sort=False)
    for (agent, shape, kind), rows in grouped:
        at = rows.index.to_numpy()
        late = (
            (rows["step"].to_numpy() > upto) & (kind != "prompt")
            if upto
            else np.zeros(len(rows), bool)
        )
        opacity = np.where(late, 0.08, 0.45 if kind == "prompt" else 0.95)
        size = (9 if kind == "latent" else 7) * np.minimum(
            1 + 0.35 * np.log2(rows["count"].to_numpy()), 3.0
        )
        marker: dict[str, object] = {
            "symbol": _symbol(str(shape), kind, dims),
            "size": _one_or_all(size),
            "line": {"width": 1.5 if kind == "token" else 0.5},
            "opacity": float(np.median(opacity)) if dims == 3 else _one_or_all(opacity),
        }
        if numeric:
            marker |= {"color": rows[color].to_numpy(dtype=np.float32), "coloraxis": "coloraxis"}
        else:
            mine = [colors[i] for i in at]
            marker["color"] = mine[0] if len(set(mine)) == 1 else mine
        place = {axis: rows[axis].to_numpy(dtype=np.float32) for axis in "xyz"[:dims]}
        make = go.Scatter3d if dims == 3 else go.Scatter
        # The legend shows an agent's own words or thoughts where there are any: prompts are drawn
        # faint.
        named = (
            (color == "agent" or numeric)
            and (agent, shape) not in seen
            and (kind != "prompt" or agent not in speakers)
        )
        if named:
            seen.add((agent, shape))
        traces.append(
            make(
                **place,
                mode="markers",
                marker=marker,
                name=style.escaped(agent_name(str(agent))),
                legendgroup=str(agent),
                text=[texts[i] for i in at],
                hovertemplate="%{text}<extra></extra>",
                customdata=rows[["point_id", "moment"]].to_numpy(dtype=np.int32),
                showlegend=named,
            )
        )
    make = go.Scatter3d if dims == 3 else go.Scatter
    empty = {axis: [None] for axis in "xyz"[:dims]}
    for label, value in legend.items():
        traces.append(
            make(
                **empty,
                mode="markers",
                marker={"color": value, "size": 9},
                name=style.escaped(label),
                hoverinfo="skip",
            )
        )
    return traces


def _colors(
    points: pd.DataFrame, agents: AgentColors, column: str
) -> tuple[list[str], dict[str, str], bool]:
    """Colour per row, entries for the legend, and whether the column is numeric (then both are
    empty)."""
    if column == "agent":
        who = zip(points["lane"], points["agent"], strict=True)
        return [agents.color(str(lane), str(agent)) for lane, agent in who], {}, False
    if pd.api.types.is_numeric_dtype(points[column]):
        return [], {}, True
    values = points[column].astype(str)
    frequent = (
        list(values.value_counts().index[:6]) if values.nunique() > 6 else list(values.unique())
    )
    palette = dict(zip(frequent, style.OKABE_ITO, strict=False))
    legend = {**palette, **({OTHER: style.NEUTRAL} if values.nunique() > 6 else {})}
    return [palette.get(v, style.NEUTRAL) for v in values], legend, False


def _symbol(base: str, kind: str, dims: int) -> str:
    if kind != "token" or base.endswith("-open") or (dims == 3 and base in ("cross", "x")):
        return base
    return base + "-open"


def _arrows(data: MapData, agents: AgentColors, upto: int | None) -> list[go.Scatter]:
    """One line per lane, agent and kind, in the order of its steps; arrow heads point forward in
    time."""
    dims = data.coords.shape[1]
    points = data.chosen.points
    traces = []
    for (lane, agent, kind), rows in points[points["kind"] != "prompt"].groupby(
        ["lane", "agent", "kind"], sort=False
    ):
        ordered = rows.sort_values("step")
        if upto:
            ordered = ordered[ordered["step"] <= upto]
        if len(ordered) < 2:
            continue
        at = data.coords[ordered.index.to_numpy()]
        place = {axis: at[:, i].astype(np.float32) for i, axis in enumerate("xyz"[:dims])}
        color = agents.color(str(lane), str(agent))
        line = {"color": style.rgba(color, 0.55), "width": 1.5 if dims == 2 else 3}
        if kind == "token" and dims == 2:
            line["dash"] = "dot"
        look = {
            "line": line,
            "hoverinfo": "skip",
            "showlegend": False,
            "name": say("said.map_figure.in_time", agent=style.escaped(agent_name(str(agent)))),
        }
        if dims == 3:
            traces.append(go.Scatter3d(**place, mode="lines", **look))
        else:
            head = {
                "symbol": "arrow",
                "angleref": "previous",
                "size": 9,
                "color": style.rgba(color, 0.7),
            }
            traces.append(go.Scatter(**place, mode="lines+markers", marker=head, **look))
    return traces


def _axes(fig: go.Figure, data: MapData, color: str) -> None:
    span = [-data.half, data.half]
    bare = {
        "range": span,
        "showticklabels": data.settings.method == "pca",
        "zeroline": False,
        "nticks": 7,
    }
    names = dict(zip("xyz", data.axes, strict=False))
    if data.coords.shape[1] == 3:
        axes = {
            f"{a}axis": {**bare, "title": {"text": names[a]}, "showbackground": False}
            for a in "xyz"
        }
        fig.update_layout(
            scene={**axes, "aspectmode": "cube", "dragmode": "orbit"},
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
        )
    else:
        fig.update_layout(
            xaxis={**bare, "title": {"text": names["x"]}},
            yaxis={
                **bare,
                "title": {"text": names["y"]},
                "scaleanchor": "x",
                "constrain": "domain",
            },
        )
    if any(t.marker.coloraxis for t in fig.data):
        title = f"{color}, {UNITS[color]}" if color in UNITS else color
        fig.update_layout(
            coloraxis={"colorscale": style.SEQUENTIAL, "colorbar": style.colorbar(title)}
        )


def _one_or_all(values: np.ndarray) -> float | np.ndarray:
    """A single number where all are equal: smaller messages, quicker drawing."""
    rounded = np.round(values.astype(np.float32), 2)
    return float(rounded[0]) if (rounded == rounded[0]).all() else rounded
