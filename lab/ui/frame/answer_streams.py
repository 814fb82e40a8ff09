"""The stream of a page's answers may be left without the page's next question being lost."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

STREAM = "/queue/data"
OVER = b"close_stream"
"""What Gradio says in its last message of a stream."""


class AnswerStreams:
    """Lets a stream of answers come to its end when the page leaves it at the word that it is over.

    Gradio forgets all that a session has asked when its stream is left. A page leaves it at that
    word, and asks the next thing at once (an event that follows another): on a busy server the
    leaving was noticed after the asking, and the answer never came.
    """

    def __init__(self, app: ASGIApp) -> None:
        """
        Args:
            app: the next layer.
        """
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].endswith(STREAM):
            await self._app(scope, receive, send)
            return
        over = False

        async def told(message: Message) -> None:
            nonlocal over
            over = over or OVER in message.get("body", b"")
            await send(message)

        async def heard() -> Message:
            message = await receive()
            if over and message["type"] == "http.disconnect":
                await asyncio.Event().wait()  # until the stream has ended, which cancels this
            return message

        await self._app(scope, heard, told)
