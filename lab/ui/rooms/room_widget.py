"""The room on the page: a strip under the header, drawn by ``assets/js/room.js``, which asks the
routes by itself, and the address (``address.js``) to bring it to the teacher's view.
"""

from __future__ import annotations

import gradio as gr

from lab.panels.value import Value
from lab.rooms import Limit, NewQuestion, RoomState
from lab.ui.frame.context import Ctx
from lab.ui.rooms.ready_questions import ready_questions
from lab.ui.widgets import Kind
from lab.words import known


class RoomValue(Value):
    """What the strip must know before it asks."""

    address: str
    """How students reach this server; empty: as this browser does."""
    key_needed: bool
    """Opening a room takes the server's teacher's key."""
    ready: tuple[NewQuestion, ...]
    """Questions to take as they are."""
    limit: Limit = Limit()
    """What a new room allows unless its teacher says otherwise."""
    now: RoomState | None = None
    """What a look answers; the strip looks by itself."""


ROOM = Kind("room.js", RoomValue)


def build(ctx: Ctx) -> gr.HTML:
    """The strip; it is empty until a room is opened or joined."""
    ready = [q.model_copy(update={"text": known(q.text)}) for q in ready_questions()]
    value = RoomValue(address=ctx.address, key_needed=ctx.rooms.in_class, ready=tuple(ready))
    return ROOM.widget(value, elem_id="lab-room", label="room")
