"""While its menus are filled anew, the comparison of two texts names nobody that is not there."""

from __future__ import annotations

from lab.files import ASSETS
from lab.panels.drafts.drafts_value import DiffValue
from lab.panels.value import ErrorValue
from lab.records import Record
from lab.ui.tabs.drafts.drafts_tab import difference


def test_an_empty_menu_compares_the_first_agent_with_the_last() -> None:
    record = Record.open(ASSETS / "records" / "side-by-side")
    found = difference(record, "moa", None, None)
    assert isinstance(found, DiffValue)
    assert (found.left.agent, found.right.agent) == ("scholar 1", "aggregator")
    assert difference(record, "moa", "scholar 2", None).left.agent == "scholar 2"  # type: ignore[union-attr]
    assert isinstance(difference(record, "moa", "nobody", None), ErrorValue)
