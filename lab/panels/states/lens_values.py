"""What the lens' widgets are given: the heat-map, the alignment and the watched words, with what
is said under them.
"""

from __future__ import annotations

import pandas as pd

from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.states.alignment_table import alignment_figure, alignment_sentence, alignment_table
from lab.panels.states.lens import LensGrid, StoredLens, lens_grid, word_to_id
from lab.panels.states.lens_figure import SHADES, lens_figure
from lab.panels.states.watch import watch_figure
from lab.panels.value import EmptyValue
from lab.panels.widget_values import NotesValue, PlotValue, notes_value, plot_value
from lab.plan import ThinkingLane
from lab.records import Record
from lab.roster import plan_of_lane
from lab.words import agent_name, known, say

MOST_COLUMNS = 400
SAID_AND_THOUGHT = ("latent", "token")
"""Kinds of moments that are shown first."""


def captured_agents(record: Record) -> list[tuple[str, str]]:
    """Lane and agent of everyone with captured vectors, in order."""
    pairs = record.points[["lane", "agent"]].drop_duplicates().itertuples(index=False)
    return [(str(lane), str(agent)) for lane, agent in pairs]


def host_of_agent(record: Record, lane: str, agent: str) -> str:
    """Name of the model that an agent with captured vectors runs on."""
    df = record.points
    return str(df[(df["lane"] == lane) & (df["agent"] == agent)]["host"].iloc[0])


def stored_grid(
    record: Record,
    lane: str,
    agent: str,
    kinds: tuple[str, ...] = SAID_AND_THOUGHT,
    word: str = "",
    most: int = MOST_COLUMNS,
) -> LensGrid:
    """The grid from what was recorded.

    Args:
        word: watched in every cell, or empty.
        most: columns.

    Raises:
        BadInput: if nothing of this kind was captured, or there is no such word.
    """
    host = host_of_agent(record, lane, agent)
    token_id = word_to_id(record, host, word)[0] if (word or "").strip() else None
    return lens_grid(
        record, lane, agent, kinds=kinds, steps=(1, most), lens=StoredLens(), token_id=token_id
    )


def lens_values(
    record: Record,
    lane: str,
    agent: str,
    grid: LensGrid,
    shade: str = "probability",
    word: str = "",
    most: int = MOST_COLUMNS,
) -> tuple[PlotValue, NotesValue]:
    """The heat-map of a grid and its notes.

    Args:
        word: as it was typed; the grid says how it is read.
        most: columns that the grid was cut to.
    """
    watched = (
        [say("said.lens_tab.watched_the_token_that_stands", word=grid.word, strip=word.strip())]
        if grid.word
        else []
    )
    cut = (
        [say("said.lens_tab.only_steps_1_to_are", MOST_COLUMNS=most)]
        if len(grid.moments) >= most
        else []
    )
    what = say(
        "said.lens_tab.in_shade",
        lens=known(grid.lens),
        agent=agent_name(agent),
        lane=colors_of(record).lane(lane),
        x=SHADES[shade],
    )
    text = caption(record, grid.host, what)
    value = plot_value(lens_figure(grid, shade), f"lens-{agent}", text)
    return value, notes_value([*cut, *watched, say("said.lens_tab.a_cell_shows_the_next")])


def alignment_values(
    record: Record, lane: str, agent: str
) -> tuple[PlotValue | EmptyValue, NotesValue]:
    """Before and after the alignment, for agents that think in latents."""
    df = record.points
    mine = df[(df["lane"] == lane) & (df["agent"] == agent) & (df["kind"] == "latent")]
    if not len(mine) or not (mine["layer"] == 0).any():
        hint = say("said.lens_tab.took_no_captured_latent_steps", agent=agent)
        return EmptyValue(empty=hint), notes_value()
    table = alignment_table(record, lane, agent)
    host = str(mine["host"].iloc[0])
    tied = bool(record.host(host).get("tied"))
    plan = plan_of_lane(record.plan, lane)
    method = plan.alignment if isinstance(plan, ThinkingLane) else "identity"
    if method == "auto":
        method = "identity" if tied else "ridge"
    color = colors_of(record).color(lane, agent)
    value = plot_value(
        alignment_figure(table, agent, color), f"alignment-{agent}", caption(record, host)
    )
    return value, notes_value(strong=alignment_sentence(table, tied, method))


def watched_value(record: Record, table: pd.DataFrame) -> PlotValue:
    """The chart of words watched over time, as `lab.panels.states.watch.watch` found them."""
    unknown = int((~table["known"]).sum())
    bound = say("said.lens_tab.open_marks_are_upper_bounds", unknown=unknown) if unknown else ""
    read_as = "; ".join(
        say("said.lens_tab.is_read_as_its_token", w=w, t=t)
        for w, t in dict(zip(table["word"], table["read_as"], strict=True)).items()
    )
    return plot_value(
        watch_figure(table, colors_of(record)),
        "watch-words",
        caption(record, None, f"{read_as}. {bound}"),
    )
