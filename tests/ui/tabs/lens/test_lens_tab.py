"""Whose states the lens begins with, and how an agent is named by a menu and an address."""

from __future__ import annotations

from lab.panels.value import Selection
from lab.records import Record
from lab.ui.tabs.lens.captured_menu import captured_menu
from lab.ui.tabs.lens.lens_more import run_again
from lab.ui.tabs.lens.lens_tab import best_who, split_who, whos


def test_the_menu_calls_agents_as_the_page_does_and_knows_them_as_an_address_does(
    record: Record,
) -> None:
    names = whos(record)
    assert names[0] == "planner · latentmas" and names[-1] == "aggregator · moa"
    shown = captured_menu(record)
    assert [value for _, value in shown] == names
    assert shown[0][0] == "planner · LatentMAS"


def test_a_name_is_split_at_its_last_dot() -> None:
    assert split_who("a · b · moa") == ("a · b", "moa")
    assert split_who(None) == ("", "")


def test_the_lens_begins_with_the_selected_agent_else_with_the_first_that_thinks(
    record: Record,
) -> None:
    names = whos(record)
    chosen = Selection(record="r", agent="aggregator", lane="moa")
    assert best_who(record, names, chosen, "r") == "aggregator · moa"
    assert best_who(record, names, chosen, "another record") == "planner · latentmas"
    gone = Selection(record="r", agent="nobody", lane="moa")
    assert best_who(record, names, gone, "r") == "planner · latentmas"


def test_a_lane_run_again_says_whether_it_agreed_and_if_not_why() -> None:
    agreed, cut, other = (
        run_again(agrees=agrees, older_cut=older)
        for agrees, older in ((True, True), (False, True), (False, False))
    )
    assert len({agreed, cut, other}) == 3
