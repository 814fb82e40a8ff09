"""Eight browsers press the same button at once: each is a person of its own, is told its place, and
gets its answer. The server, the queue and the models are real; the clients speak its protocol.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from lab.service import Service
from lab.ui.frame.page import build, launch_options

PATIENCE = 120.0
PEOPLE = 8
PLACES = ("said.queue.next", "said.queue.rd", "said.queue.th")
ASKED = [None, None, False, None, "pocket-reseed", "pocket-base", "latent", "nothing", 1, 2, 4]
"""Turn, layers, predict, guess, sender, receiver, channel, change, problem, depth, steps."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(tmp_path_factory.mktemp("records"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def press(service: Service) -> Iterator[Callable[[str, list[str]], list[str]]]:
    """Press “Hand over” as one person; returns the server's messages, which are added to a list of
    everybody's as they come."""
    page = build(service)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(page))
    button = next(k for k, b in page.blocks.items() if getattr(b, "elem_id", "") == "break-try")
    number = next(k for k, fn in page.fns.items() if (button, "click") in fn.targets)

    def pressed(session: str, heard: list[str]) -> list[str]:
        asked = {"data": ASKED, "fn_index": number, "session_hash": session}
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:
            client.post("gradio_api/queue/join", json=asked).raise_for_status()
            where = f"gradio_api/queue/data?session_hash={session}"
            with client.stream("GET", where) as answer:
                lines = []
                for line in _until_completed(answer):
                    if line.startswith("data:"):
                        lines.append(line[6:])
                        heard.append(line)
        return lines

    yield pressed
    page.close()


def _until_completed(answer: httpx.Response) -> Iterator[str]:
    for line in answer.iter_lines():
        yield line
        if "process_completed" in line:
            return


def test_eight_people_who_press_at_once_are_told_their_places_and_all_get_their_answer(
    service: Service, press: Callable[[str, list[str]], list[str]]
) -> None:
    gate, told = threading.Event(), list[str]()
    service.submit_task("gate", lambda *_: gate.wait(PATIENCE), "somebody")
    with ThreadPoolExecutor(PEOPLE) as people:
        waiting = [people.submit(press, f"person{i}", told) for i in range(PEOPLE)]
        while service.waiting < PEOPLE and not any(one.done() for one in waiting):
            gate.wait(0.05)
        owners = {job.owner for job in service.jobs() if job.name == "break: one problem"}
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends and not all(p in "".join(told) for p in PLACES):
            gate.wait(0.05)
        gate.set()
        heard = [one.result(PATIENCE) for one in waiting]
    assert owners == {f"person{i}" for i in range(PEOPLE)}
    for messages in heard:
        last = json.loads(messages[-1])
        value: dict[str, Any] = json.loads(last["output"]["data"][0])
        assert last["success"] and value["result"]["correct"]["answer"], value
        assert value["result"]["this"]["rate"]["n"] > 1
    said = "".join(told)
    assert all(place in said for place in PLACES)
