"""A stream of answers that is left at its last word ends by itself; one that is left before is
broken off.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lab.ui.frame.answer_streams import AnswerStreams

LAST = b'data: {"msg":"close_stream"}\n\n'
WORD = b'data: {"msg":"process_completed"}\n\n'


def gradio(words: tuple[bytes, ...], ended: list[str]) -> ASGIApp:
    """An app that streams as Gradio does: it forgets what was asked if it is broken off."""

    async def stream() -> AsyncIterator[bytes]:
        try:
            for word in words:
                yield word
                await asyncio.sleep(0.05)  # others have their turn
            ended.append("by itself")
        except asyncio.CancelledError:
            ended.append("forgotten")
            raise

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(stream())(scope, receive, send)

    return app


def left_at(word: bytes, app: ASGIApp, path: str = "/gradio_api/queue/data") -> None:
    """Ask for the stream, and leave it as soon as a word was sent."""

    async def ask() -> None:
        left = asyncio.Event()

        async def receive() -> Message:
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if word in message.get("body", b""):
                left.set()

        scope: dict[str, Any] = {"type": "http", "path": path, "method": "GET", "headers": []}
        scope["asgi"] = {"version": "3.0", "spec_version": "2.3"}
        await asyncio.wait_for(app(scope, receive, send), 5)

    asyncio.run(ask())


@pytest.mark.parametrize(("word", "end"), [(LAST, "by itself"), (WORD, "forgotten")])
def test_only_a_stream_that_is_over_may_be_left_without_loss(word: bytes, end: str) -> None:
    ended: list[str] = []
    left_at(word, AnswerStreams(gradio((WORD, LAST), ended)))
    assert ended == [end]


def test_without_it_what_was_asked_is_forgotten_and_other_paths_are_left_alone() -> None:
    ended: list[str] = []
    left_at(LAST, gradio((WORD, LAST), ended))
    left_at(LAST, AnswerStreams(gradio((WORD, LAST), ended)), path="/lab/events")
    assert ended == ["forgotten", "forgotten"]
