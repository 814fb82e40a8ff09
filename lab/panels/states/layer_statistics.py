"""Statistics of hidden states by layer and by step: how long, how spread, how alike, how near to
words they are.

They show the low, middle and high layers' different lives, and whether latent steps move on or
settle. Plain numbers of one model; nothing here projects or draws vectors of different layers
together.
"""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab.errors import BadInput
from lab.panels import style
from lab.panels.agent_colors import AgentColors
from lab.panels.states.alignment_table import embedding_table
from lab.panels.states.choose import Choice, rows_of
from lab.panels.states.geometry import Floats, finite_rows
from lab.records import Record
from lab.words import Sayings, agent_name, say

MEASURES = Sayings(
    {
        "norm": "said.layer_statistics.mean_l2_length",
        "variance": "said.layer_statistics.variance_mean_squared_distance_to",
        "largest": "said.layer_statistics.share_of_the_largest_dimension",
        "anisotropy": "said.layer_statistics.anisotropy_mean_cosine_of_pairs",
        "previous": "said.layer_statistics.cosine_to_the_previous_step",
        "embedding": "said.layer_statistics.cosine_distance_to_the_nearest",
    }
)


def layer_statistics(record: Record, choice: Choice) -> pd.DataFrame:
    """The `MEASURES` of every layer, for each lane, agent and kind of the choice.

    Returns:
        Columns lane, agent, kind, layer, n and one per measure; NaN where a measure does not exist
        (a single point).
    """
    df = rows_of(record, choice)
    host = str(df["host"].iloc[0])
    try:
        matrix = _unit(embedding_table(record, host)[1])
    except BadInput:
        matrix = None
    rows = []
    for (lane, agent, kind, layer), part in df.groupby(
        ["lane", "agent", "kind", "layer"], sort=False
    ):
        x = record.states(part.sort_values("moment")["point_id"].to_numpy())
        x = x[finite_rows(x)]
        if len(x):
            rows.append((lane, agent, kind, int(layer), len(x), *measures(x, matrix).values()))
    return pd.DataFrame(rows, columns=["lane", "agent", "kind", "layer", "n", *MEASURES])


def measures(x: Floats, embeddings: Floats | None = None) -> dict[str, float]:
    """The `MEASURES` of (n, D) vectors in the order of time; ``embeddings`` (t, D) have length
    1."""
    x = np.asarray(x, dtype=np.float64)
    n = len(x)
    unit = _unit(x)
    squares = np.square(x).mean(axis=0)
    total = np.square(unit.sum(axis=0)).sum()
    return {
        "norm": float(np.linalg.norm(x, axis=1).mean()),
        "variance": float(np.square(x - x.mean(axis=0)).sum(axis=1).mean()),
        "largest": float(squares.max() / max(squares.sum(), 1e-30)),
        "anisotropy": float((total - n) / (n * (n - 1))) if n > 1 else np.nan,
        "previous": float((unit[1:] * unit[:-1]).sum(axis=1).mean()) if n > 1 else np.nan,
        "embedding": np.nan
        if embeddings is None
        else float(1 - (unit @ embeddings.T).max(axis=1).mean()),
    }


def step_statistics(record: Record, choice: Choice, layer: int) -> pd.DataFrame:
    """Length, cosine to the previous step, and distance to the nearest input embedding, step by
    step at one layer.

    Returns:
        Columns lane, agent, kind, step, point_id, norm, previous, embedding.
    """
    df = rows_of(record, choice, layer)
    try:
        matrix = _unit(embedding_table(record, str(df["host"].iloc[0]))[1])
    except BadInput:
        matrix = None
    parts = []
    for _, part in df.groupby(["lane", "agent", "kind"], sort=False):
        ordered = part.sort_values("moment")
        x = record.states(ordered["point_id"].to_numpy()).astype(np.float64)
        unit = _unit(x)
        out = ordered[["lane", "agent", "kind", "step", "point_id"]].copy()
        out["norm"] = np.linalg.norm(x, axis=1)
        out["previous"] = np.concatenate([[np.nan], (unit[1:] * unit[:-1]).sum(axis=1)])
        out["embedding"] = np.nan if matrix is None else 1 - (unit @ matrix.T).max(axis=1)
        parts.append(out)
    return pd.concat(parts, ignore_index=True)


