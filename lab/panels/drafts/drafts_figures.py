"""Charts of the drafts tab: flow from drafts to aggregate, waiting, probability of claims, results
of experiments.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lab.panels.drafts.drafts import DraftsRun, uncertain_claims
from lab.panels.drafts.drafts_value import ClaimChance, DraftsValue
from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    SYMBOLS,
    empty_figure,
    escaped,
    figure,
    legend_below,
    rgba,
    whiskers,
)
from lab.plan import PlanProblem
from lab.words import agent_name, called, known, say

CONTROL_LOOK = {"ceiling": "/", "floor": "\\", "control": "x", "method": "", "": ""}
"""Bar pattern by what a condition is for; the pattern says it without colour."""


def flow(view: DraftsValue) -> go.Figure:
    """Drafts → aggregate: width is the share of the aggregate's words, split by who it is owed to;
    new words apart.

    Args:
        view: what `lab.panels.drafts.drafts.view` made.
    """
    drafts, reader = view.drafts, view.reader
    if not view.target.said:
        return empty_figure(
            say("said.drafts_figures.has_not_said_anything_so", reader=agent_name(reader))
        )
    names = [agent_name(draft.agent) for draft in drafts]
    colors = [view.colors.get(draft.agent, NEUTRAL) for draft in drafts]
    claims = [_claims_taken(view, i) for i in range(len(drafts))]
    shares = [draft.owed for draft in drafts] + [view.shares["new"]]
    labels = [
        say(
            "said.drafts_figures.of_words_of_claims",
            name=escaped(name),
            owed=owed,
            kept=kept,
            said=said,
        )
        for name, owed, (kept, said) in zip(names, shares, claims, strict=False)
    ] + [say("said.drafts_figures.new_words", x=shares[-1]), ""]  # whose it is, the title says
    keep = [i for i, share in enumerate(shares) if share > 0]
    fig = figure(
        say("said.drafts_figures.whose_words_the_aggregate_uses"),
        height=120 + 46 * max(len(names), 3),
    )
    fig.add_trace(
        go.Sankey(
            arrangement="snap",
            node={
                "label": labels,
                "color": [*colors, NEUTRAL, view.colors.get(reader, NEUTRAL)],
                "pad": 18,
                "thickness": 16,
                "line": {"width": 0},
            },
            link={
                "source": keep,
                "target": [len(names) + 1] * len(keep),
                "value": [shares[i] for i in keep],
                "color": [rgba([*colors, NEUTRAL][i], 0.45) for i in keep],
                "customdata": [f"{shares[i]:.1%}" for i in keep],
                "hovertemplate": say("said.drafts_figures.hover_owed", share="%{customdata}")
                + "<extra></extra>",
            },
        )
    )
    return fig


def _claims_taken(view: DraftsValue, i: int) -> tuple[int, int]:
    said = [row for row in view.claims if row.drafts[i].state != "missing"]
    kept = [row for row in said if row.drafts[i].value == row.aggregate.value]
    return len(kept), len(said)


def waiting(run: DraftsRun) -> go.Figure:
    """Who waits for whom: each agent's time from its start to its end in lane seconds, its first
    word marked."""
    done = [agent for agent in run.agents if agent.ended is not None]
    if not done:
        return empty_figure(say("said.drafts_figures.no_agent_of_this_lane"))
    names = [escaped(agent_name(a.agent)) for a in done]
    fig = figure(say("said.drafts_figures.who_waits_for_whom_lane"), height=110 + 30 * len(done))
    fig.add_trace(
        go.Bar(
            base=[a.begun * 1e3 for a in done],
            x=[((a.ended or 0) - a.begun) * 1e3 for a in done],
            y=names,
            orientation="h",
            marker={"color": [run.colors[a.agent] for a in done]},
            hovertemplate=say(
                "said.drafts_figures.hover_time", y="%{y}", x="%{x:.3g}", base="%{base:.3g}"
            )
            + "<extra></extra>",
            name=say("said.drafts_figures.at_work"),
            showlegend=False,
        )
    )
    first = [a for a in done if a.first is not None]
    fig.add_trace(
        go.Scatter(
            x=[(a.first or 0) * 1e3 for a in first],
            y=[escaped(agent_name(a.agent)) for a in first],
            mode="markers",
            name=say("said.drafts_figures.first_word"),
            marker={"symbol": "line-ns-open", "size": 16, "line": {"width": 2}, "color": NEUTRAL},
            hovertemplate=say("said.drafts_figures.first_word_at", y="%{y}", x="%{x:.3g}")
            + "<extra></extra>",
        )
    )
    fig.update_xaxes(title=say("said.drafts_figures.ms_since_the_lane_began"))
    fig.update_yaxes(autorange="reversed")
    return fig


def confidence(run: DraftsRun, problem: PlanProblem | None) -> go.Figure:
    """Each claim with its writer's own probability: the number that the words hide."""
    rows = [
        (agent.agent, claim)
        for agent in run.agents
        for claim in uncertain_claims(agent, problem)
        if claim.probability is not None
    ]
    if not rows:
        return empty_figure(say("said.drafts_figures.no_probabilities_were_recorded_for"))
    fig = figure(say("said.drafts_figures.own_probability_of_each_claim"), height=340)
    for right, label, symbol in (
        (True, say("said.drafts_figures.right"), "circle"),
        (False, say("said.drafts_figures.wrong"), "x"),
        (None, say("said.drafts_figures.truth_unknown"), "diamond"),
    ):
        mine = [(name, claim) for name, claim in rows if claim.right is right]
        if mine:
            fig.add_trace(
                go.Scatter(
                    x=[
                        [escaped(agent_name(name)) for name, _ in mine],
                        [_short(claim, rows) for _, claim in mine],
                    ],
                    y=[claim.probability for _, claim in mine],
                    mode="markers",
                    name=label,
                    marker={
                        "symbol": symbol,
                        "size": 12,
                        "color": [run.colors[name] for name, _ in mine],
                    },
                    text=[f"{escaped(c.about)}: {escaped(c.value)}" for _, c in mine],
                    hovertemplate=f"%{{text}}<br>{say('said.lens_figure.probability')} %{{y:.3g}}"
                    "<extra></extra>",
                )
            )
    order = [
        [escaped(agent_name(name)) for name, _ in rows],
        [_short(claim, rows) for _, claim in rows],
    ]
    fig.add_trace(go.Scatter(x=order, y=[None] * len(rows), showlegend=False, hoverinfo="skip"))
    fig.data = (fig.data[-1], *fig.data[:-1])  # the first trace fixes the order of the categories
    fig.update_xaxes(type="multicategory")
    fig.update_layout(meta={"spoken": "x"})
    fig.update_yaxes(
        title=say("said.drafts_figures.probability_of_the_claim_s"), range=[-0.03, 1.05]
    )
    return fig


