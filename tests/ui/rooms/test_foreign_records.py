"""A real server in class: whatever a student does with the name of another's record, nothing of it
comes to the page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from lab.bench.room_class import KEY, ClassServer
from lab.bench.room_page import PageClient, PageParts, Seen
from lab.bench.room_pupils import NOT_THERE, ClassBook, PupilClient
from lab.records import Ablation, keep_ablation
from lab.rooms import Rooms
from lab.ui.rooms.room_cookies import STUDENT
from lab.ui.tabs.order import ORDER
from lab.words import shown
from tests.make_record import make_record

pytestmark = pytest.mark.slow
RECORD = "20260101-of-ada"
MARKS = ("quagga", "toy-a")
"""Of the question, and of the models: no other record has them."""
WAIT_S = 120.0


class Class:
    """Two students and a server that was started anew since Ada ran something."""

    def __init__(self, folder: Path) -> None:
        self.server = ClassServer(folder)
        self.server.start()
        teacher = httpx.Client(base_url=self.server.url, timeout=WAIT_S)
        code = teacher.post("/lab/room", json={"key": KEY}).json()["state"]["code"]
        self.cookies = {"teacher": dict(teacher.cookies), "stranger": {}}
        for name in ("Ada", "Bob"):
            browser = httpx.Client(base_url=self.server.url, timeout=WAIT_S)
            browser.post(f"/lab/room/{code}/join", json={"name": name}).raise_for_status()
            self.cookies[name] = dict(browser.cookies)
        self.server.kill()
        rooms = Rooms(folder)
        seat = self.cookies["Ada"][STUDENT + code]
        rooms.keep_record(rooms.person({}, {code: seat}), RECORD)
        make(folder / RECORD)
        self.server.start()

    @asynccontextmanager
    async def page(self, who: str, query: str) -> AsyncIterator[tuple[PageClient, Seen]]:
        """A page that was opened, and what it saw."""
        async with httpx.AsyncClient(
            base_url=self.server.url, timeout=WAIT_S, cookies=self.cookies[who]
        ) as http:
            page = PageClient(http, await PageParts.read(self.server.url), seen := Seen())
            await page.open(query)
            yield page, seen
            await page.close()


def make(folder: Path) -> None:
    """A record with the marks in its question and in what was measured on it later."""
    make_record(folder)
    for name in ("record.json", "events.jsonl"):
        path = folder / name
        path.write_text(path.read_text().replace("red box", MARKS[0]))
    keep_ablation(
        folder, "latentmas", "none", Ablation(answer=MARKS[0], correct=None, target="", nll=1.0)
    )


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    made = Class(tmp_path_factory.mktemp("records"))
    yield made
    made.server.kill()


def where(page: PageClient) -> dict[str, list[str]]:
    """Which parts of a page hold which mark."""
    return {mark: found for mark in MARKS if (found := page.holds(mark))}


@pytest.mark.parametrize("tab", ORDER)
def test_no_tab_shows_another_students_record_and_its_owners_do(room: Class, tab: str) -> None:
    async def opened(who: str) -> tuple[dict[str, list[str]], Seen, object]:
        async with room.page(who, f"record={RECORD}&tab={tab}") as (page, seen):
            return where(page), seen, page.value("lanes")

    for who in ("Bob", "stranger"):
        found, seen, lanes = asyncio.run(opened(who))
        assert found == {}
        assert all(NOT_THERE in shown(text, "en") for text in seen.errors), seen.errors
        if tab == "side_by_side":
            assert isinstance(lanes, dict) and "error" in lanes and "record" not in lanes
    for who in ("Ada", "teacher"):
        found, seen, lanes = asyncio.run(opened(who))
        assert not seen.errors and (found or tab in ("break", "lessons", "models"))
        if tab == "side_by_side":
            assert {"lanes", "ablation"} <= set(found[MARKS[0]])
            assert isinstance(lanes, dict) and lanes["record"] == RECORD


def test_no_list_of_records_names_another_students(room: Class) -> None:
    async def named(who: str, tab: str) -> list[str]:
        async with room.page(who, f"tab={tab}") as (page, _):
            return page.holds(RECORD)

    for tab in ("side_by_side", "map", "lens"):
        assert asyncio.run(named("Bob", tab)) == []
        assert asyncio.run(named("Ada", tab))


def test_another_students_record_is_no_file(room: Class) -> None:
    for kind in ("zip", "html"):
        for who, status in (("Bob", 404), ("stranger", 404), ("Ada", 200), ("teacher", 200)):
            with httpx.Client(
                base_url=room.server.url, timeout=WAIT_S, cookies=room.cookies[who]
            ) as browser:
                assert browser.get(f"/lab/records/{RECORD}.{kind}").status_code == status


@pytest.mark.parametrize(("record", "noticed"), [(RECORD, 0), ("side-by-side", 3)])
def test_the_long_class_notices_a_record_that_is_shown(
    room: Class, record: str, noticed: int
) -> None:
    """A shipped record stands for another's that is not refused: file, page, missing sentence."""
    book = ClassBook(records={record: ("Somebody else", 1)})

    async def peek() -> None:
        parts = await PageParts.read(room.server.url)
        pupil = PupilClient(room.server.url, book, 0, parts)
        await pupil.peek()
        await pupil.close()

    asyncio.run(peek())
    assert len(book.tally.crossed) == noticed, book.tally.crossed
    assert not book.pages.errors
