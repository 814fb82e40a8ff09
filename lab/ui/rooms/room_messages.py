"""What pages send to the rooms' routes, and what they are answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from lab.lessons.lesson_question import room_question
from lab.panels.value import FromBrowser, Value
from lab.rooms import Limit, Measured, NewQuestion, RoomState, RoomStore
from lab.rooms.room_state import Pace


class OpenRoom(FromBrowser):
    """A room is wanted."""

    key: str = ""
    limit: Limit = Limit()
    hours: Annotated[float, Field(ge=0.1, le=24)] = 3.0
    kept_hours: Annotated[float, Field(ge=0, le=720)] = 24.0


class JoinRoom(FromBrowser):
    """A seat is wanted; without a name, an animal's."""

    name: str = ""
    language: str = "en"


class AcceptInvitation(FromBrowser):
    """A second teacher comes in."""

    invitation: str


class Predict(FromBrowser):
    """A student predicts."""

    question: int
    value: float


class HandIn(FromBrowser):
    """A student gives a record to the teacher."""

    record: str


class SetPace(FromBrowser):
    """Together or free."""

    pace: Pace


class Pause(FromBrowser):
    """Pause, or go on."""

    paused: bool


class Push(FromBrowser):
    """Show a view on all screens."""

    address: str


class AskScene(FromBrowser):
    """The question of a lesson's scene is asked."""

    lesson: Annotated[str, Field(max_length=60)]
    scene: Annotated[int, Field(ge=0, le=99)]


class Reveal(FromBrowser):
    """Show the tally."""

    question: int
    right: int | None = None
    measured: Measured | None = None


class Nothing(FromBrowser):
    """An action that says all by its name."""


class RoomReply(Value):
    """What an action came to: the room afterwards."""

    state: RoomState | None
    invitation: str = ""


class RoomNo(Value):
    """Why an action was refused."""

    error: str
    reason: str


@dataclass(frozen=True)
class Action:
    """One thing that can be done in a room: the message it takes, and the call of the store."""

    message: type[FromBrowser]
    do: Callable[[RoomStore, str, str, Any], Any]
    """``do(store, code, secret, message)`` with a teacher's secret or a student's seat."""
    student: bool = False


ACTIONS: dict[str, Action] = {
    "pace": Action(SetPace, lambda s, code, secret, m: s.pace(code, secret, m.pace)),
    "pause": Action(Pause, lambda s, code, secret, m: s.pause(code, secret, m.paused)),
    "limit": Action(Limit, lambda s, code, secret, m: s.limit(code, secret, m)),
    "push": Action(Push, lambda s, code, secret, m: s.push(code, secret, m.address)),
    "ask": Action(NewQuestion, lambda s, code, secret, m: s.ask(code, secret, m)),
    "scene": Action(
        AskScene, lambda s, code, secret, m: s.ask(code, secret, room_question(m.lesson, m.scene))
    ),
    "reveal": Action(
        Reveal,
        lambda s, code, secret, m: s.reveal(code, secret, m.question, m.right, m.measured),
    ),
    "invite": Action(Nothing, lambda s, code, secret, _: s.invite(code, secret)),
    "reset": Action(Nothing, lambda s, code, secret, _: s.reset(code, secret)),
    "close": Action(Nothing, lambda s, code, secret, _: s.close(code, secret)),
    "delete": Action(Nothing, lambda s, code, secret, _: s.delete(code, secret)),
    "predict": Action(
        Predict, lambda s, code, seat, m: s.predict(code, seat, m.question, m.value), student=True
    ),
    "hand-in": Action(
        HandIn, lambda s, code, seat, m: s.hand_in(code, seat, m.record), student=True
    ),
    "leave": Action(Nothing, lambda s, code, seat, _: s.leave(code, seat), student=True),
}
"""All but joining and accepting an invitation, which hand out a secret."""
