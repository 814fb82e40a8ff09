"""The paths of many samples as a river that parts: one model's samples, several models', and what a
nudge at the fork does, from one recorded `forks` experiment.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lab.panels.style import (
    NEUTRAL,
    OKABE_ITO,
    SYMBOLS,
    empty_figure,
    escaped,
    figure,
    legend_below,
    stack_on_phones,
)
from lab.records.results import ResultTable
from lab.words import say

PANELS = (("one model",), ("several models",), ("greedy", "at", "random"))
MODES = {"first": OKABE_ITO[0], "second": OKABE_ITO[1], "other": NEUTRAL}
DASHES = ("solid", "dash", "dot")
"""By model, in their order; a nudge by lot is dotted too."""
NUDGED = {"greedy": ("dash", 0), "at": ("solid", 5), "random": ("dot", 2)}
"""What was done: dash and symbol."""


def paths(table: ResultTable | None, number: int = 0) -> go.Figure:
    """Three panels of one question: along, the token; across, how far the state that it is chosen
    from lies from the mean of all states there. Colour says in which answer a path ends, width how
    often it was drawn.

    Args:
        table: a `forks` experiment, or None.
        number: which of its questions.
    """
    pictures = table.meta.get("pictures", []) if table is not None else []
    if len(pictures) <= number:
        return empty_figure(say("said.forks.not_measured"))
    one = pictures[number]
    fig = make_subplots(
        1,
        3,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=[say(f"said.forks.paths_{key}") for key in ("one", "several", "nudged")],
    )
    legend: set[str] = set()
    for column, kinds in enumerate(PANELS, start=1):
        mine = [path for path in one["paths"] if path["who"] in kinds]
        hosts = list(dict.fromkeys(path["host"] for path in mine))
        for path in sorted(mine, key=lambda path: -path["count"]):
            fig.add_trace(_line(one, path, hosts.index(path["host"]), legend), 1, column)
        fig.add_vline(
            x=one["at"], line={"dash": "dot", "color": NEUTRAL, "width": 1}, row=1, col=column
        )
    fig.update_layout(figure(height=480).layout)
    fig.update_layout(margin_t=44)
    words = _words(one)
    fig.update_xaxes(
        tickvals=list(range(len(words))),
        ticktext=[escaped(word, 10) for word in words],
        title=say("said.forks.chosen_token"),
        zeroline=False,
    )
    fig.update_yaxes(zeroline=True, zerolinecolor=NEUTRAL, zerolinewidth=0.5)
    fig.update_yaxes(title=say("said.forks.across"), row=1, col=1)
    return legend_below(stack_on_phones(fig), 3)


def told(table: ResultTable | None, number: int = 0) -> str:
    """The picture in words: the question, its two answers, and what the nudges did.

    Args:
        table: a `forks` experiment, or None.
        number: which of its questions.
    """
    pictures = table.meta.get("pictures", []) if table is not None else []
    if len(pictures) <= number:
        return ""
    one = pictures[number]
    ends: dict[str, list[str]] = {"at": [], "random": [], "greedy": []}
    drawn = dict.fromkeys(MODES, 0)
    for path in one["paths"]:
        if path["who"] in ends:
            ends[path["who"]].append(path["mode"])
        elif path["who"] == "one model":
            drawn[path["mode"]] += path["count"]
    stayed = sum(mode == ends["greedy"][0] for mode in ends["random"])
    return say(
        "said.forks.picture",
        question=escaped(one["question"], 90),
        first=escaped(one["first"]),
        second=escaped(one["second"]),
        a=drawn["first"],
        b=drawn["second"],
        other=drawn["other"],
        size=100 * one["size"],
        share=100 * one["variance"],
        greedy=_answer(one, ends["greedy"][0]),
        nudged=_answer(one, ends["at"][0]),
        stayed=stayed,
        lots=len(ends["random"]),
    )


def _line(one: dict[str, Any], path: dict[str, Any], host: int, legend: set[str]) -> go.Scatter:
    who, mode = path["who"], path["mode"]
    nudge = NUDGED.get(who)
    dash, symbol = nudge or (DASHES[host % len(DASHES)], host)
    name = _answer(one, mode) if nudge is None else say(f"said.forks.did_{who}")
    key = mode if nudge is None else who
    first = key not in legend
    legend.add(key)
    return go.Scatter(
        x=list(range(len(path["y"]))),
        y=path["y"],
        mode="lines+markers",
        name=name,
        legendgroup=key,
        showlegend=first,
        line={"color": MODES[mode], "dash": dash, "width": 1.2 + 0.5 * min(path["count"], 8)},
        marker={"symbol": SYMBOLS[symbol % len(SYMBOLS)], "size": 7, "color": MODES[mode]},
        opacity=0.85,
        text=[escaped(token.strip() or "∎") for token in path["tokens"]],
        customdata=[[escaped(path["host"]), path["count"]]] * len(path["y"]),
        hovertemplate=say("said.forks.path_hover"),
    )


def _answer(one: dict[str, Any], mode: str) -> str:
    if mode == "other":
        return say("said.forks.ends_other")
    return say("said.forks.ends_in", answer=escaped(one[mode]))


def _words(one: dict[str, Any]) -> list[str]:
    """The tokens along the axis: what all paths share as words, what differs as “…”."""
    longest = max(len(path["tokens"]) for path in one["paths"])
    words = []
    for place in range(longest):
        here = {
            path["tokens"][place].strip() for path in one["paths"] if len(path["tokens"]) > place
        }
        words.append((here.pop() or "∎") if len(here) == 1 else "…")
    return words
