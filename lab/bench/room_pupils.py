"""Students at their pages: each leaves a mark of their own in whatever is asked, and looks for it
in the answer.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lab.bench.room_class import StudentClient, Tally
from lab.bench.room_page import PageClient, PageParts, Seen
from lab.lessons import lessons
from lab.lessons.lesson import AskRate
from lab.ui.tabs.side_by_side.setup_panel import FIELDS
from lab.words import shown

SEED = 2 + FIELDS.index("seed")
"""Its place among the inputs of Run: preset, pace, form."""
RECORDS = {"relay": 60, "almanac-coverage": 20, "side-by-side": 60}
"""Shipped records, and how many of their first events a mark may name."""
NOT_THERE = "There is no record named"


@dataclass
class ClassBook:
    """What a whole class did and saw."""

    tally: Tally = field(default_factory=Tally)
    """Of the room."""
    pages: Seen = field(default_factory=Seen)
    """Of the pages."""
    did: Counter[str] = field(default_factory=Counter)
    steps: list[float] = field(default_factory=list)
    """Seconds of replay and lesson steps."""
    opened: list[float] = field(default_factory=list)
    """Seconds until a page that was opened shows its record."""
    runs: list[float] = field(default_factory=list)
    """Seconds of runs, waiting included."""
    records: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Whose record it is, and its mark."""

    def crossed(self, text: str) -> None:
        """Note an answer that was another's."""
        self.tally.crossed.append(text)


