"""The KV cache as a strip per agent: who wrote every slot, as prompt, latent or text; what was
handed over; its growth.

Everything is read from the events, so a running record draws like a finished one. A slot knows its
moment where it was captured, so that a click on it selects the vector formed there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lab.errors import BadInput
from lab.events import (
    AgentFinished,
    AgentStarted,
    Event,
    HandOver,
    LatentStep,
    PromptRead,
    Segment,
    TokenOut,
)
from lab.panels import style
from lab.panels.agent_colors import AgentColors
from lab.records import Record
from lab.words import Sayings, agent_name, say

MOST_SLOTS = 2500
"""Bars above this number are drawn per segment, not per slot."""
Bar = tuple[int, int, int, str, list[int | None] | None]
"""Row, first slot, length, text, [point, moment] of a bar of the strip."""
CHANNEL_WORD = Sayings(
    {
        "kv": "said.unit.positions",
        "hidden": "said.memory_strips.hidden_states",
        "text": "said.memory_strips.words",
    }
)


@dataclass
class Slot:
    """One position of a cache."""

    column: int
    writer: str
    kind: str
    kept: bool
    token: str = ""
    moment: int | None = None


@dataclass
class Strip:
    """The cache as one agent leaves it (or has it, while it works)."""

    lane: str
    agent: str
    host: str
    stage: int
    segments: list[Segment]
    slots: list[Slot]
    kv_len: int = 0
    measured: int = 0
    """Bytes measured by the engine."""
    received: list[HandOver] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """Slots that are not cropped."""
        return sum(s.length for s in self.segments if s.kept)

    def by_writer(self) -> dict[str, int]:
        """Kept slots by writer."""
        out: dict[str, int] = {}
        for s in self.segments:
            if s.kept:
                out[s.agent] = out.get(s.agent, 0) + s.length
        return out


def strips(events: Sequence[Event], lane: str) -> list[Strip]:
    """The strips of a lane's agents in the order in which they started.

    Raises:
        BadInput: if the lane has no agents yet.
    """
    out: dict[str, Strip] = {}
    words: dict[tuple[str, str], list[tuple[str, int | None]]] = {}
    for e in events:
        if e.lane != lane:
            continue
        if isinstance(e, AgentStarted):
            out[e.agent] = Strip(lane, e.agent, e.host, e.stage, list(e.memory), [])
        elif isinstance(e, PromptRead):
            first = e.first_moment
            moments = [None if first is None else first + i for i in range(len(e.tokens))]
            words.setdefault((e.agent, "prompt"), []).extend(zip(e.tokens, moments, strict=True))
            _grow(out[e.agent], "prompt", len(e.tokens), e.kv_len, e.kv_bytes)
        elif isinstance(e, LatentStep):
            words.setdefault((e.agent, "latent"), []).append(
                (e.top[0][0] if e.top else "", e.moment)
            )
            _grow(out[e.agent], "latent", 1, e.kv_len, 0)
        elif isinstance(e, TokenOut):
            words.setdefault((e.agent, "token"), []).append((e.token, e.moment))
            _grow(out[e.agent], "token", 1, e.kv_len, 0)
        elif isinstance(e, HandOver) and e.target in out:
            out[e.target].received.append(e)
        elif isinstance(e, HandOver):
            out[e.target] = Strip(lane, e.target, "", 0, [], [], received=[e])
        elif isinstance(e, AgentFinished):
            strip = out[e.agent]
            strip.segments = list(e.memory) or strip.segments
            strip.kv_len, strip.measured = e.kv_len, e.kv_bytes
    handed = _hand_overs(events, lane)
    if not out:
        raise BadInput(say("error.memory_strips.lane_no_agents_yet", lane=lane))
    for strip in out.values():
        strip.received = [h for h in handed if h.target == strip.agent]
        strip.slots = _slots(strip.segments, words)
    return list(out.values())


def slot_bytes(host: dict[str, Any]) -> int | None:
    """Computed bytes of one slot: 2 (K and V) · layers · KV heads · head width · bytes per number;
    None if unknown."""
    width = {"float32": 4, "float16": 2, "bfloat16": 2}.get(
        str(host.get("dtype", "")).removeprefix("torch.")
    )
    heads = host.get("n_kv_heads")
    head_dim = host.get("head_dim") or (
        host["d_model"] // host["n_heads"] if host.get("n_heads") else None
    )
    if not width or not heads or not head_dim:
        return None
    return 2 * int(host["n_layers"]) * int(heads) * int(head_dim) * width


def bytes_text(strip: Strip, host: dict[str, Any]) -> str:
    """Lengths and bytes of a strip: measured by the engine, and computed from the model's shape."""
    each = slot_bytes(host)
    computed = (
        say("said.memory_strips.computed", x=style.amount_of_bytes(each * strip.kv_len))
        if each
        else ""
    )
    cropped = sum(s.length for s in strip.segments if not s.kept)
    gone = say("said.memory_strips.cropped", cropped=cropped) if cropped else ""
    return say(
        "said.memory_strips.slots_measured",
        kv_len=strip.kv_len,
        gone=gone,
        measured=style.amount_of_bytes(strip.measured),
        computed=computed,
    )


