"""Draw a map: marks by agent, colour by any column, trajectories as arrows in time, in two or three
dimensions.

Every mark carries its ``point_id`` and moment in ``customdata``.
Shape repeats the agent, filling the kind: prompt faint, latent
solid, token open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from lab.errors import BadInput
from lab.panels import style
from lab.panels.agent_colors import AgentColors
from lab.panels.states.geometry import Floats
from lab.panels.states.projection import MapData
from lab.words import Sayings, agent_name, called, known, say

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
MANY = 2000
"""Points from which on the map is drawn by WebGL: fluid, without arrow heads."""
PICTURE = (760.0, 430.0)
"""Size in pixels for which words are placed; a larger picture has more room, no less."""
LETTER, LINE = 6.5, 13.0
"""Width of a letter and height of a word, pixels."""
LONGEST_WORD = 14
MOST_WORDS = 60
SAME_WORD = 3
"""How often one word is written."""
CHOOSERS = 2000


def map_figure(
    data: MapData,
    agents: AgentColors,
    *,
    color: str = "agent",
    trajectories: bool = True,
    upto: int | None = None,
    find: str = "",
    words: bool = False,
    height: int = 490,
) -> go.Figure:
    """The figure of a map.

    Args:
        agents: colours and shapes of the record's agents.
        color: column of the points that gives the colour.
        trajectories: join the latent steps and the tokens of each agent by arrows in time.
        upto: the last step shown by trajectories and kept bright (for playing); None shows all.
        find: part of a word; other points turn faint, and no arrows are drawn.
        words: write words where there is room (flat maps).
        height: pixels, at least; the page gives it more where its window is tall.

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
        meta={"fill": True},
    )
    if trajectories and not find:
        for trace in _arrows(data, agents, upto):
            fig.add_trace(trace)
    found = matches(points, find) if find else None
    for trace in _marks(data, points, agents, color, upto, found):
        fig.add_trace(trace)
    if words and data.coords.shape[1] == 2:
        fig.add_trace(_words(points, data.reach, found))
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


def matches(points: pd.DataFrame, find: str) -> NDArray[np.bool_]:
    """(n,) which points' words hold this part, however it is written."""
    found: NDArray[np.bool_] = (
        points["token"].astype(str).str.contains(find.strip(), case=False, regex=False).to_numpy()
    )
    return found


def words_with_room(
    places: Floats, words: Sequence[str], order: Iterable[int], reach: Floats
) -> list[int]:
    """Which points can bear their word without one word lying on another.

    Args:
        places: (n, 2).
        words: of the points.
        order: who chooses first.
        reach: (2, 2) of the axes.
    """
    width, tall = (float(high - low) for low, high in reach)
    unit = max(width / PICTURE[0], tall / PICTURE[1])
    boxes = np.zeros((0, 4))
    taken: list[int] = []
    times: Counter[str] = Counter()
    for i in order:
        if len(taken) == MOST_WORDS:
            break
        if times[words[i]] == SAME_WORD:
            continue
        half = unit * (LETTER * len(words[i]) / 2 + 3)
        x, y = places[i]
        box = np.array([x - half, x + half, y + 4 * unit, y + (4 + LINE) * unit])
        apart = (
            (boxes[:, 0] > box[1])
            | (boxes[:, 1] < box[0])
            | (boxes[:, 2] > box[3])
            | (boxes[:, 3] < box[2])
        )
        if apart.all():
            boxes = np.vstack([boxes, box])
            taken.append(i)
            times[words[i]] += 1
    return taken


def _words(points: pd.DataFrame, reach: Floats, found: NDArray[np.bool_] | None) -> go.Scatter:
    said = [
        style.visible(str(token).strip() or str(token))[:LONGEST_WORD] for token in points["token"]
    ]
    # What an agent thought or said chooses before what it read; marks of many points first.
    order = np.lexsort((-points["count"].to_numpy(), (points["kind"] == "prompt").to_numpy()))
    if found is not None:
        order = order[found[order]]
    places = points[["x", "y"]].to_numpy(dtype=np.float32)
    at = words_with_room(places, said, order[:CHOOSERS].tolist(), reach)
    return go.Scatter(
        x=places[at, 0],
        y=places[at, 1],
        mode="text",
        text=[style.escaped(said[i]) for i in at],
        textposition="top center",
        textfont={"size": 11},
        hoverinfo="skip",
        showlegend=False,
        name=say("said.map_figure.words"),
    )


