"""Error growth, geometry against usability, and the four routes: figures and tables from their
recorded results.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lab import stats
from lab.panels.break_it.break_results import AXIS, CHANNEL_COLOR, CHANNEL_WORD, with_intervals
from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    SYMBOLS,
    duration,
    empty_figure,
    escaped,
    figure,
    interval,
    legend_below,
    number,
    whiskers,
)
from lab.records.results import ResultTable
from lab.words import called, known, say


def growth(table: ResultTable | None, metric: str = "distance") -> go.Figure:
    """Distance by layer: other models as lines, the same model with moved embeddings as dashed grey
    ones."""
    if table is None or "layer" not in table.rows or not len(table.rows):
        return empty_figure(say("said.break_figures.error_growth_is_not_measured"))
    fig = figure(
        height=440, xaxis={"title": say("said.break_figures.layer_0_is_the_embedding"), "dtick": 1}
    )
    fig.update_yaxes(
        title=say("said.break_figures.distance_share_of_the_norm")
        if metric == "distance"
        else say("said.break_figures.cosine_mean_removed")
    )
    if metric == "distance":
        fig.update_yaxes(type="log")
    models = 0
    for name, part in table.rows.groupby("curve", sort=False):
        control = part["control"].iloc[0] == "control"
        means = [(layer, stats.mean(p[metric].astype(float))) for layer, p in part.groupby("layer")]
        shown = [(layer, e) for layer, e in means if metric != "distance" or e.value > 0]
        color, dash = (
            (NEUTRAL, "dot")
            if control
            else (OKABE_ITO[models % 6], "solid" if models < 6 else "dash")
        )
        fig.add_trace(
            go.Scatter(
                x=[layer for layer, _ in shown],
                y=[e.value for _, e in shown],
                name=escaped(known(str(name)), 32),
                mode="lines+markers",
                line={"color": color, "dash": dash},
                marker={"symbol": SYMBOLS[0 if control else models % len(SYMBOLS)], "size": 8},
                error_y=whiskers((e for _, e in shown), thickness=1),
            )
        )
        models += not control
    return legend_below(fig, 1 + len(fig.data) // 3)


def alike(table: ResultTable | None, measure: str = "cka") -> go.Figure:
    """Likeness of the last layer against accuracy of the hand-over, with intervals: filled
    thoughts, open cache."""
    if table is None or measure not in table.rows or not len(table.rows):
        return empty_figure(say("said.break_figures.geometry_against_usability_is_not"))
    unit = next((m.unit for m in table.metrics if m.name == measure), "")
    title = {"cka": say("said.break_figures.linear_cka_debiased")}.get(
        measure, called("metric", measure)
    )
    fig = figure(
        height=520,
        xaxis={
            "title": say(
                "said.break_figures.of_the_last_layers",
                title=title,
                x=f"({called('said.unit', unit)})" if unit else "",
            ).strip()
        },
    )
    fig.update_yaxes(
        title=say("said.break_figures.right_answers_share_thoughts_cache"), range=[-0.06, 1.08]
    )
    rows = table.rows
    names = [
        str(c).removesuffix(", last layer")
        for c in rows["condition"].unique()
        if str(c).endswith(", last layer")
    ]
    for i, name in enumerate(names):
        states = table.rows_of(f"{name}, last layer")[measure].astype(float)
        for channel in ("latent", "kv"):
            used = table.rows_of(f"{name} hands over", channel)["accuracy"]
            if not len(used) or not np.isfinite(states).any():
                continue
            x, y = stats.mean(states), stats.rate(used.astype(float))
            word = CHANNEL_WORD[channel]
            fig.add_trace(
                go.Scatter(
                    x=[x.value],
                    y=[y.value],
                    mode="markers",
                    name=escaped(name.removeprefix("pocket-"), 28),
                    legendgroup=name,
                    showlegend=channel == "latent",
                    marker={
                        "size": 13,
                        "symbol": SYMBOLS[i % len(SYMBOLS)]
                        + ("" if channel == "latent" else "-open"),
                        "color": OKABE_ITO[i % 6],
                        "line": {"width": 2, "color": OKABE_ITO[i % 6]},
                    },
                    error_x=whiskers([x], thickness=1),
                    error_y=whiskers([y], thickness=1),
                    hovertemplate=f"{escaped(name)}, {word}<br>{title} %{{x:.3f}}<br>"
                    f"{AXIS['accuracy']} "
                    f"%{{y:.2f}}<extra></extra>",
                )
            )
    legend_below(fig, 1 + len(names) // 6)
    null = f"{measure}_null"
    if null in rows and rows[null].notna().any():
        level = float(rows[null].astype(float).mean())
        fig.add_vline(x=level, line={"dash": "dot", "color": NEUTRAL})
        fig.add_annotation(
            x=level,
            y=1,
            yref="paper",
            text=say("said.break_figures.shuffled_pairs"),
            showarrow=False,
            xanchor="left",
        )
    floor = rows[rows["control"] == "floor"]["accuracy"]
    if len(floor):
        e = stats.rate(floor.astype(float))
        fig.add_hrect(y0=e.low, y1=e.high, fillcolor=NEUTRAL, opacity=0.18, line_width=0)
    return fig


def route_headers() -> list[str]:
    """Titles of the columns of `routes`."""
    return [
        say("said.routes.route"),
        say("said.routes.hand_over"),
        say("said.routes.right"),
        say("said.routes.took"),
        say("said.routes.seconds"),
        say("said.break_figures.third_model"),
        say("said.break_figures.r_held_out"),
        say("said.break_figures.r_other_world"),
    ]


def routes(table: ResultTable | None) -> dict[str, Any]:
    """One table of the four routes: accuracy with interval, what each took, and whether it serves a
    third model."""
    if table is None or not len(table.rows):
        return {"headers": route_headers(), "rows": []}
    prices, lines = table.meta.get("prices", {}), []
    for spec in table.meta.get("conditions", []):
        key, title = f"{spec['name']}/{spec['channel']}", known(spec["title"] or spec["name"])
        how, price = CHANNEL_WORD[spec["channel"]], prices.get(key, {})
        if key in table.meta.get("refused", {}):
            lines.append(
                [
                    title,
                    how,
                    say("said.break_figures.not_measured") + known(table.meta["refused"][key]),
                    *[""] * 5,
                ]
            )
            continue
        right = _right(table, spec)
        if right:
            took, third = _took(table, spec, price), _third(table, spec, price)
            held_out, elsewhere = (
                number(price.get("r2_held_out")),
                number(price.get("r2_other_domain")),
            )
            lines.append(
                [
                    title,
                    how,
                    right,
                    took,
                    duration(price.get("seconds")),
                    third,
                    held_out,
                    elsewhere,
                ]
            )
    return {"headers": route_headers(), "rows": lines}


def _right(table: ResultTable, spec: dict[str, Any]) -> str:
    part = table.rows_of(spec["name"], spec["channel"])
    if not len(part):
        return ""
    e = stats.rate(part["accuracy"].astype(float))
    return interval(e.value, e.half, e.n)


def _took(table: ResultTable, spec: dict[str, Any], price: dict[str, Any]) -> str:
    """Pairs, training tokens or words: what a route costs before or while it works."""
    if price.get("pairs"):
        pairs, numbers = (f"{price[key]:,}".replace(",", "\u202f") for key in ("pairs", "numbers"))
        return say("said.break_figures.pairs_numbers", pairs=pairs, numbers=numbers)
    if price.get("training_tokens"):
        return say("said.routes.training_tokens", m=price["training_tokens"] / 1e6)
    if spec["channel"] == "text":
        words = table.rows_of(spec["name"], "text")["tokens"]
        return say("said.break_figures.tokens_a_problem", mean=words.astype(float).mean())
    return ""


def _third(table: ResultTable, spec: dict[str, Any], price: dict[str, Any]) -> str:
    """How the same route serves a model it was not made for: measured for the map that was tried on
    one."""
    if spec["channel"] == "text":
        return say("said.routes.as_it_is")
    if price.get("training_tokens"):
        return say("said.break_figures.needs_a_training_of_its")
    own = _map(spec)
    if own is None or own.get("fitted_from"):
        return ""
    wanted = {**own, "fitted_from": spec["sender"]}
    tried = (
        o for o in table.meta["conditions"] if o["channel"] == spec["channel"] and _map(o) == wanted
    )
    return next((_right(table, other) for other in tried), "")


def _map(spec: dict[str, Any]) -> dict[str, Any] | None:
    return next((op for op in spec.get("ops", []) if op.get("op") == "map"), None)


def dial(table: ResultTable | None) -> go.Figure:
    """Accuracy of the learned ways against their dial: pairs (ridge, Procrustes) and rank
    (bottleneck)."""
    if table is None or "curve" not in table.rows or not len(table.rows):
        return empty_figure(say("said.break_figures.the_routes_are_not_measured"))
    fig = figure(
        height=400,
        xaxis={"title": say("said.break_figures.pairs_of_states_or_rank"), "type": "log"},
    )
    fig.update_yaxes(title=say("said.break_figures.right_answers_share"), range=[-0.03, 1.05])
    rows = table.rows[table.rows["curve"].astype(str) != ""]
    dashes = {"ridge": "solid", "procrustes": "dash", "bottleneck": "dot"}
    for (name, channel), part in rows.groupby(["curve", "channel"], sort=False):
        found = [(x, stats.rate(p["accuracy"].astype(float))) for x, p in part.groupby("x")]
        fig.add_trace(
            with_intervals(
                found,
                f"{called('said.learned', name)}, {CHANNEL_WORD[str(channel)]}",
                {"color": CHANNEL_COLOR[str(channel)], "dash": dashes.get(str(name), "solid")},
            )
        )
    for control, word in (("floor", "none"), ("ceiling", "text")):
        part = table.rows[table.rows["control"] == control]["accuracy"]
        if len(part):
            e = stats.rate(part.astype(float))
            fig.add_hrect(y0=e.low, y1=e.high, fillcolor=NEUTRAL, opacity=0.18, line_width=0)
            fig.add_annotation(
                x=0,
                xref="paper",
                xanchor="left",
                y=e.value,
                text=CHANNEL_WORD[word],
                showarrow=False,
            )
    return fig
