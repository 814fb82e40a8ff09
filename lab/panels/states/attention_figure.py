"""Whose slots does a reader attend to? Attention weights of one step, summed by the writer of the
slots.

The weights are recomputed for one step by the engine (eager attention) and handed in; nothing here
runs a model. The first slot is shown on its own, because it often takes attention as a sink
whatever it holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.errors import BadInput
from lab.events import Segment
from lab.panels import style
from lab.panels.states.geometry import Floats
from lab.words import agent_name, say


def first_position() -> str:
    """Who the first position belongs to: every head may look there when it has nothing to read."""
    return say("said.attention.first_slot")


def attention_table(weights: Floats, segments: Sequence[Segment], reader: str) -> pd.DataFrame:
    """Attention mass by layer, head, writer and kind.

    Args:
        weights: (layers, heads, slots), each head's weights over the kept slots, in the order of
            the cache.
        segments: who wrote the slots; cropped segments hold no weight and are skipped.
        reader: the agent that reads; slots beyond the segments are its own.

    Returns:
        Columns layer (1 is the first block), head, writer, kind, mass, slots, uniform (the mass
        that even attention over all slots would give). Masses of a head sum to 1.

    Raises:
        BadInput: if the weights are not a distribution over at least as many slots as the segments
            hold.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.ndim != 3 or not np.allclose(weights.sum(-1), 1, atol=2e-2):
        raise BadInput(
            say("error.attention_figure.attention_weights_layers_heads", shape=weights.shape)
        )
    owners = [(s.agent, str(s.kind)) for s in segments if s.kept for _ in range(s.length)]
    if len(owners) > weights.shape[2]:
        raise BadInput(
            say(
                "error.attention_figure.attention_slots_more_compute",
                n=len(owners),
                shape=weights.shape[2],
            )
        )
    owners += [(reader, "token")] * (weights.shape[2] - len(owners))
    owners[0] = (first_position(), owners[0][1])
    frames = []
    for owner in dict.fromkeys(owners):
        at = [i for i, o in enumerate(owners) if o == owner]
        mass = weights[:, :, at].sum(-1)
        layer, head = np.meshgrid(
            np.arange(1, mass.shape[0] + 1), np.arange(mass.shape[1]), indexing="ij"
        )
        frames.append(
            pd.DataFrame(
                {
                    "layer": layer.ravel(),
                    "head": head.ravel(),
                    "writer": owner[0],
                    "kind": owner[1],
                    "mass": mass.ravel(),
                    "slots": len(at),
                    "uniform": len(at) / weights.shape[2],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def mass_figure(table: pd.DataFrame, colors: dict[str, str]) -> go.Figure:
    """Mean mass per writer and kind over all layers and heads, beside what even attention would
    give.

    Args:
        colors: writer → colour; grey for the first slot and for writers that are not in it.
    """
    mean = (
        table.groupby(["writer", "kind"], sort=False)[["mass", "uniform", "slots"]]
        .mean()
        .reset_index()
    )
    names = [
        style.escaped(agent_name(w), 24)
        + ("" if w == first_position() else f" · {style.KIND_WORD[k]}")
        for w, k in zip(mean["writer"], mean["kind"], strict=True)
    ]
    fig = style.figure(height=130 + 34 * len(mean), barmode="overlay", bargap=0.3)
    fig.add_trace(
        go.Bar(
            x=[float(f"{v:.4g}") for v in mean["mass"]],
            y=names,
            orientation="h",
            name=say("said.attention.attention_mass"),
            marker={
                "color": [colors.get(w, style.NEUTRAL) for w in mean["writer"]],
                "opacity": [0.45 if k == "prompt" else 0.95 for k in mean["kind"]],
            },
            text=[style.share(v) for v in mean["mass"]],
            textposition="outside",
            cliponaxis=False,
            hovertext=[say("said.attention.slots", s=int(s)) for s in mean["slots"]],
            hovertemplate="%{y}: %{x:.3g}, %{hovertext}",
        )
    )
    fig.add_trace(
        go.Scatter(
            x=[float(f"{v:.4g}") for v in mean["uniform"]],
            y=names,
            mode="markers",
            name=say("said.attention.if_attention_were_even"),
            marker={
                "symbol": "line-ns-open",
                "size": 16,
                "line": {"width": 3},
                "color": style.NEUTRAL,
            },
        )
    )
    fig.update_layout(
        xaxis={
            "title": {"text": say("said.attention.share_of_attention_mean_over")},
            "rangemode": "tozero",
        },
        yaxis={"autorange": "reversed"},
    )
    return style.legend_below(fig)


def heads_figure(table: pd.DataFrame, writer: str, kind: str | None = None) -> go.Figure:
    """Layers × heads: the mass that each head gives to one writer (all kinds, or one).

    Raises:
        BadInput: if that writer has no slots.
    """
    rows = table[(table["writer"] == writer) & ((table["kind"] == kind) if kind else True)]
    if not len(rows):
        raise BadInput(
            say(
                "error.attention_figure.wrote_no_slots_here",
                writer=writer,
                names=", ".join(table["writer"].unique()),
            )
        )
    grid = rows.pivot_table(index="layer", columns="head", values="mass", aggfunc="sum")
    fig = style.figure(height=120 + 26 * len(grid))
    fig.add_trace(
        go.Heatmap(
            z=[[float(f"{v:.3g}") for v in line] for line in grid.to_numpy()],
            x=[say("said.attention.head", h=h) for h in grid.columns],
            y=[say("said.attention.layer", v=v) for v in grid.index],
            colorscale=style.SEQUENTIAL,
            zmin=0,
            zmax=1,
            xgap=1,
            ygap=1,
            texttemplate="%{z:.2f}" if grid.size <= 300 else None,
            hovertemplate="%{y}, %{x}: %{z:.3g}<extra></extra>",
            colorbar=style.colorbar(say("said.attention.attention_mass")),
        )
    )
    return fig


def reading_sentence(table: pd.DataFrame, reader: str) -> str:
    """Who is read most, and more than even attention would explain, in one sentence."""
    mean = table.groupby(["writer", "kind"], sort=False)[["mass", "uniform"]].mean()
    parts = [
        say(
            "said.attention.of_even",
            kind=style.KIND_WORD[str(kind)],
            writer=agent_name(str(writer)),
            mass=style.share(float(r.mass)),
            uniform=style.share(float(r.uniform)),
        )
        for (writer, kind), r in mean.sort_values("mass", ascending=False).iterrows()
        if writer != first_position()
    ]
    sink = mean.loc[[i for i in mean.index if i[0] == first_position()], "mass"].sum()
    read = say("said.attention.and").join(parts[:4])
    return say(
        "said.attention.attends_to_the_the_first",
        reader=agent_name(reader),
        read=read,
        sink=style.share(float(sink)),
    )
