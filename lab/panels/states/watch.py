"""When does the answer appear? The probability of chosen words at every moment of every agent,
through the head.

Read at the last captured layer. Without the model, a word below the stored top k is drawn as an
open mark at the upper bound that the record still proves (the probability of the last stored word),
never as zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab.errors import BadInput
from lab.panels import style
from lab.panels.agent_colors import AgentColors
from lab.panels.states.lens import Decoder, LensReader, ModelLens, StoredLens, word_to_id
from lab.records import Record
from lab.words import agent_name, say

WORD_LOOK = (
    ("circle", "solid"),
    ("square", "dash"),
    ("diamond", "dot"),
    ("triangle-up", "dashdot"),
    ("x", "longdash"),
)


def watch(
    record: Record,
    words: Sequence[str],
    *,
    lens: LensReader | None = None,
    decoder: Decoder | None = None,
    kinds: tuple[str, ...] = ("latent", "token"),
    layer: int | None = None,
) -> pd.DataFrame:
    """The watched words at every captured moment of the record, in the order of time within each
    lane.

    Words are looked up per host, so agents of different models can be watched together; a word that
    a host does not know is left out there. With a decoder, agents of another model are read from
    the stored lens.

    Returns:
        Columns lane, agent, kind, step, moment, point_id, token, word, read_as (the token that
        stands for the word), p (0 to 1) and known (False: p is an upper bound).

    Raises:
        BadInput: without words, or if no host knows any of them.
    """
    words = list(dict.fromkeys(w.strip() for w in words if w.strip()))[: len(WORD_LOOK)]
    if not words:
        raise BadInput(say("error.watch.watch_words_least_word"))
    df = record.points
    level = int(df["layer"].max()) if layer is None else layer
    df = df[(df["layer"] == level) & df["kind"].isin(kinds)].sort_values(["lane", "moment"])
    parts = []
    failure: BadInput | None = None
    for host, rows in df.groupby("host", sort=False):
        own = (
            decoder if decoder and str(record.host(str(host))["digest"]) == decoder.digest else None
        )
        reader = lens or (ModelLens(own) if own else StoredLens())
        for word in words:
            try:
                token_id, text = word_to_id(record, str(host), word, own)
            except BadInput as error:
                failure = error
                continue
            reading = reader.read(record, rows["point_id"].to_numpy()[None], (token_id,))
            logp = reading.watched_logp[0, :, 0]
            known = np.isfinite(logp)
            floor = (
                reading.top_logp[0, :, -1] if reading.top_logp.shape[-1] else np.zeros(len(rows))
            )
            part = rows[["lane", "agent", "kind", "step", "moment", "point_id", "token"]].copy()
            parts.append(
                part.assign(
                    word=word, read_as=text, p=np.exp(np.where(known, logp, floor)), known=known
                )
            )
    if not parts:
        raise failure or BadInput(say("error.watch.no_captured_latent_steps"))
    return pd.concat(parts, ignore_index=True)


def answer_words(record: Record) -> list[str]:
    """The right answer as a watch word, if the problem has one."""
    truth = record.problem.truth
    return [truth] if truth else []


def watch_figure(table: pd.DataFrame, agents: AgentColors) -> go.Figure:
    """One row per lane: probability over time, marks in the agents' colours, shape and dash by
    word."""
    lanes = list(table["lane"].unique())
    fig = make_subplots(
        rows=len(lanes),
        cols=1,
        shared_yaxes=True,
        vertical_spacing=0.34 / len(lanes),
        subplot_titles=[style.escaped(agents.lane(str(x))) for x in lanes],
    )
    fig.update_layout(
        style.figure(
            meta={"spoken": "x"},
            height=110 + 210 * len(lanes),
            margin={"l": 56, "r": 12, "t": 34, "b": 60},
        ).layout
    )
    for row, lane in enumerate(lanes, start=1):
        colors = agents.of(str(lane))
        part = table[table["lane"] == lane]
        # Agents that worked side by side are drawn one after the other, in the order of their first
        # moments.
        part = part.assign(block=part.groupby("agent")["moment"].transform("min")).sort_values(
            ["block", "moment"]
        )
        place = {m: i for i, m in enumerate(part["moment"].unique())}
        for (word, rows), (symbol, dash) in zip(
            part.groupby("word", sort=False), WORD_LOOK, strict=False
        ):
            shapes = [symbol if known else f"{symbol}-open" for known in rows["known"]]
            fig.add_trace(
                go.Scatter(
                    x=[place[m] for m in rows["moment"]],
                    y=[float(f"{p:.4g}") for p in rows["p"]],
                    mode="lines+markers",
                    name=f"‘{style.escaped(str(word))}’",
                    legendgroup=str(word),
                    showlegend=row == 1,
                    line={"color": style.NEUTRAL, "width": 1.2, "dash": dash},
                    marker={
                        "color": [colors.get(str(a), style.NEUTRAL) for a in rows["agent"]],
                        "symbol": shapes,
                        "size": 8,
                    },
                    customdata=rows[["point_id", "moment"]].astype(int).to_numpy().tolist(),
                    text=[_hover(r) for _, r in rows.iterrows()],
                    hovertemplate="%{text}<extra></extra>",
                ),
                row=row,
                col=1,
            )
        _bands(fig, part, place, colors, row)
        every = max(1, len(place) // 30)
        first = part.drop_duplicates("moment")
        fig.update_xaxes(
            tickvals=list(range(0, len(place), every)),
            ticktext=[style.brief(str(t), 7) for t in first["token"].tolist()[::every]],
            tickangle=-60,
            tickfont={"size": 11},
            row=row,
            col=1,
        )
    fig.update_yaxes(range=[-0.03, 1.1], title={"text": say("said.lens_figure.probability")})
    fig.update_annotations(font_size=12)
    return style.legend_below(fig)


def _bands(
    fig: go.Figure, part: pd.DataFrame, place: dict[int, int], colors: dict[str, str], row: int
) -> None:
    """A tinted band and the agent's name behind its stretch of time."""
    for agent, rows in part.groupby("agent", sort=False):
        at = [place[m] for m in rows["moment"]]
        fig.add_vrect(
            x0=min(at) - 0.5,
            x1=max(at) + 0.5,
            fillcolor=colors.get(str(agent), style.NEUTRAL),
            opacity=0.09,
            line_width=0,
            layer="below",
            row=row,
            col=1,
            annotation_text=style.escaped(agent_name(str(agent))),
            annotation_position="top left",
            annotation_font_size=11,
        )


def _hover(row: pd.Series) -> str:
    bound = "" if row["known"] else say("said.watch_figure.at_most")
    return (
        f"{style.escaped(agent_name(str(row['agent'])))}, "
        f"{style.KIND_WORD[row['kind']]} {int(row['step'])} "
        f"‘{style.escaped(str(row['token']), 16)}’<br>{say('said.watch_figure.next')} "
        f"‘{style.escaped(str(row['read_as']), 16)}’: "
        f"{bound}{style.share(float(row['p']))}"
    )
