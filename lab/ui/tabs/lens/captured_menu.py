"""The menu of agents whose states a record has."""

from __future__ import annotations

from lab.panels.agent_colors import colors_of
from lab.panels.states.lens_values import captured_agents
from lab.records import Record
from lab.ui.frame.menus import menu


def captured_menu(record: Record) -> list[tuple[str, str]]:
    """“agent · lane” of every agent with captured vectors, in order: as the page calls them, and by
    the names that a record and an address know them by."""
    colors = colors_of(record)
    called = {
        f"{agent} · {lane}": colors.name(lane, agent) for lane, agent in captured_agents(record)
    }
    return menu(called, called.__getitem__)