def _short(claim: ClaimChance, rows: list[tuple[str, ClaimChance]]) -> str:
    """What a claim is about, or its number where that is a whole sentence."""
    if len(claim.about) <= 22:
        return escaped(claim.about)
    return say(
        "said.drafts_figures.claim",
        x=list(dict.fromkeys((c.about for _, c in rows))).index(claim.about) + 1,
    )


def bars(
    results: pd.DataFrame,
    metric: str,
    unit: str,
    title: str,
    rows: str = "",
    titles: Mapping[str, str] = MappingProxyType({}),
) -> go.Figure:
    """One metric of an experiment: a bar per condition with its 95 % interval; floor and controls
    in grey, and a pattern per role, which the legend names.

    Args:
        results: the rows of ``results.csv``.
        unit: goes to the axis.
        rows: what the conditions' names say, where they are numbers.
        titles: what conditions are called whose names are no words for people.
    """
    part = results[results["metric"] == metric]
    if part.empty:
        return empty_figure(say("said.drafts_figures.nothing_was_measured_yet", title=title))
    names = part["condition"].map(lambda name: known(escaped(titles.get(name, name), 60)))
    channels = part["channel"].map(lambda channel: called("said.channel", channel))
    if part["channel"].nunique() > 1:
        names = names.where(~names.duplicated(keep=False), names + " · " + channels)
    part = part.assign(name=names, role=part["control"].fillna("").replace("", "method"))
    fig = figure(title, height=110 + 27 * len(part), margin={"l": 230, "r": 24, "t": 40, "b": 48})
    for role in dict.fromkeys(part["role"]):
        fig.add_trace(_bars_of(part[part["role"] == role], role))
    fig.update_layout(barmode="overlay", showlegend=part["role"].nunique() > 1)
    fig.update_yaxes(
        title=rows or None,
        categoryorder="array",
        categoryarray=names.drop_duplicates().tolist()[::-1],  # drawn from the bottom
    )
    fig.update_xaxes(
        title=say(
            "said.drafts_figures.95_interval",
            metric=called("metric", metric),
            unit=called("said.unit", unit) if unit else "",
        ),
        rangemode="tozero",
    )
    if unit in ("share", "probability"):
        fig.update_xaxes(range=[0, 1.03])
    return legend_below(fig) if part["role"].nunique() > 1 else fig


