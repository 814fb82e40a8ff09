"""Recorded experiments of the failure lab as bars, curves and heat-maps: pure functions of a result
table. The gallery's cards are in `gallery_cards`.

Every chart carries floor, ceiling and controls in the same picture. Knows no models and no page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lab import stats
from lab.errors import BadInput, LabError
from lab.panels.break_it.break_words import constraints
from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    SEQUENTIAL,
    empty_figure,
    escaped,
    figure,
    legend_below,
    whiskers,
)
from lab.records.results import ResultTable, read_result
from lab.stats import Estimate
from lab.words import Sayings, called, known, say

CHANNEL_WORD = Sayings(
    {
        "kv": "said.channel.kv",
        "latent": "said.channel.latent",
        "text": "said.channel.text",
        "ids": "said.channel.ids",
        "none": "said.channel.none",
        "alone": "said.channel.alone",
        "solo": "said.channel.solo",
        "": "",
    }
)
CHANNEL_COLOR = {
    "kv": OKABE_ITO[0],
    "latent": OKABE_ITO[2],
    "text": OKABE_ITO[1],
    "ids": OKABE_ITO[3],
}
CONTROL_PATTERN = {"floor": "x", "ceiling": "/", "control": "."}
AXIS = Sayings(
    {
        "accuracy": "said.break_figures.right_answers_share",
        "nll": "said.break_figures.negative_log_likelihood_of_the",
        "kl": "said.break_figures.kl_to_the_correct_hand",
        "tokens": "said.break_figures.words_written_tokens",
        "ms": "said.break_figures.time_per_problem_ms",
        "bytes": "said.break_figures.handed_over_bytes",
        "agreement": "said.break_figures.same_top_word_share",
        "distance": "said.break_figures.distance_share_of_the_norm",
    }
)
FEW_LAYERS = 10
"""Up to so many layers every cell of the heat-map has room for its number."""


def find_result(folders: list[Path], study: str) -> ResultTable | None:
    """The newest finished result of that name (`ResultTable.study`); an earlier folder wins, a
    damaged record hides no other."""
    for folder in folders:
        found = []
        for path in folder.glob("*/record.json"):
            try:
                table = read_result(path.parent)
            except LabError:
                continue
            if table.study == study and len(table.rows):
                found.append((table.meta["status"] == "finished", table.meta["created"], table))
        if found:
            return max(found, key=lambda item: item[:2])[2]
    return None


def results_caption(table: ResultTable | None, card: int | None = None) -> str:
    """What was run: experiment, problems, seed, models and versions."""
    if table is None:
        return ""
    spec, versions = table.meta["spec"], table.meta["versions"]
    title = f"{constraints()[card].title}: " if card in constraints() else ""
    hosts = ", ".join(
        f"{name} {str(info.get('digest', ''))[:8]}"
        for name, info in list(table.meta["hosts"].items())[:4]
    )
    return title + say(
        "said.break_results.run",
        experiment=called("choice", table.experiment),
        n=spec.get("n"),
        seed=spec.get("seed"),
        hosts=hosts,
        torch=versions.get("torch"),
    )


def spec_of(table: ResultTable) -> dict[tuple[str, str], dict[str, Any]]:
    """(condition, channel) → what the preset says of it."""
    return {(c["name"], c["channel"]): c for c in table.meta.get("conditions", [])}


def bounds(
    table: ResultTable, name: str | None = None, channel: str = ""
) -> tuple[Estimate, Estimate]:
    """Floor (nothing handed over) and ceiling: the unbroken method in the same channel or the same
    sender's words, whichever is lower; a broken hand-over cannot be blamed for what the sender
    itself cannot do.

    Raises:
        BadInput: if the table has no floor or no ceiling.
    """

    def right(control: str, of: str | None = None) -> Estimate | None:
        rows = table.rows
        part = rows[rows["control"] == control]
        part = part if of is None else part[part["channel"] == of]
        return stats.rate(part["accuracy"].astype(float)) if len(part) else None

    def said() -> Estimate | None:
        own = table.rows_of(name or "", "text")
        return stats.rate(own["accuracy"].astype(float)) if len(own) else None

    floor = table.once(("bound", "floor"), lambda: right("floor"))
    words = table.once(("own words", name), said) or table.once(
        ("bound", "ceiling"), lambda: right("ceiling")
    )
    method = table.once(("bound", "method", channel), lambda: right("method", channel))
    ceilings = [one for one in (words, method) if one is not None]
    if floor is None or not ceilings:
        raise BadInput(say("error.break_results.result_no_floor_no"))
    return floor, min(ceilings, key=lambda e: e.value)


def bars(
    table: ResultTable | None,
    metric: str = "accuracy",
    only: set[tuple[str, str]] | None = None,
    guess: str | None = None,
) -> go.Figure:
    """A bar per condition with its interval; controls, floor and ceiling always stand beside the
    chosen ones.

    Args:
        only: (condition, channel) to show beside the controls; None shows all that lie on no curve.
        guess: a prediction that was made before, "right" (over a half), "wrong" or "chance" (as the
            floor), drawn as a band.
    """
    if table is None or not len(table.rows):
        return empty_figure(say("said.break_figures.nothing_is_measured_yet_press"))
    summary = table.summary()
    summary = summary[summary["metric"] == metric]
    spec = spec_of(table)
    keep = [
        (only is None and not spec.get((r.condition, r.channel), {}).get("curve"))
        or (only is not None and (r.condition, r.channel) in only)
        or (only is not None and r.control in ("floor", "ceiling", "method", "control"))
        for r in summary.itertuples(index=False)
    ]
    part = summary[keep]
    if not len(part):
        return empty_figure(
            say("said.break_figures.no_was_measured_for_these", metric=AXIS.get(metric, metric))
        )
    broken = [
        spec.get((r.condition, r.channel), {}).get("constraint") or 0
        for r in part.itertuples(index=False)
    ]
    part = (
        part.assign(constraint=broken)
        .sort_values("constraint", kind="stable")
        .reset_index(drop=True)
    )
    several = only is None and part["constraint"].any()
    labels = [
        _label(spec.get((r.condition, r.channel), {}), r, several)
        for r in part.itertuples(index=False)
    ]
    fig = figure(
        height=120 + 26 * len(part), margin={"l": 300, "r": 24, "t": 16, "b": 48}, showlegend=False
    )
    fig.add_trace(
        go.Bar(
            x=part["value"],
            y=labels,
            orientation="h",
            error_x=whiskers(part.itertuples()),
            marker={
                "color": [CHANNEL_COLOR.get(c, NEUTRAL) for c in part["channel"]],
                "pattern": {
                    "shape": [CONTROL_PATTERN.get(c, "") for c in part["control"]],
                    "fgcolor": "#ffffff",
                },
            },
            customdata=part[["low", "high", "n"]].assign(
                role=[called("said.role", c) if c else "" for c in part["control"]]
            ),
            hovertemplate="%{y}<br>%{x:.3g} [%{customdata[0]:.3g}, %{customdata[1]:.3g}], n = "
            "%{customdata[2]}"
            "<br>%{customdata[3]}<extra></extra>",
        )
    )
    fig.update_yaxes(autorange="reversed", tickfont={"size": 12})
    fig.update_xaxes(title=AXIS.get(metric, metric), rangemode="tozero")
    floor = part[part["control"] == "floor"]
    bands = {"right": (0.5, 1.0), "wrong": (0.0, 0.5)}
    if len(floor):
        bands["chance"] = (float(floor["low"].iloc[0]), float(floor["high"].iloc[0]))
    if guess in bands and metric == "accuracy":
        low, high = bands[guess]
        fig.add_vrect(x0=low, x1=high, fillcolor=OKABE_ITO[5], opacity=0.14, line_width=0)
        fig.add_annotation(
            x=(low + high) / 2,
            y=1.02,
            yref="paper",
            text=say("said.break_figures.your_prediction"),
            showarrow=False,
        )
    return fig


def _label(spec: dict[str, Any], row: Any, numbered: bool = False) -> str:
    """What a bar is called: only the condition's own name may be a stranger's; the other words are
    the page's, which the browser fills in and which must not be cut or escaped before."""
    how = CHANNEL_WORD.get(row.channel, row.channel)
    title = known(escaped(str(spec.get("title") or row.condition), 60))
    role = f" [{called('said.role', row.control)}]" if row.control else ""
    plain = (
        f"{title} · {how}{role}"
        if how and row.channel not in ("none", "alone", "solo")
        else f"{title}{role}"
    )
    card = constraints().get(row.constraint) if numbered else None
    return f"{card.mark}  {plain}" if card else plain


