"""The alignment made visible: what the head would say before it, and which input embedding lies
nearest after it.

A latent step feeds ``align(h)``; the vector stored at layer 0 of the step is exactly what was fed.
Its neighbours are looked for among the input embeddings: of the whole vocabulary if a decoder is
given, otherwise those of the tokens that this record read or wrote (their layer-0 vectors), and the
table says which.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lab.errors import BadInput
from lab.events import LatentStep
from lab.panels import style
from lab.panels.states.geometry import Floats, Ints
from lab.panels.states.lens import Decoder
from lab.records import Record
from lab.words import agent_name, called, say

COLUMNS = (
    "step",
    "point_id",
    "before",
    "entropy",
    "norm",
    "after",
    "fed_norm",
    "same",
    "among",
    "findable",
)
WINDOW = 20
"""Steps shown at first; the others are reached by dragging."""


def embedding_table(record: Record, host: str) -> tuple[Ints, Floats]:
    """Input embeddings that the record holds: token ids (t,) and layer-0 vectors (t, D), one per
    token.

    A prompt or text slot is fed the plain embedding of its token. (A model that adds learned
    positions to the input has no such single vector; there the first occurrence stands.)

    Raises:
        BadInput: if layer 0 was not captured.
    """
    df = record.points
    rows = df[
        (df["host"] == host) & (df["layer"] == 0) & (df["kind"] != "latent") & (df["token_id"] >= 0)
    ]
    rows = rows.drop_duplicates("token_id")
    if not len(rows):
        raise BadInput(say("error.alignment_table.no_input_embeddings_record"))
    return rows["token_id"].to_numpy(), record.states(rows["point_id"].to_numpy())


def alignment_table(
    record: Record, lane: str, agent: str, *, decoder: Decoder | None = None, k: int = 3
) -> pd.DataFrame:
    """A row per latent step: the head's words and norm before, the nearest embeddings and norm
    after.

    Returns:
        Columns step, point_id (layer 0: the fed vector), before (list of (word, p)), entropy, norm,
        after (list of (word, cosine)), fed_norm, same (the best word is the same), among (how many
        embeddings were compared), findable (the word before is among them).

    Raises:
        BadInput: if the agent took no captured latent steps.
    """
    steps = [
        e
        for e in record.events
        if isinstance(e, LatentStep) and e.lane == lane and e.agent == agent
    ]
    df = record.points
    fed = df[
        (df["lane"] == lane)
        & (df["agent"] == agent)
        & (df["kind"] == "latent")
        & (df["layer"] == 0)
    ]
    if not steps:
        raise BadInput(say("error.alignment_table.took_no_latent_steps", agent=agent, lane=lane))
    if not len(fed):
        raise BadInput(say("error.alignment_table.fed_vectors_were_not", agent=agent))
    host = str(fed["host"].iloc[0])
    by_step = dict(zip(fed["step"].tolist(), fed["point_id"].tolist(), strict=True))
    steps = [e for e in steps if e.step in by_step]
    points = [by_step[e.step] for e in steps]
    near, among = nearest_embeddings(record, host, record.states(points), k, decoder)
    exact = decoder is not None and decoder.digest == str(record.host(host)["digest"])
    known = (
        set() if exact else {record.token(host, int(i)) for i in embedding_table(record, host)[0]}
    )
    rows = []
    for e, point, after in zip(steps, points, near, strict=True):
        before = list(e.top)[:k]
        same = bool(before and after and before[0][0] == after[0][0])
        rows.append(
            (
                e.step,
                point,
                before,
                e.entropy,
                e.norm,
                after,
                e.fed_norm,
                same,
                among,
                exact or bool(before and before[0][0] in known),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def nearest_embeddings(
    record: Record, host: str, vectors: Floats, k: int, decoder: Decoder | None = None
) -> tuple[list[list[tuple[str, float]]], int]:
    """The k input embeddings nearest by cosine to each vector (n, D): (word, cosine), and among how
    many."""
    if decoder is not None and decoder.digest == str(record.host(host)["digest"]):
        ids, cosines = decoder.nearest_embeddings(vectors, k)
        text: Callable[[int], str] = decoder.token_text
        among = int(record.host(host).get("vocab_size", 0))
    else:
        known, matrix = embedding_table(record, host)
        table = _unit(vectors) @ _unit(matrix).T
        order = np.argsort(-np.nan_to_num(table, nan=-2.0), axis=1)[:, :k]
        ids, cosines = known[order], np.take_along_axis(table, order, axis=1)
        text = partial(record.token, host)
        among = len(known)
    words = [
        [(text(int(i)), float(c)) for i, c in zip(row, cos, strict=True)]
        for row, cos in zip(ids, cosines, strict=True)
    ]
    return words, among


def alignment_figure(table: pd.DataFrame, agent: str, color: str) -> go.Figure:
    """Two rows of words, before and after, over the norms of both: shade is probability before and
    cosine after."""
    n = len(table)
    before = [row[0] if row else ("", 0.0) for row in table["before"]]
    after = [row[0] if row else ("", 0.0) for row in table["after"]]
    fig = style.figure(height=340)
    hover = [
        [
            _list(
                say("said.alignment.after_alignment_nearest_input_embeddings"),
                row,
                f"{say('said.alignment.cosine')} ",
            )
            for row in table["after"]
        ],
        [
            _list(say("said.alignment.before_alignment_the_head_would"), row, "")
            for row in table["before"]
        ],
    ]
    fig.add_trace(
        go.Heatmap(
            z=[[round(c, 3) for _, c in after], [round(p, 3) for _, p in before]],
            x=list(range(n)),
            y=[0, 1],
            text=[[style.brief(w) for w, _ in after], [style.brief(w) for w, _ in before]],
            texttemplate="%{text}",
            textfont={"size": 11},
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            customdata=[table["point_id"].tolist()] * 2,
            colorscale=style.SEQUENTIAL,
            zmin=0,
            zmax=1,
            xgap=1,
            ygap=3,
            colorbar=style.colorbar(say("said.alignment.probability_cosine"))
            | {"len": 0.55, "y": 0.78},
        )
    )
    for name, column, dash in (
        (say("said.alignment.before_head"), "norm", "solid"),
        (say("said.alignment.after_fed"), "fed_norm", "dash"),
    ):
        fig.add_trace(
            go.Scatter(
                x=list(range(n)),
                y=[float(f"{v:.4g}") for v in table[column]],
                name=say("said.alignment.length", name=name),
                yaxis="y2",
                mode="lines+markers",
                line={"color": color, "dash": dash},
                marker={"symbol": "circle" if dash == "solid" else "circle-open"},
                customdata=table["point_id"].tolist(),
                hovertemplate=say("said.alignment.length", name=name) + " %{y:.3g}<extra></extra>",
            )
        )
    fig.update_layout(
        yaxis={
            "domain": [0.56, 1],
            "tickvals": [0, 1],
            "ticktext": [say("said.alignment.after_fed"), say("said.alignment.before_head")],
            "showgrid": False,
            "fixedrange": True,
        },
        yaxis2={
            "domain": [0, 0.42],
            "title": {"text": say("said.alignment.l2_length")},
            "rangemode": "tozero",
            "anchor": "x",
        },
        xaxis={
            "tickvals": list(range(n)),
            "ticktext": [str(s) for s in table["step"]],
            "anchor": "y2",
            "title": {
                "text": say("said.alignment.latent_step_of", agent=style.escaped(agent_name(agent)))
            },
            "showgrid": False,
            "range": [-0.5, min(n, WINDOW) - 0.5],
        },
    )
    return style.legend_below(fig)


def alignment_sentence(table: pd.DataFrame, tied: bool, method: str) -> str:
    """What the table shows, in words."""
    same, findable = int(table["same"].sum()), int(table["findable"].sum())
    ties = say("said.alignment.the_embeddings_are_tied_so") if tied and method == "ridge" else ""
    missing = len(table) - findable
    rest = say("said.alignment.in_the_other_steps_that", missing=missing) if missing else ""
    return say(
        "said.alignment.in_of_steps_the_fed",
        same=same,
        findable=findable,
        x=int(table["among"].iloc[0]),
        method=called("said.alignment", method),
        rest=rest,
        ties=ties,
    )


def _list(head: str, row: list[tuple[str, float]], label: str) -> str:
    return f"{head}<br>" + "<br>".join(
        f"{style.escaped(w, 16)} {label}{style.number(float(v))}" for w, v in row
    )


def _unit(x: Floats) -> Floats:
    unit: Floats = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    return unit
