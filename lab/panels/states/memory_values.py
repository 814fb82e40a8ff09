"""What the widgets of the memory are given: the strip of a lane, the growth of the caches, the
cost.
"""

from __future__ import annotations

from lab.panels.agent_colors import colors_of
from lab.panels.caption import caption
from lab.panels.run.cost_table import cost_headers, cost_rows, cost_table
from lab.panels.states.memory_strips import bytes_text, growth_figure, strips, strips_figure
from lab.panels.widget_values import (
    NotesValue,
    PlotValue,
    TableValue,
    notes_value,
    plot_value,
    table_value,
)
from lab.records import Record
from lab.words import agent_name, say


def lanes_of(record: Record) -> list[str]:
    """Lanes in the order in which they started."""
    return [e.lane for e in record.events if e.type == "lane_started"]


def strip_values(record: Record, lane: str) -> tuple[PlotValue, NotesValue]:
    """The strip of every agent of a lane, and what its slots take in memory."""
    found = strips(record.events, lane)
    hosts = record.meta.get("hosts", {})
    lines = [
        f"{agent_name(s.agent)}: {bytes_text(s, hosts[s.host])}." for s in found if s.host in hosts
    ]
    host = found[0].host if found[0].host in hosts else None
    colors = colors_of(record)
    text = caption(record, host, say("said.memory_tab.kv_cache_of_lane", lane=colors.lane(lane)))
    figure = strips_figure(record, lane, colors)
    return plot_value(figure, f"memory-{lane}", text), notes_value(
        [say("said.memory_tab.faint_prompt_solid_latent_step"), *lines]
    )


def growth_value(record: Record, by: str = "at") -> PlotValue:
    """The chart of cache lengths, by lane seconds (``at``) or by passes (``nth``)."""
    return plot_value(growth_figure(record, colors_of(record), by), "kv-growth", caption(record))


def cost_value(record: Record) -> TableValue:
    """What every agent cost."""
    return table_value(cost_headers(), cost_rows(cost_table(record), colors_of(record)))