class PupilClient(StudentClient):
    """A student with an open page."""

    def __init__(self, url: str, book: ClassBook, number: int, parts: PageParts) -> None:
        """
        Args:
            url: of the server.
            book: what all add to.
            number: gives the name and the marks.
            parts: of the server's page.
        """
        super().__init__(url, book.tally, number)
        self.number, self._book, self._parts = number, book, parts
        self._rng = random.Random(number)
        self._turn = 0
        self._acting = asyncio.Lock()
        self._page: PageClient | None = None
        self._rates = [
            (lesson.name, place)
            for lesson in lessons().values()
            for place, scene in enumerate(lesson.scenes)
            if isinstance(scene.predict, AskRate)
        ]

    @property
    def page(self) -> PageClient:
        """The open page."""
        assert self._page is not None
        return self._page

    async def open(self, query: str = "") -> None:
        """Open the page, or load it anew.

        Args:
            query: of its address.
        """
        began = asyncio.get_running_loop().time()
        await self.leave()
        self._page = PageClient(self._http, self._parts, self._book.pages)
        await self._page.open(query)
        self._book.opened.append(asyncio.get_running_loop().time() - began)

    async def leave(self) -> None:
        """Close the page."""
        if self._page is not None:
            await self._page.close()
            self._page = None

    async def something(self) -> None:
        """Do one of the things that students do."""
        acts: list[tuple[Callable[[], Awaitable[None]], float]] = [
            (self.replay, 5),
            (self.scene, 6),
            (self.run, 3),
            (self.demonstration, 2),
            (self.reload_record, 1.5),
            (self.lose_connection, 1.5),
            (self.peek, 1),
        ]
        act = self._rng.choices([a for a, _ in acts], [weight for _, weight in acts])[0]
        self._turn += 1
        try:
            async with self._acting:
                await act()
            self._book.did[act.__name__] += 1
        except httpx.HTTPError as error:
            self._book.pages.errors.append(f"{act.__name__}: {error!r}")

    async def running(self) -> bool:
        """Run once more; whether it went well."""
        before = len(self._book.records)
        self._turn += 1
        await self.run()
        return len(self._book.records) > before

    async def replay(self) -> None:
        """Look at a moment of a recorded run."""
        record = self._rng.choice(list(RECORDS))
        at = 1 + self._rng.randrange(RECORDS[record])
        before = len(self.page.seconds)
        sent = {"query": f"record={record}&at={at}", "serial": self._turn + 1}
        if await self.page.act("lab-address", "went", sent):
            self._book.steps += self.page.seconds[before:]
            player = self.page.value("player")
            self._mark("replay", (player["record"], player["at"]), (record, at))

    async def scene(self) -> None:
        """Predict in a scene of a lesson."""
        lesson, place = self._rng.choice(self._rates)
        before = len(self.page.seconds)
        guess = float((self.number * 2 + self._turn) % 101)
        if not await self.page.act("lessons", "scene", {"lesson": lesson, "scene": place}):
            return
        known = self.page.value("lessons")["card"]["guess"]  # who was here before sees that
        if known is None and not await self.page.act("lessons", "guess", {"value": guess}):
            return
        self._book.steps += self.page.seconds[before:]
        value = self.page.value("lessons")
        expected = guess if known is None else known
        found = (value["lesson"], value["scene"], value["card"]["guess"])
        self._mark("scene", found, (lesson, place, expected))

    async def run(self) -> None:
        """Run a problem of one's own seed, and keep the record."""
        seed = 1000 + self.number * 10_000 + self._turn
        began = asyncio.get_running_loop().time()
        if not await self.page.act("button-run", "click", put={SEED: seed}):
            return
        self._book.runs.append(asyncio.get_running_loop().time() - began)
        lanes = self.page.value("lanes")
        record = lanes.get("record")
        if not record:
            self._book.pages.errors.append(f"{self.name}: a run without a record: {lanes}"[:200])
            return
        self._book.records[record] = (self.name, seed)
        self._mark("run", f"problem.seed={seed}" in str(self.page.value("run-command")), True)

    async def demonstration(self) -> None:
        """Press one of the demonstrations, as the whole class does."""
        which = self._rng.choice(("same", "weights", "layer", "map", "third"))
        await self.page.act(f"break-demo-{which}", "click")

    async def reload_record(self) -> None:
        """Reload the page on a record of one's own: it is there, and so is one's name."""
        mine = self._mine()
        await self.open(f"record={mine}" if mine else "")
        if mine:
            self._mark("reload", self.page.value("lanes").get("record"), mine)

    async def lose_connection(self) -> None:
        """The network goes while a run is on its way; then the page is opened anew."""
        seed = 1000 + self.number * 10_000 + self._turn
        going = asyncio.create_task(self.page.act("button-run", "click", put={SEED: seed}))
        await asyncio.sleep(self._rng.uniform(0.05, 1.5))
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        await self.leave()
        await super().lose_network()
        await self.open()

    async def lose_network(self) -> None:
        """The network goes between two acts; the page is opened anew."""
        async with self._acting:
            await self.leave()
            await super().lose_network()
            await self.open()

    async def peek(self) -> None:
        """Try another's record: it is refused, and nothing of it stands on the page."""
        others = [r for r, (owner, _) in self._book.records.items() if owner != self.name]
        if not others:
            return
        other = self._rng.choice(others)
        packed = await self._http.get(f"/lab/records/{other}.zip")
        self._mark("another's record as a file", packed.status_code, 404)
        page = PageClient(self._http, self._parts, seen := Seen())
        await page.open(f"record={other}")
        await page.close()
        said = [text for text in seen.errors if NOT_THERE not in shown(text, "en")]
        self._book.pages.errors += [f"{self.name} at another's record: {text}" for text in said]
        lanes = page.value("lanes") or {}
        self._mark("another's record is not shown", lanes.get("record") == other, False)
        seed = self._book.records[other][1]
        self._mark("another's problem is nowhere", page.holds(f"problem.seed={seed}"), [])
        if not said:  # the page was answered to the end
            refused = NOT_THERE in shown(str(lanes.get("error")), "en")
            self._mark("another's record is refused", refused, True)

    def _mine(self) -> str | None:
        mine = [r for r, (owner, _) in self._book.records.items() if owner == self.name]
        return self._rng.choice(mine) if mine else None

    def _mark(self, what: str, found: Any, expected: Any) -> None:
        if found != expected:
            self._book.crossed(f"{self.name}, {what}: {found} instead of {expected}")


def lost_records(folder: Path, book: ClassBook) -> list[str]:
    """Records that students were told of and that are not whole, or whose problem is another's.

    Args:
        folder: of the server's records.
        book: what the class knows.
    """
    lost = []
    for record, (owner, seed) in book.records.items():
        path = folder / record / "record.json"
        if not path.exists():
            lost.append(f"{record} of {owner} is not there")
            continue
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["status"] != "finished" or told["plan"]["problem"]["seed"] != seed:
            lost.append(f"{record} of {owner}: {told['status']}, {told['plan']['problem']}")
    return lost
