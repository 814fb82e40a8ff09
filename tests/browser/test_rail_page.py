"""The list of records in a real browser: its end is said, a record is pinned, all of one's own are
cleared and come back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from lab.ui.frame.rail_shelf import COOKIE, RailShelf, known_by
from lab.ui.frame.shell import RAIL_LENGTH
from tests.browser.conftest import Server, started
from tests.make_record import make_record

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
MORE = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A lab with more records than its list holds at first."""
    folder = tmp_path_factory.mktemp("rail")
    made = make_record(folder / "records" / "run-00")
    for number in range(1, RAIL_LENGTH + MORE):
        shutil.copytree(made, folder / "records" / f"run-{number:02}")
    with started(folder) as one:
        yield one


def own(page: Page, server: Server, names: list[str]) -> None:
    """Records are of the browser of this page."""
    cookies = page.context.cookies()
    mine = next(one["value"] for one in cookies if one["name"] == COOKIE)
    with known_by({COOKIE: mine}):
        for name in names:
            RailShelf(server.records).keep(name)
    page.reload()


def test_the_list_says_its_end_a_record_is_pinned_and_all_mine_are_cleared(
    open_page: Open, server: Server
) -> None:
    page = open_page("?record=run-00")
    runs = page.locator(".lab-rail-item[data-record^='run-']")
    expect(runs).to_have_count(RAIL_LENGTH)
    page.get_by_role("button", name=f"{MORE} older ones: show more").click()
    expect(runs).to_have_count(RAIL_LENGTH + MORE)
    expect(page.locator(".lab-rail-more")).to_have_count(0)
    expect(page.locator(".lab-rail-clear")).to_have_count(0)

    own(page, server, ["run-00", "run-01", "run-02"])
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(runs.first).to_have_attribute("data-record", "run-00")
    expect(runs.first).to_contain_text("pinned")
    mine = runs.filter(has_text="yours")
    page.locator(".lab-rail-more").click()
    expect(mine).to_have_count(3)
    page.get_by_role("button", name="Clear all mine (2)").click()
    expect(mine).to_have_count(1)
    expect(runs).to_have_count(RAIL_LENGTH + MORE - 2)
    expect(page.locator(".lab-rail-undo")).to_contain_text("2 records deleted.")
    page.get_by_role("button", name="Undo").click()
    expect(mine).to_have_count(3)
    expect(page.locator(".lab-rail-undo")).to_have_count(0)
    page.get_by_role("button", name="Unpin").click()
    expect(runs.first).not_to_contain_text("pinned")