def _marks(
    data: MapData,
    points: pd.DataFrame,
    agents: AgentColors,
    color: str,
    upto: int | None,
    found: NDArray[np.bool_] | None,
) -> list[go.Scatter]:
    dims = data.coords.shape[1]
    flat = go.Scattergl if len(points) > MANY else go.Scatter
    colors, legend, numeric = _colors(points, agents, color)
    traces = []
    seen: set[object] = set()
    speakers = set(points["agent"][points["kind"] != "prompt"])
    texts = hover_texts(points, agents)
    shapes = _by_agent(points, lambda lane, agent: agents.symbol(lane, agent, dims))
    grouped = points.assign(shape=shapes).groupby(["agent", "shape", "kind"], sort=False)
    for (agent, shape, kind), rows in grouped:
        at = rows.index.to_numpy()
        late = (
            (rows["step"].to_numpy() > upto) & (kind != "prompt")
            if upto
            else np.zeros(len(rows), bool)
        )
        if found is not None:
            late = late | ~found[at]
        opacity = np.where(late, 0.08, 0.45 if kind == "prompt" and found is None else 0.95)
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
        make = go.Scatter3d if dims == 3 else flat
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
        return _by_agent(points, agents.color), {}, False
    if pd.api.types.is_numeric_dtype(points[column]):
        return [], {}, True
    values = points[column].astype(str)
    frequent = (
        list(values.value_counts().index[:6]) if values.nunique() > 6 else list(values.unique())
    )
    palette = dict(zip(frequent, style.OKABE_ITO, strict=False))
    legend = {_value_name(agents, column, value): color for value, color in palette.items()}
    if values.nunique() > 6:
        legend[say("said.map_figure.other")] = style.NEUTRAL
    return [palette.get(v, style.NEUTRAL) for v in values], legend, False


def _by_agent(points: pd.DataFrame, look: Callable[[str, str], str]) -> list[str]:
    """Per row what each lane's agent looks like, asked once for each."""
    who = list(zip(points["lane"].astype(str), points["agent"].astype(str), strict=True))
    looks = {one: look(*one) for one in set(who)}
    return [looks[one] for one in who]


def _value_name(agents: AgentColors, column: str, value: str) -> str:
    """What a value that gives a colour is called; a word of a model is itself."""
    if column == "lane":
        return agents.lane(value)
    if column == "kind":
        return style.KIND_WORD[value]
    if column == "role":
        return agent_name(value)
    return known(value) if column == "method" else value


def _symbol(base: str, kind: str, dims: int) -> str:
    if kind != "token" or base.endswith("-open") or (dims == 3 and base in ("cross", "x")):
        return base
    return base + "-open"


def _arrows(data: MapData, agents: AgentColors, upto: int | None) -> list[go.Scatter]:
    """One line per lane, agent and kind, in the order of its steps; arrow heads point forward in
    time."""
    dims = data.coords.shape[1]
    points = data.chosen.points
    many = len(points) > MANY
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
        elif many:
            traces.append(go.Scattergl(**place, mode="lines", **look))
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
            xaxis={**bare, "range": data.reach[0].tolist(), "title": {"text": names["x"]}},
            yaxis={
                **bare,
                "range": data.reach[1].tolist(),
                "title": {"text": names["y"]},
                "scaleanchor": "x",
            },
        )
    if any(t.marker.coloraxis for t in fig.data):
        name = called("choice", color)
        title = f"{name}, {UNITS[color]}" if color in UNITS else name
        fig.update_layout(
            coloraxis={"colorscale": style.SEQUENTIAL, "colorbar": style.colorbar(title)}
        )


def _one_or_all(values: np.ndarray) -> float | np.ndarray:
    """A single number where all are equal: smaller messages, quicker drawing."""
    rounded = np.round(values.astype(np.float32), 2)
    return float(rounded[0]) if (rounded == rounded[0]).all() else rounded
