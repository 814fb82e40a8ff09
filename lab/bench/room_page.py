"""The page in one browser, without the browser: it fires the page's own events over HTTP, keeps the
values that come back, and goes on as a browser does (changed states, chained events).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from lab.errors import LabError

PATIENCE = 120.0
"""Seconds without a sign after which an answer is taken for lost."""
MOST_FOLLOWING = 6
"""Generations of events that follow from one."""
LAST_WORDS = ("close_stream", "unexpected_error", "server_stopped")
STEPS = ("process_generating", "process_completed")
Told = Callable[[str, Any], None]
"""``told(elem_id, value)``: what a component shows in between."""


@dataclass(frozen=True)
class PageParts:
    """What the server serves as its page: the same for every browser, so it is read once."""

    components: dict[int, dict[str, Any]]
    events: dict[int, dict[str, Any]]

    @classmethod
    async def read(cls, url: str) -> PageParts:
        """Ask a server for its page.

        Args:
            url: of the server.
        """
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http:
            config = (await http.get("/config")).json()
        return cls(
            {part["id"]: part for part in config["components"]},
            {event["id"]: event for event in config["dependencies"]},
        )

    def place(self, elem_id: str) -> int:
        """The number of a component.

        Args:
            elem_id: its name in the page.

        Raises:
            LabError: if there is none.
        """
        for number, part in self.components.items():
            if part["props"].get("elem_id") == elem_id:
                return number
        raise LabError(f"The page has no {elem_id!r}: name one that it has.")

    def event(self, elem_id: str, name: str) -> dict[str, Any]:
        """The event of a component.

        Args:
            elem_id: of the component.
            name: for example ``click``.

        Raises:
            LabError: if there is none.
        """
        target = [self.place(elem_id), name]
        found = next((e for e in self.events.values() if target in e["targets"]), None)
        if found is None:
            raise LabError(f"{elem_id!r} has no {name!r}: name an event that it has.")
        return found

    def loads(self) -> list[dict[str, Any]]:
        """The events of a page that was opened."""
        return [e for e in self.events.values() if any(t[1] == "load" for t in e["targets"])]

    def after(self, event: int, changed: list[int]) -> list[dict[str, Any]]:
        """The events that follow.

        Args:
            event: number of the one that is over.
            changed: the states that are others than before.
        """
        states = [[state, "change"] for state in changed]
        return [
            e
            for e in self.events.values()
            if e["trigger_after"] == event or any(target in e["targets"] for target in states)
        ]


@dataclass
class Seen:
    """What pages saw together."""

    errors: list[str] = field(default_factory=list)
    """Events that failed, and sentences of refusal in the place of a picture."""


class PageClient:
    """One opened page."""

    def __init__(self, http: httpx.AsyncClient, parts: PageParts, seen: Seen) -> None:
        """
        Args:
            http: with the browser's cookies.
            parts: of the server's page.
            seen: what all pages add to.
        """
        self._http, self._parts, self._seen = http, parts, seen
        self._session = f"{random.getrandbits(52):x}"
        self._values = {n: part["props"].get("value") for n, part in parts.components.items()}
        self._alive: asyncio.Task[None] | None = None
        self.seconds: list[float] = []
        """From each event that a person caused on this page to its answer."""

    def value(self, elem_id: str) -> Any:
        """What a component shows.

        Args:
            elem_id: its name in the page.
        """
        return read_value(self._values[self._parts.place(elem_id)])

    def holds(self, text: str) -> list[str]:
        """Components in whose values a text stands, by their names or numbers.

        Args:
            text: without quotes and letters that JSON writes in another way.
        """
        return [
            str(self._parts.components[number]["props"].get("elem_id") or number)
            for number, value in self._values.items()
            if text in json.dumps(value, ensure_ascii=False)
        ]

    async def open(self, query: str = "") -> None:
        """Load the page at an address, and wait for all that follows.

        Args:
            query: of the address.
        """
        (await self._http.get(f"/?{query}")).raise_for_status()
        self._alive = asyncio.create_task(self._stay())
        for event in self._parts.loads():
            await self._fire(event, None, {}, query, None)

    async def close(self) -> None:
        """Leave the page."""
        if self._alive is not None:
            self._alive.cancel()
            with contextlib.suppress(asyncio.CancelledError, httpx.HTTPError):
                await self._alive

    async def act(
        self,
        elem_id: str,
        name: str,
        sent: Any = None,
        put: dict[int, Any] | None = None,
        told: Told | None = None,
    ) -> bool:
        """Do something on the page, and wait for all that follows.

        Args:
            elem_id: of the component.
            name: of its event.
            sent: what the event carries.
            put: inputs of the event that were set before, by their place among them.
            told: hears what components show in between.

        Returns:
            whether the event itself was answered.
        """
        began = time.perf_counter()
        event = self._parts.event(elem_id, name)
        fine = await self._fire(event, sent, put or {}, "", told)
        self.seconds.append(time.perf_counter() - began)
        return fine

    async def _stay(self) -> None:
        where = f"/gradio_api/heartbeat/{self._session}"
        with contextlib.suppress(httpx.HTTPError):  # the server was killed
            async with self._http.stream("GET", where, timeout=None) as answer:
                async for _ in answer.aiter_lines():
                    pass

    async def _fire(
        self,
        event: dict[str, Any],
        sent: Any,
        put: dict[int, Any],
        query: str,
        told: Told | None,
        generation: int = 0,
    ) -> bool:
        for place, value in put.items():
            self._values[event["inputs"][place]] = value
        body = {
            "data": [self._values[number] for number in event["inputs"]],
            "fn_index": event["id"],
            "session_hash": self._session,
            "event_data": sent,
            "trigger_id": next((target[0] for target in event["targets"]), None),
        }
        asked = await self._http.post(f"/gradio_api/queue/join?{query}", json=body)
        if not asked.is_success:
            self._seen.errors.append(f"event {event['id']}: {asked.status_code} {asked.text[:120]}")
            return False
        fine, changed = await self._hear(event, asked.json()["event_id"], told)
        if fine and generation < MOST_FOLLOWING:
            for following in self._parts.after(event["id"], changed):
                await self._fire(following, None, {}, query, told, generation + 1)
        return fine

    async def _hear(
        self, event: dict[str, Any], event_id: str, told: Told | None
    ) -> tuple[bool, list[int]]:
        """An event's answer. The stream is read until the server ends it, as a browser does: one
        that is left before takes the session's next event with it."""
        changed: list[int] = []
        before: list[Any] | None = None
        answered = failed = False
        where = f"/gradio_api/queue/data?session_hash={self._session}"
        async with _without_a_sign() as sign, self._http.stream("GET", where) as answer:
            async for line in answer.aiter_lines():
                heard = json.loads(line[5:]) if line.startswith("data:") else {}
                word = heard.get("msg")
                if word in LAST_WORDS or (word == "heartbeat" and (answered or failed)):
                    break
                if word not in STEPS or heard["event_id"] != event_id:
                    continue
                sign()
                output, over = heard["output"], word == "process_completed"
                if not heard["success"]:
                    self._seen.errors.append(f"event {event['id']}: {str(output)[:200]}")
                    failed = True
                    continue
                changed += output.get("changed_state_ids", [])
                # the last step brings all values once more
                before = self._take(event, output["data"], None if over else before, told)
                answered = over
        if not answered and not failed:
            what = event.get("targets") or event.get("trigger_after")
            self._seen.errors.append(f"event {event['id']} {what}: its answer did not come")
        return answered, list(dict.fromkeys(changed)) if answered else []

    def _take(
        self,
        event: dict[str, Any],
        data: list[Any],
        before: list[Any] | None,
        told: Told | None,
    ) -> list[Any]:
        """Keep what came: values, or what changes from those before."""
        values = []
        for place, (number, new) in enumerate(zip(event["outputs"], data, strict=True)):
            value = new if before is None else changed_by(before[place], new)
            values.append(value)
            shown = value
            if isinstance(value, dict) and value.get("__type__") == "update":
                if "value" not in value:
                    continue
                shown = value["value"]
            self._values[number] = shown
            name = self._parts.components[number]["props"].get("elem_id") or ""
            said = read_value(shown)
            if isinstance(said, dict) and said.keys() - {"told"} == {"error"}:
                self._seen.errors.append(f"{name or number}: {said['error']}")
            if told is not None:
                told(name, said)
        return values


@contextlib.asynccontextmanager
async def _without_a_sign() -> AsyncIterator[Callable[[], None]]:
    """As long as this without a sign and no longer: heartbeats keep a stream open on which no
    answer comes. Gives what to call at a sign: the place in line of somebody who waits is one."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE) as patience:
            yield lambda: patience.reschedule(loop.time() + PATIENCE)


def read_value(value: Any) -> Any:
    """A widget's value, which travels as text or as it is.

    Args:
        value: what came.
    """
    if isinstance(value, str) and value.startswith("{"):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value


def changed_by(value: Any, edits: list[Any]) -> Any:
    """The value after Gradio's changes: (``replace``, ``append``, ``add`` or ``delete``, where,
    what) each.

    Args:
        value: before.
        edits: in order.
    """
    root = [json.loads(json.dumps(value))]
    for action, path, what in edits:
        at: Any = root
        where = [0, *path]
        for step in where[:-1]:
            at = at[step]
        last = where[-1]
        if action == "delete":
            del at[last]
        elif action == "append":
            at[last] += what
        elif action == "add" and isinstance(at, list):
            at.insert(last, what)
        else:
            at[last] = what
    return root[0]
