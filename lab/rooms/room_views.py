"""All of one room as it stands in the file, read at once, and what each person may see of it.

A snapshot is shared by all who look until the room changes: fifty pages that look every second cost
the file nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from lab.rooms.room_state import (
    HandedIn,
    Limit,
    Measured,
    RoomQuestion,
    RoomState,
    SeatView,
    TeacherView,
)
from lab.rooms.tally import Answered, tally_of

HOUR = 3600.0


@dataclass(frozen=True)
class Presence:
    """What the server knows of a student's browser at this moment; it is written nowhere."""

    here: bool = False
    where: str = ""
    waits: bool = False


NOT_HERE = Presence()


@dataclass(frozen=True)
class Snapshot:
    """One room at one version. Nobody changes it."""

    room: sqlite3.Row
    teachers: frozenset[bytes]
    """Hashes of the secrets of those who came in."""
    seats: dict[bytes, tuple[str, str]]
    """Id and name by the hash of the seat, in the order of names."""
    question: sqlite3.Row | None
    """The newest one."""
    predictions: dict[str, float]
    """Of that question, by student id."""
    handed_in: tuple[HandedIn, ...]

    def shows(self, record: str) -> bool:
        """Whether the view shown to all is of this record."""
        return record in parse_qs(self.room["view"]).get("record", [])

    def handed(self, record: str) -> bool:
        """Whether a student gave this record to the teachers."""
        return any(one.record == record for one in self.handed_in)

    def over(self, now: float) -> bool:
        """Whether the room has ended by this time."""
        return is_over(self.room, now)


def is_over(room: sqlite3.Row, now: float) -> bool:
    """Whether a room was closed, or its time is over.

    Args:
        room: its row.
        now: the server's time.
    """
    return bool(room["closed"]) or room["ends"] <= now


def read_snapshot(db: sqlite3.Connection, room: sqlite3.Row) -> Snapshot:
    """Everything about a room.

    Args:
        db: within a transaction.
        room: its row.
    """
    code = room["code"]
    teachers = db.execute("SELECT secret FROM teachers WHERE code = ? AND NOT invited", (code,))
    seats = db.execute(
        "SELECT secret, id, name FROM students WHERE code = ? ORDER BY name_key", (code,)
    )
    handed = db.execute(
        "SELECT name, record FROM handed_in JOIN students ON id = student WHERE code = ? "
        "ORDER BY record",
        (code,),
    )
    question = db.execute(
        "SELECT * FROM questions WHERE code = ? ORDER BY id DESC LIMIT 1", (code,)
    ).fetchone()
    said = db.execute(
        "SELECT student, value FROM predictions WHERE question = ?",
        (question["id"] if question else 0,),
    )
    return Snapshot(
        room=room,
        teachers=frozenset(row["secret"] for row in teachers),
        seats={row["secret"]: (row["id"], row["name"]) for row in seats},
        question=question,
        predictions={row["student"]: float(row["value"]) for row in said},
        handed_in=tuple(HandedIn(name=row["name"], record=row["record"]) for row in handed),
    )


def state_for(
    snapshot: Snapshot,
    secret: bytes,
    seat: bytes,
    presence: Callable[[str], Presence],
    now: float,
) -> RoomState:
    """The room as the holder of these secrets may see it.

    Args:
        snapshot: the room.
        secret: hash of a teacher's secret.
        seat: hash of a student's seat.
        presence: by student id, for teachers.
        now: the server's time.
    """
    room, teaches = snapshot.room, secret in snapshot.teachers
    student, name = ("", "") if teaches else snapshot.seats.get(seat, ("", ""))
    known = teaches or bool(student)
    return RoomState(
        code=room["code"],
        role="teacher" if teaches else "student" if student else "stranger",
        version=room["version"],
        closed=snapshot.over(now),
        pace=room["pace"],
        paused=bool(room["paused"]),
        students=len(snapshot.seats),
        limit=Limit.model_validate_json(room["limits"]),
        name=name,
        view=room["view"] if known else "",
        view_number=room["view_number"],
        question=_question(snapshot, student, teaches) if known else None,
        minutes_left=max(0, int((room["ends"] - now) // 60)),
        deleted_after_hours=round((room["deleted"] - room["ends"]) / HOUR, 2),
        teacher=_teacher(snapshot, presence) if teaches else None,
    )


def answered(db: sqlite3.Connection, row: sqlite3.Row) -> Answered:
    """A question with all its predictions, sorted, so that their order names nobody.

    Args:
        db: within a transaction.
        row: of the question.
    """
    values = db.execute(
        "SELECT value FROM predictions WHERE question = ? ORDER BY value", (row["id"],)
    )
    said = tuple(float(one["value"]) for one in values)
    choices = tuple(json.loads(row["choices"]))
    return Answered(row["text"], choices, said, row["answer"], _measured(row))


def _measured(row: sqlite3.Row) -> Measured | None:
    return Measured.model_validate_json(row["measured"]) if row["measured"] else None


def _question(snapshot: Snapshot, student: str, teaches: bool) -> RoomQuestion | None:
    row = snapshot.question
    if row is None:
        return None
    revealed = bool(row["revealed"])
    choices = tuple(json.loads(row["choices"]))
    shown = revealed or teaches
    return RoomQuestion(
        id=row["id"],
        text=row["text"],
        choices=choices,
        address=row["address"],
        revealed=revealed,
        mine=snapshot.predictions.get(student),
        tally=tally_of(choices, snapshot.predictions.values()) if shown else None,
        right=row["answer"] if revealed else None,
        measured=_measured(row) if shown else None,
    )


def _teacher(snapshot: Snapshot, presence: Callable[[str], Presence]) -> TeacherView:
    seats = []
    for student, name in snapshot.seats.values():
        now = presence(student)
        seats.append(SeatView(name=name, here=now.here, where=now.where, waits=now.waits))
    return TeacherView(
        students=tuple(seats), handed_in=snapshot.handed_in, teachers=len(snapshot.teachers)
    )
