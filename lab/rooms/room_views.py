"""Rows of the rooms' file as the values that people see."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from lab.rooms.room_state import HandedIn, Measured, RoomQuestion, SeatView, TeacherView
from lab.rooms.tally import Answered, tally_of


@dataclass(frozen=True)
class Presence:
    """What the server knows of a student's browser at this moment; it is written nowhere."""

    here: bool = False
    where: str = ""
    waits: bool = False


NOT_HERE = Presence()


def values_of(db: sqlite3.Connection, question: int) -> list[float]:
    """All predictions of a question, sorted, so that their order names nobody."""
    rows = db.execute(
        "SELECT value FROM predictions WHERE question = ? ORDER BY value", (question,)
    )
    return [float(row["value"]) for row in rows]


def _measured(row: sqlite3.Row) -> Measured | None:
    return Measured.model_validate_json(row["measured"]) if row["measured"] else None


def answered(db: sqlite3.Connection, row: sqlite3.Row) -> Answered:
    """A question with all its predictions."""
    choices, values = tuple(json.loads(row["choices"])), tuple(values_of(db, row["id"]))
    return Answered(row["text"], choices, values, row["answer"], _measured(row))


def question_for(
    db: sqlite3.Connection, row: sqlite3.Row, student: str | None, teaches: bool
) -> RoomQuestion:
    """A question as one person may see it: the tally for students only after the reveal.

    Args:
        row: of the table of questions.
        student: whose prediction is ``mine``, if anybody\'s.
        teaches: the view is a teacher\'s.
    """
    mine = db.execute(
        "SELECT value FROM predictions WHERE question = ? AND student = ?", (row["id"], student)
    ).fetchone()
    revealed = bool(row["revealed"])
    choices = tuple(json.loads(row["choices"]))
    shown = revealed or teaches
    return RoomQuestion(
        id=row["id"],
        text=row["text"],
        choices=choices,
        address=row["address"],
        revealed=revealed,
        mine=mine["value"] if mine else None,
        tally=tally_of(choices, values_of(db, row["id"])) if shown else None,
        right=row["answer"] if revealed else None,
        measured=_measured(row) if shown else None,
    )


def teacher_view(
    db: sqlite3.Connection, code: str, presence: Callable[[str], Presence]
) -> TeacherView:
    """What only teachers see.

    Args:
        code: of the room.
        presence: by student id.
    """
    students = db.execute(
        "SELECT id, name FROM students WHERE code = ? ORDER BY name_key", (code,)
    ).fetchall()
    handed = db.execute(
        "SELECT name, record FROM handed_in JOIN students ON id = student WHERE code = ? "
        "ORDER BY record",
        (code,),
    )
    (teachers,) = db.execute(
        "SELECT count(*) FROM teachers WHERE code = ? AND NOT invited", (code,)
    ).fetchone()
    seats = []
    for row in students:
        now = presence(row["id"])
        seats.append(SeatView(name=row["name"], here=now.here, where=now.where, waits=now.waits))
    return TeacherView(
        students=tuple(seats),
        handed_in=tuple(HandedIn(name=row["name"], record=row["record"]) for row in handed),
        teachers=teachers,
    )