def strips_figure(record: Record, lane: str, agents: AgentColors) -> go.Figure:
    """The strips of one lane, from the first agent at the top to the last; a bar per slot."""
    found = strips(record.events, lane)
    points = _last_points(record)
    by_slot = sum(len(s.slots) for s in found) <= MOST_SLOTS
    rows = 1 + len(looks_of(found)) // 5
    fig = style.figure(height=100 + 62 * len(found) + 22 * rows, barmode="overlay", bargap=0.35)
    looks: dict[tuple[str, str, bool], list[Bar]] = {}
    for row, strip in enumerate(found):
        for slot in strip.slots if by_slot else []:
            point = None if slot.moment is None else [points.get(slot.moment), slot.moment]
            text = say(
                "said.memory_strips.slot", column=slot.column, token=style.escaped(slot.token, 16)
            )
            looks.setdefault((slot.writer, slot.kind, slot.kept), []).append(
                (row, slot.column, 1, text, point)
            )
        for s in strip.segments if not by_slot else []:
            text = say("said.memory_strips.slots_to", start=s.start, x=s.start + s.length - 1)
            looks.setdefault((s.agent, s.kind, s.kept), []).append(
                (row, s.start, s.length, text, None)
            )
    for (writer, kind, kept), bars in looks.items():
        fig.add_trace(_bars(writer, kind, kept, bars, agents.color(lane, writer)))
    names = [
        f"{style.escaped(agent_name(s.agent), 24)}<br>"
        f"<sub>{say('said.choose.slots', kv_len=s.kv_len)}</sub>"
        for s in found
    ]
    fig.update_yaxes(
        tickvals=list(range(len(found))), ticktext=names, autorange="reversed", showgrid=False
    )
    fig.update_xaxes(title={"text": say("said.memory_strips.slot_of_the_cache")}, zeroline=False)
    _arrows(fig, found)
    return style.legend_below(fig, rows)


def looks_of(found: Sequence[Strip]) -> set[tuple[str, str, bool]]:
    """Writer, kind and kept of all segments: the entries of the legend."""
    return {(g.agent, str(g.kind), g.kept) for s in found for g in s.segments}


def growth_table(events: Sequence[Event]) -> pd.DataFrame:
    """KV length after every pass: columns lane, agent, at (lane seconds), event, kv_len, moment,
    nth."""
    rows = [
        (e.lane, e.agent, e.at, e.type, e.kv_len, _moment(e))
        for e in events
        if isinstance(e, (PromptRead, LatentStep, TokenOut))
    ]
    table = pd.DataFrame(rows, columns=["lane", "agent", "at", "event", "kv_len", "moment"])
    table["nth"] = table.groupby("lane").cumcount() + 1
    return table


