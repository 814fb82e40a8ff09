"""Rooms: a class that predicts together. A teacher opens a room, students join it by its code with
a name or an animal, predict, and see how all predicted beside what was measured.

No accounts and no personal data: a room holds names that people chose, what they predicted, and
nothing else, until it is deleted. Everything lies in one SQLite file and survives the server. The
rooms know no Gradio and no models; `lab.ui` brings them to browsers.
"""

from lab.rooms.refusal import Refusal, RoomRefused
from lab.rooms.room_person import RoomPerson
from lab.rooms.room_state import (
    Limit,
    Measured,
    NewQuestion,
    RoomQuestion,
    RoomState,
    RoomTally,
    TeacherView,
)
from lab.rooms.room_store import Opened, RoomStore, Seat
from lab.rooms.rooms import Rooms

__all__ = [
    "Limit",
    "Measured",
    "NewQuestion",
    "Opened",
    "Refusal",
    "RoomPerson",
    "RoomQuestion",
    "RoomRefused",
    "RoomState",
    "RoomStore",
    "RoomTally",
    "Rooms",
    "Seat",
    "TeacherView",
]
