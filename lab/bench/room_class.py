"""A class as a server sees it: a real server in a process of its own, and students who join, look,
predict, reload and lose their network, over HTTP on the loopback address.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lab.errors import LabError
from lab.files import IMPORT_ROOT

KEY = "bench-key"
STARTS_WITHIN = 120.0
PATIENCE = 120.0
"""Seconds for which a client waits for a sign; a browser waits as long."""
LOOK_SECONDS = 1.5
"""Between two looks of a student's page."""
CHOICES = ("a", "b", "c", "d")


class ClassServer:
    """The lab as ``serve --room`` starts it; it can be killed and started again."""

    def __init__(self, records: Path) -> None:
        """
        Args:
            records: folder of its records and rooms.
        """
        self.records = records
        self.log = records / "server.log"
        """What it says of faults."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            LabError: if it does not.
        """
        command = [sys.executable, "-m", "lab", "serve", "--room", "--key", KEY]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--records", str(self.records)]
        with self.log.open("ab") as told:
            self._process = subprocess.Popen(
                command,
                cwd=self.records,
                env=os.environ | {"PYTHONPATH": str(IMPORT_ROOT)},
                stdout=subprocess.DEVNULL,
                stderr=told,
            )
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/lab/js/widget.js", timeout=2).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise LabError(f"The server did not start within {STARTS_WITHIN:.0f} s; try it by hand.")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def memory(self) -> float:
        """Resident memory in MB; not a number where the system does not tell."""
        status = Path(f"/proc/{self._process.pid if self._process else 0}/status")
        if not status.exists():
            return float("nan")
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) / 1000


@dataclass
class Tally:
    """What was seen by all clients together."""

    seconds: list[float] = field(default_factory=list)
    """Of every look and prediction."""
    reloads: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    """Answers that were somebody else's."""


class Client:
    """One browser."""

    def __init__(self, url: str, seen: Tally) -> None:
        """
        Args:
            url: of the server.
            seen: what all clients add to.
        """
        self._url, self._seen = url, seen
        self._http = httpx.AsyncClient(base_url=url, timeout=PATIENCE)

    async def ask(self, path: str, body: Any = None, patient: bool = False) -> Any:
        """Look (without a body) or act; the state afterwards, or None if it was refused. A lost
        connection is tried once more, as a browser does.

        Args:
            path: below ``lab/room``.
            body: JSON to post.
            patient: try again until the server is back.
        """
        again = True
        while True:
            began = time.perf_counter()
            try:
                if body is None:
                    answer = await self._http.get(f"/lab/room{path}")
                else:
                    answer = await self._http.post(f"/lab/room{path}", json=body)
                self._seen.seconds.append(time.perf_counter() - began)
                if answer.is_success:
                    return answer.json()["state"]
                self._seen.errors.append(f"{path}: {answer.status_code} {answer.text[:120]}")
                return None
            except httpx.HTTPError as error:
                if not patient and not again:
                    self._seen.errors.append(f"{path}: {error!r}")
                    return None
                again = False
                await asyncio.sleep(0.2)

    async def reload(self) -> None:
        """Load the page anew; once more if this browser's own network was lost meanwhile."""
        began = time.perf_counter()
        while True:
            network = self._http
            try:
                answer = await network.get("/")
                if not answer.is_success:
                    self._seen.errors.append(f"/: {answer.status_code}")
            except httpx.HTTPError as error:
                if network is not self._http:
                    continue
                self._seen.errors.append(f"/: {error!r}")
            break
        self._seen.reloads.append(time.perf_counter() - began)

    async def lose_network(self) -> None:
        """All connections are cut; the cookies stay."""
        lost = self._http
        self._http = httpx.AsyncClient(base_url=self._url, timeout=PATIENCE, cookies=lost.cookies)
        await lost.aclose()

    async def close(self) -> None:
        """Close the browser."""
        await self._http.aclose()