def growth_figure(record: Record, agents: AgentColors, by: str = "at") -> go.Figure:
    """Growth of the caches of all lanes on one axis, by ``at`` (lane seconds) or ``nth`` (passes of
    the model)."""
    table = growth_table(record.events)
    if not len(table):
        raise BadInput(say("error.memory_strips.no_agent_read_anything"))
    points = _last_points(record)
    dashes = dict(
        zip(table["lane"].unique(), ("solid", "dash", "dot", "dashdot", "longdash"), strict=False)
    )
    fig = style.figure(height=340)
    for (lane, agent), rows in table.groupby(["lane", "agent"], sort=False):
        fig.add_trace(
            go.Scatter(
                x=[float(f"{v:.5g}") for v in rows[by]],
                y=rows["kv_len"].tolist(),
                mode="lines+markers",
                name=style.escaped(agents.name(str(lane), str(agent)), 50),
                marker={"size": 4},
                line={
                    "color": agents.color(str(lane), str(agent)),
                    "dash": dashes.get(lane, "solid"),
                    "shape": "hv",
                    "width": 2,
                },
                customdata=[[points.get(m), m] for m in rows["moment"]],
                hovertemplate=say("said.memory_strips.length_at", y="%{y}", x="%{x:.3g}"),
            )
        )
    unit = (
        say("said.memory_strips.lane_seconds_each_lane_s")
        if by == "at"
        else say("said.memory_strips.prompts_latent_steps_and_tokens")
    )
    fig.update_layout(
        xaxis={"title": {"text": unit}},
        yaxis={"title": {"text": say("said.memory_strips.kv_length_slots")}, "rangemode": "tozero"},
    )
    return style.legend_below(fig, 1 + len(fig.data) // 5)


def _grow(strip: Strip, kind: Any, n: int, kv_len: int, measured: int) -> None:
    last = strip.segments[-1] if strip.segments else None
    if last and last.agent == strip.agent and last.kind == kind and last.kept:
        strip.segments[-1] = Segment(last.agent, last.kind, last.start, last.length + n)
    else:
        strip.segments.append(
            Segment(strip.agent, kind, last.start + last.length if last else 0, n)
        )
    strip.kv_len = kv_len
    strip.measured = measured or strip.measured


def _slots(
    segments: list[Segment], words: dict[tuple[str, str], list[tuple[str, int | None]]]
) -> list[Slot]:
    """Slots of the segments; the i-th slot that a writer wrote as a kind carries its i-th word of
    that kind."""
    used: dict[tuple[str, str], int] = {}
    out = []
    for s in segments:
        known = words.get((s.agent, s.kind), [])
        start = used.get((s.agent, s.kind), 0)
        for i in range(s.length):
            token, moment = known[start + i] if start + i < len(known) else ("", None)
            out.append(Slot(s.start + i, s.agent, s.kind, s.kept, token, moment))
        used[s.agent, s.kind] = start + s.length
    return out


def _moment(e: PromptRead | LatentStep | TokenOut) -> int | None:
    """The captured moment that an event ends on."""
    if not isinstance(e, PromptRead):
        return e.moment
    return None if e.first_moment is None else e.first_moment + len(e.tokens) - 1


def _hand_overs(events: Sequence[Event], lane: str) -> list[HandOver]:
    return [e for e in events if isinstance(e, HandOver) and e.lane == lane]


def _last_points(record: Record) -> dict[int, int]:
    """Moment → point at its deepest captured layer."""
    df = record.points
    deepest = df.sort_values("layer").drop_duplicates("moment", keep="last")
    return dict(zip(deepest["moment"].tolist(), deepest["point_id"].tolist(), strict=True))


def _bars(writer: str, kind: str, kept: bool, bars: list[Bar], color: str) -> go.Bar:
    rows, starts, lengths, texts, points = zip(*bars, strict=True)
    fill = {"prompt": style.rgba(color, 0.3), "latent": color, "token": "rgba(0,0,0,0)"}[kind]
    marker: dict[str, Any] = {
        "color": fill,
        "line": {"color": color, "width": 1.2 if kind == "token" else 0.3},
    }
    if not kept:
        marker |= {"color": "rgba(0,0,0,0)", "pattern": {"shape": "/", "fgcolor": color, "size": 5}}
    name = f"{style.escaped(agent_name(writer), 24)} · {style.KIND_WORD[kind]}"
    name += "" if kept else f" ({say('said.memory_strips.cut')})"
    return go.Bar(
        x=list(lengths),
        base=list(starts),
        y=list(rows),
        orientation="h",
        name=name,
        marker=marker,
        text=None,
        hovertext=[f"{t}<br>{say('said.memory_strips.by', name=name)}" for t in texts],
        hoverinfo="text",
        customdata=list(points),
    )


def _arrows(fig: go.Figure, found: list[Strip]) -> None:
    """A hand-over is an arrow from the source's strip to the target's; slots or words and bytes
    stand under the source, so that those of several sources have rows of their own."""
    row_of = {s.agent: i for i, s in enumerate(found)}
    end = {s.agent: max([g.start + g.length for g in s.segments], default=0) for s in found}
    widest = max(end.values(), default=1) or 1
    told: set[tuple[str, str]] = set()
    for strip in found:
        for k, h in enumerate(strip.received):
            if h.source not in row_of:
                continue
            amount = h.slots if h.channel != "text" else h.words
            label = f"{amount} {CHANNEL_WORD[h.channel]} · {style.amount_of_bytes(h.bytes)}"
            x = (h.slots / 2 if h.slots else end[h.source] / 2) + 0.06 * widest * k
            fig.add_annotation(
                x=x,
                y=row_of[h.target] - 0.36,
                ax=x,
                ay=row_of[h.source] + 0.36,
                axref="x",
                ayref="y",
                text="",
                showarrow=True,
                arrowhead=2,
                arrowwidth=2 if h.channel != "text" else 1.2,
                arrowcolor=style.NEUTRAL,
            )
            if (h.source, label) in told:
                continue
            told.add((h.source, label))
            fig.add_annotation(
                x=x,
                y=row_of[h.source] + 0.5,
                text=label,
                showarrow=False,
                xanchor="left",
                xshift=8,
                font={"size": 11},
            )