def _bars_of(part: pd.DataFrame, role: str) -> go.Bar:
    """The bars of all conditions of one role."""
    grey = role in ("floor", "control")
    return go.Bar(
        x=part["value"],
        y=part["name"],
        orientation="h",
        name=called("said.role", role),
        error_x=whiskers(part.itertuples(), thickness=1.5, color=NEUTRAL),
        marker={
            "color": NEUTRAL if grey else OKABE_ITO[0],
            "pattern": {"shape": CONTROL_LOOK.get(role, "")},
        },
        customdata=part["n"],
        hovertemplate="%{y}: %{x:.3g}<br>n = %{customdata}, %{fullData.name}<extra></extra>",
    )


def trade(results: pd.DataFrame) -> go.Figure:
    """The gate: accuracy against tokens as the threshold moves, with the gate that opens by lot
    beside it."""
    fig = figure(say("said.drafts_figures.accuracy_against_cost_as_the"), height=380)
    for i, (channel, name) in enumerate(
        (
            ("gate", say("said.drafts_figures.gate_by_confidence")),
            ("by lot", say("said.drafts_figures.gate_by_lot_control")),
        )
    ):
        part = results[results["channel"] == channel]
        accuracy = part[part["metric"] == "accuracy"].set_index("condition")
        cost = (
            part[part["metric"] == "tokens"].set_index("condition")["value"].reindex(accuracy.index)
        )
        if accuracy.empty:
            continue
        fig.add_trace(
            go.Scatter(
                x=cost,
                y=accuracy["value"],
                mode="lines+markers",
                name=name,
                text=accuracy.index,
                error_y=whiskers(accuracy.itertuples()),
                line={"color": NEUTRAL if i else OKABE_ITO[0], "dash": "dot" if i else "solid"},
                marker={"symbol": SYMBOLS[i], "size": 9},
                hovertemplate=say(
                    "said.drafts_figures.hover_cost", text="%{text}", y="%{y:.3g}", x="%{x:.3g}"
                )
                + "<extra></extra>",
            )
        )
    fig.update_xaxes(title=say("said.drafts_figures.tokens_read_and_written_per"))
    fig.update_yaxes(title=say("said.drafts_figures.accuracy_share_95_interval"), range=[0, 1.05])
    return fig


def sample_map(questions: list[dict[str, Any]], number: int = 0) -> go.Figure:
    """Samples of every proposer and the aggregate of one question on their two largest principal
    components.

    Args:
        questions: ``meta["map"]`` of the experiment ``space``.
    """
    one = questions[number]
    share = sum(one["variance"])
    title = say(
        "said.drafts_figures.of_the_variance_in_the",
        question=escaped(one["question"], 90),
        share=share,
    )
    fig = figure(title, height=420)
    owners = list(dict.fromkeys(one["owner"]))
    for i, owner in enumerate(owners):
        mine = [k for k, name in enumerate(one["owner"]) if name == owner]
        last = owner == "aggregate"
        fig.add_trace(
            go.Scatter(
                x=[one["x"][k] for k in mine],
                y=[one["y"][k] for k in mine],
                mode="markers",
                name=escaped(owner),
                marker={
                    "symbol": "star" if last else SYMBOLS[i],
                    "size": 18 if last else 10,
                    "opacity": 1 if last else 0.6,
                    "color": OKABE_ITO[i % 6],
                },
                text=[
                    f"{escaped(one['text'][k], 80)} {'✓' if one['right'][k] else '✗'}" for k in mine
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    fig.update_xaxes(title=say("said.drafts_figures.first_principal_component"), zeroline=False)
    fig.update_yaxes(title=say("said.drafts_figures.second_principal_component"), zeroline=False)
    return fig