def layers_figure(table: pd.DataFrame, agents: AgentColors) -> go.Figure:
    """Six small charts over the layers, a line per lane, agent and kind."""
    fig = make_subplots(
        rows=2,
        cols=3,
        subplot_titles=[_title(words) for words in MEASURES.values()],
        vertical_spacing=0.2,
    )
    fig.update_layout(style.figure(height=560, margin={"l": 48, "r": 12, "t": 46, "b": 60}).layout)
    dashes = dict(zip(table["lane"].unique(), ("solid", "dash", "dot", "dashdot"), strict=False))
    for (lane, agent, kind), rows in table.groupby(["lane", "agent", "kind"], sort=False):
        for i, measure in enumerate(MEASURES):
            fig.add_trace(
                go.Scatter(
                    x=rows["layer"].tolist(),
                    y=_numbers(rows[measure]),
                    mode="lines+markers",
                    name=style.escaped(_called(agents, str(lane), str(agent), str(kind)), 60),
                    legendgroup=f"{lane}{agent}{kind}",
                    showlegend=i == 0,
                    line={
                        "color": agents.color(str(lane), str(agent)),
                        "dash": dashes.get(lane, "solid"),
                    },
                    marker={"symbol": "circle" if kind == "latent" else "circle-open", "size": 6},
                    hovertemplate=f"{say('said.layer_statistics.layer')} %{{x}}: %{{y:.3g}} "
                    f"(n = {int(rows['n'].iloc[0])})",
                ),
                row=i // 3 + 1,
                col=i % 3 + 1,
            )
    fig.update_annotations(font_size=12)
    fig.update_xaxes(title={"text": say("said.layer_statistics.layer")}, row=2)
    return style.legend_below(fig, 1 + fig_rows(table))


def steps_figure(table: pd.DataFrame, agents: AgentColors, layer: int) -> go.Figure:
    """Do the steps move or settle? Three charts over the steps at one layer."""
    names = ("norm", "previous", "embedding")
    fig = make_subplots(
        rows=1, cols=3, subplot_titles=[_title(MEASURES[n].replace("mean ", "")) for n in names]
    )
    fig.update_layout(style.figure(height=320, margin={"l": 48, "r": 12, "t": 46, "b": 60}).layout)
    for (lane, agent, kind), rows in table.groupby(["lane", "agent", "kind"], sort=False):
        for i, name in enumerate(names):
            fig.add_trace(
                go.Scatter(
                    x=rows["step"].tolist(),
                    y=_numbers(rows[name]),
                    mode="lines+markers",
                    showlegend=i == 0,
                    name=style.escaped(_called(agents, str(lane), str(agent), str(kind)), 60),
                    legendgroup=f"{lane}{agent}{kind}",
                    line={
                        "color": agents.color(str(lane), str(agent)),
                        "dash": "solid" if kind == "latent" else "dot",
                    },
                    marker={"size": 5},
                    customdata=rows["point_id"].astype(int).tolist(),
                    hovertemplate="step %{x}: %{y:.3g}",
                ),
                row=1,
                col=i + 1,
            )
    fig.update_annotations(font_size=12)
    fig.update_xaxes(title={"text": say("said.layer_statistics.step_at_layer", layer=layer)})
    return style.legend_below(fig, 1 + fig_rows(table))


def fig_rows(table: pd.DataFrame) -> int:
    """Rows that the legend of so many lines needs."""
    return len(table.groupby(["lane", "agent", "kind"])) // 4


def settle_sentence(table: pd.DataFrame) -> str:
    """Do latent steps move or converge? From the cosine to the previous step, first half against
    second half."""
    said = []
    for agent, rows in table[table["kind"] == "latent"].groupby("agent", sort=False):
        cosines = rows.sort_values("step")["previous"].dropna().to_numpy()
        if len(cosines) < 6:
            continue
        early, late = cosines[: len(cosines) // 2].mean(), cosines[len(cosines) // 2 :].mean()
        word = (
            say("said.layer_statistics.settle")
            if late > 0.98
            else say("said.layer_statistics.slow_down")
            if late > early + 0.05
            else say("said.layer_statistics.keep_moving")
        )
        said.append(
            say(
                "said.layer_statistics.steps",
                agent=agent_name(str(agent)),
                word=word,
                early=early,
                late=late,
            )
        )
    return "; ".join(said) + "." if said else ""


def _numbers(values: pd.Series) -> list[float | None]:
    return [float(f"{v:.4g}") if np.isfinite(v) else None for v in values]


def _unit(x: Floats) -> Floats:
    unit: Floats = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    return unit


def _title(words: str) -> str:
    """A measure's name in lines of at most 30 letters, so that neighbouring titles never meet."""
    return "<br>".join(textwrap.wrap(words, 30))


def _called(agents: AgentColors, lane: str, agent: str, kind: str) -> str:
    """The entry of the legend: who, which points, where."""
    return f"{agent_name(agent)} · {style.KIND_WORD[kind]} · {agents.lane(lane)}"