class StudentClient(Client):
    """A student who knows their own name and last prediction, and notices another's."""

    def __init__(self, url: str, seen: Tally, number: int) -> None:
        """
        Args:
            url: of the server.
            seen: what all clients add to.
            number: gives the name.
        """
        super().__init__(url, seen)
        self.name = f"Student {number}"
        self.said: dict[int, set[int]] = {}
        """By question: the confirmed prediction, and any that was sent after it unconfirmed."""

    async def join(self, code: str) -> None:
        """Take a seat."""
        self._check(await self.ask(f"/{code}/join", {"name": self.name}))

    async def look(self, code: str, patient: bool = False) -> Any:
        """Look at the room, as the page does every second or two.

        Args:
            code: of the room.
            patient: try again until the server is back.
        """
        state = await self.ask(f"/{code}?at=tab%3Dmap", patient=patient)
        self._check(state)
        return state

    async def predict(self, code: str, question: int, value: int, patient: bool = False) -> None:
        """Predict, and remember what was confirmed.

        Args:
            code: of the room.
            question: its number.
            value: a choice.
            patient: try again until the server is back.
        """
        self.said.setdefault(question, set()).add(value)
        body = {"question": question, "value": value}
        state = await self.ask(f"/{code}/predict", body, patient)
        if state is not None:
            self.said[question] = {value}
        self._check(state)

    def _check(self, state: Any) -> None:
        if state is None:
            return
        asked = state["question"] or {"id": 0, "mine": None}
        mine = None if asked["mine"] is None else {int(asked["mine"])}
        known = self.said.get(asked["id"])
        if state["name"] != self.name or (known and not (mine and mine <= known)):
            text = f"{self.name} was told {state['name']}, {mine} instead of {known}"
            self._seen.crossed.append(text)


async def everybody(
    students: Sequence[StudentClient], do: Callable[[StudentClient], Awaitable[None]]
) -> None:
    """Let all students do the same at the same time."""
    await asyncio.gather(*(do(student) for student in students))


async def one_round(
    teacher: Client,
    students: Sequence[StudentClient],
    code: str,
    seconds: float,
    rng: random.Random,
) -> int:
    """A question is asked, predicted by all, and revealed; between, pages look, some are reloaded
    and some lose their network.

    Args:
        teacher: who asks.
        students: who predict.
        code: of the room.
        seconds: until the result is shown.
        rng: chooses moments and predictions.

    Returns:
        predictions that are missing in the tally.
    """
    state = await teacher.ask(f"/{code}/ask", {"text": "Which?", "choices": CHOICES})
    question = int(state["question"]["id"])
    end = time.monotonic() + seconds
    plans = {s.name: (rng.uniform(0, seconds * 0.7), rng.randrange(len(CHOICES))) for s in students}
    troubled = {s.name: rng.random() for s in students}

    async def sit(student: StudentClient) -> None:
        wait, value = plans[student.name]
        at = end - seconds + wait
        await asyncio.sleep(rng.uniform(0, min(LOOK_SECONDS, seconds / 4)))
        sent = False
        while time.monotonic() < end or not sent:
            if not sent and time.monotonic() >= at:
                if troubled[student.name] < 0.2:
                    await student.reload()
                elif troubled[student.name] < 0.4:
                    await student.lose_network()
                await student.predict(code, question, value)
                sent = True
            await student.look(code)
            await asyncio.sleep(min(LOOK_SECONDS, seconds / 4))

    await everybody(students, sit)
    state = await teacher.ask(f"/{code}/reveal", {"question": question, "right": 0})
    counts = [0] * len(CHOICES)
    for _, value in plans.values():
        counts[value] += 1
    shown = state["question"]["tally"]["counts"]
    return sum(abs(a - b) for a, b in zip(counts, shown, strict=True))


async def press(url: str, element: str, put: dict[int, Any] | None = None) -> bool:
    """Press one of the page's buttons with everything as the page opens; True when its work is
    done.

    Args:
        url: of the server.
        element: ``elem_id`` of the button.
        put: other inputs, by their place.
    """
    async with httpx.AsyncClient(base_url=url, timeout=120) as http:
        config = (await http.get("/config")).json()
        by_id = {part["id"]: part["props"] for part in config["components"]}
        button = next(key for key, props in by_id.items() if props.get("elem_id") == element)
        event = next(d for d in config["dependencies"] if [button, "click"] in d["targets"])
        session = f"bench-{random.getrandbits(40):x}"
        data = [by_id[key].get("value") for key in event["inputs"]]
        for place, value in (put or {}).items():
            data[place] = value
        asked = {"data": data, "fn_index": event["id"], "session_hash": session}
        (await http.post("/gradio_api/queue/join", json=asked)).raise_for_status()
        where = f"/gradio_api/queue/data?session_hash={session}"
        async with http.stream("GET", where) as answer:
            async for line in answer.aiter_lines():
                if "process_completed" in line:
                    return '"success":true' in line.replace(" ", "")
    return False
