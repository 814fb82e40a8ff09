"""How much one request may bring: else a single browser fills the server's memory or disk."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 64 * 2**20
"""Of a message of the page, which carries the values that it shows."""
MOST_UPLOADED = 512 * 2**20
"""Of an uploaded record."""
UPLOADED_IN_CLASS = 32 * 2**20
"""The same where many may upload: a record of a class has two to three MB."""
UPLOADS = "/upload"
TOO_MUCH = "This is more than the server takes at once: expected at most {most} MB; send less."


class _TooMuch(Exception):
    """The body is longer than allowed."""


class BodyLimit:
    """Refuses requests with too much in them, whatever they say of their length."""

    def __init__(self, app: ASGIApp, most: int = MOST_BYTES, uploaded: int = MOST_UPLOADED) -> None:
        """
        Args:
            app: the next layer.
            most: bytes of a request.
            uploaded: bytes of an upload.
        """
        self._app, self._most, self._uploaded = app, most, uploaded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._uploaded if scope["path"].endswith(UPLOADS) else self._most
        heard, began = 0, False

        async def counted() -> Message:
            nonlocal heard
            message = await receive()
            heard += len(message.get("body", b""))
            if heard > most:
                raise _TooMuch
            return message

        async def told(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        said = dict(scope["headers"]).get(b"content-length", b"0")
        try:
            if said.isdigit() and int(said) > most:
                raise _TooMuch
            await self._app(scope, counted, told)
        except _TooMuch:
            if not began:
                answer = PlainTextResponse(TOO_MUCH.format(most=most // 2**20), 413)
                await answer(scope, receive, send)