def parameter_dial(table: ResultTable | None, metric: str = "accuracy") -> go.Figure:
    """The dial θ(α): from `pocket-base` to a stranger (solid) and to its own fine-tune (dotted).

    At α = 0 stands the unbroken method.
    """
    roads = {
        "base to reseed": (say("said.break_figures.to_a_stranger"), "solid"),
        "base to fine-tune": (say("said.break_figures.to_a_fine_tune"), "dot"),
    }
    start: dict[str, Estimate] = {}
    if table is not None and len(table.rows):
        for channel, part in table.rows[table.rows["control"].isin(("method", "ceiling"))].groupby(
            "channel"
        ):
            start[str(channel)] = table.estimate(
                str(part["condition"].iloc[0]), metric, str(channel)
            )
    return legend_below(
        _curves(table, roads, metric, say("said.break_figures.from_pocket_base_0_to"), start)
    )


def _curves(
    table: ResultTable | None,
    roads: dict[str, tuple[str, str]],
    metric: str,
    unit: str,
    start: dict[str, Estimate],
) -> go.Figure:
    """Lines of several curves in one picture.

    Args:
        roads: curve → (what is added to a channel's word, dash of its lines).
        start: channel → estimate that stands at x = 0.
    """
    rows = pd.DataFrame() if table is None else table.rows
    rows = rows[rows["curve"].isin(list(roads))] if "curve" in rows else rows
    if table is None or not len(rows):
        return empty_figure(say("said.break_figures.this_dial_is_not_measured"))
    fig = figure(
        height=380,
        xaxis={"title": unit},
        yaxis={"title": AXIS.get(metric, metric), "rangemode": "tozero"},
    )
    kind = {m.name: m.kind for m in table.metrics}[metric]
    for name, (suffix, dash) in roads.items():
        for channel, part in rows[rows["curve"] == name].groupby("channel", sort=False):
            found = [
                (x, stats.of_metric(kind, p[metric].astype(float))) for x, p in part.groupby("x")
            ]
            if channel in start:
                found = [(0, start[str(channel)]), *found]
            line = {"color": CHANNEL_COLOR.get(str(channel), NEUTRAL), "dash": dash}
            fig.add_trace(
                with_intervals(found, CHANNEL_WORD.get(str(channel), str(channel)) + suffix, line)
            )
    if metric == "accuracy":
        _bands(fig, table)
    return fig


