"""The page's own protocol: values that come as changes are put together as the page put them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from gradio.utils import diff

from lab.bench import room_page
from lab.bench.room_page import PageClient, PageParts, Seen, changed_by, read_value
from lab.errors import LabError

CLICK = {"id": 7, "targets": [[3, "click"]], "trigger_after": None, "inputs": [], "outputs": [3]}
ONE_BUTTON = PageParts({3: {"id": 3, "props": {"elem_id": "button"}}}, {7: CLICK})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": [1, 2, 3], "b": "x"}, {"a": [1, 3], "b": "xyz", "c": None}),
        ("wor", "words"),
        ([1, [2]], [[2], 1, 4]),
        ({"a": 1}, None),
        ([1, 2, 3, 4], []),
        ([], []),
    ],
)
def test_changes_lead_from_one_value_to_the_next(before: object, after: object) -> None:
    kept = json.dumps(before)
    assert changed_by(before, diff(before, after)) == after
    assert json.dumps(before) == kept


def test_a_widgets_value_is_read_as_text_or_as_it_is() -> None:
    assert read_value('{"a": 1}') == read_value({"a": 1}) == {"a": 1}
    assert read_value("{no json") == "{no json"


def test_what_the_page_does_not_have_is_said() -> None:
    button = {"id": 3, "props": {"elem_id": "button-run"}}
    click = {"id": 7, "targets": [[3, "click"]], "trigger_after": None}
    then = {"id": 8, "targets": [[None, "then"]], "trigger_after": 7}
    changed = {"id": 9, "targets": [[5, "change"]], "trigger_after": None}
    parts = PageParts({3: button}, {7: click, 8: then, 9: changed})
    assert parts.event("button-run", "click") == click
    assert parts.after(7, [5]) == [then, changed]
    with pytest.raises(LabError, match="no 'input'"):
        parts.event("button-run", "input")
    with pytest.raises(LabError, match="no 'other'"):
        parts.place("other")


@pytest.mark.parametrize("error", [{"error": "No."}, {"error": "No.", "told": 3}])
def test_an_answer_is_heard_to_its_end_and_a_refusal_is_seen(error: dict[str, object]) -> None:
    """A stream that is left before its end takes the next event of the page with it."""
    seen, heard, ended = Seen(), [], []

    def serve(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"event_id": f"e{len(ended)}"})
        return httpx.Response(200, content=stream(f"e{len(ended)}"))

    async def stream(event_id: str) -> AsyncIterator[bytes]:
        output = {"data": [error], "changed_state_ids": []}
        for message in (
            {"msg": "process_completed", "event_id": "old", "success": False, "output": {}},
            {"msg": "process_completed", "event_id": event_id, "success": True, "output": output},
        ):
            yield f"data: {json.dumps(message)}\n\n".encode()
        ended.append(event_id)
        yield b'data: {"msg": "close_stream"}\n\n'

    async def press_twice() -> None:
        transport = httpx.MockTransport(serve)
        async with httpx.AsyncClient(transport=transport, base_url="http://lab") as http:
            page = PageClient(http, ONE_BUTTON, seen)
            for _ in range(2):
                heard.append(await page.act("button", "click"))
            assert page.holds("No.") == ["button"] and not page.holds("Yes.")

    asyncio.run(press_twice())
    assert heard == [True, True] and ended == ["e0", "e1"]
    assert seen.errors == ["button: No."] * 2


@pytest.mark.parametrize("moves", [True, False])
def test_who_waits_in_a_line_that_moves_waits_on_and_in_one_that_does_not_gives_up(
    moves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_page, "PATIENCE", 0.5)
    seen = Seen()

    def serve(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"event_id": "mine"})
        return httpx.Response(200, content=stream())

    async def stream() -> AsyncIterator[bytes]:
        def said(word: str, whose: str, value: Any) -> bytes:
            output = {"data": [value]}
            about = {"msg": word, "event_id": whose, "success": True, "output": output}
            return f"data: {json.dumps(about)}\n\n".encode()

        whose = "mine" if moves else "another's"
        yield said("process_generating", whose, "5 before")
        for place in range(4, 0, -1):
            await asyncio.sleep(0.2)
            yield said("process_generating", whose, [["replace", [], f"{place} before"]])
        yield said("process_completed", "mine", "here")
        yield b'data: {"msg": "close_stream"}\n\n'

    async def press() -> bool:
        transport = httpx.MockTransport(serve)
        async with httpx.AsyncClient(transport=transport, base_url="http://lab") as http:
            return await PageClient(http, ONE_BUTTON, seen).act("button", "click")

    assert asyncio.run(press()) is moves
    assert [error.rpartition(": ")[2] for error in seen.errors] == (
        [] if moves else ["its answer did not come"]
    )