def with_intervals(
    found: list[tuple[Any, Estimate]], name: str, line: dict[str, Any]
) -> go.Scatter:
    """A line through estimates (x, figure) with their intervals."""
    return go.Scatter(
        x=[x for x, _ in found],
        y=[e.value for _, e in found],
        name=name,
        mode="lines+markers",
        line=line,
        error_y=whiskers(e for _, e in found),
    )


def _bands(fig: go.Figure, table: ResultTable) -> None:
    try:
        floor, ceiling = bounds(table)
    except BadInput:
        return
    for e, word in (
        (floor, say("said.break_figures.floor_nothing_handed_over")),
        (ceiling, say("said.break_figures.ceiling_text")),
    ):
        fig.add_hrect(y0=e.low, y1=e.high, fillcolor=NEUTRAL, opacity=0.18, line_width=0)
        fig.add_annotation(
            x=1,
            xref="paper",
            xanchor="right",
            y=e.value,
            text=word,
            showarrow=False,
            font={"size": 11},
        )


def heatmap(table: ResultTable | None, metric: str = "accuracy") -> go.Figure:
    """Layer read × layer written; the diagonal of one model is the undisturbed run."""
    if table is None or "read" not in table.rows or not len(table.rows):
        return empty_figure(say("said.break_figures.the_heat_map_is_not"))
    means = table.rows.assign(value=table.rows[metric].astype(float)).pivot_table(
        index="read", columns="write", values="value", aggfunc="mean"
    )
    n = int(table.rows.groupby("condition").size().max())
    apart = 1 if len(means) <= FEW_LAYERS else 4
    fig = figure(
        height=440,
        xaxis={
            "title": say("said.break_figures.continued_at_layer"),
            "dtick": apart,
            "constrain": "domain",
        },
        yaxis={
            "title": say("said.break_figures.read_at_layer"),
            "dtick": apart,
            "scaleanchor": "x",
        },
    )
    into = say("said.break_tab.layer_into_layer", x="%{y}", x2="%{x}")
    high = 1.0 if metric in ("accuracy", "agreement") else float(means.max().max())
    fig.add_trace(
        go.Heatmap(
            z=means.values,
            x=[int(x) for x in means.columns],
            y=[int(y) for y in means.index],
            colorscale=SEQUENTIAL,
            zmin=0,
            zmax=high,
            texttemplate="%{z:.2f}" if len(means) <= FEW_LAYERS else None,
            colorbar={"title": {"text": f"{called('metric', metric)}, n = {n}"}},
            customdata=[
                [{"read": int(r), "write": int(w)} for w in means.columns] for r in means.index
            ],
            hovertemplate=f"{into}<br>{called('metric', metric)} %{{z:.3f}}<extra></extra>",
        )
    )
    return fig
