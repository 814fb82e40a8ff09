"""All rooms in one SQLite file. Every call that changes something takes the secret of whoever asks
and checks it in the same transaction.

Time is the server's alone: no browser's clock is ever read.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from lab.rooms.refusal import RoomRefused
from lab.rooms.room_checks import (
    check_teacher,
    free_code,
    hash_of,
    new_secret,
    question_of,
    view_of,
)
from lab.rooms.room_reader import RoomReader
from lab.rooms.room_state import (
    LONGEST_CHOICE,
    LONGEST_QUESTION,
    MOST_CHOICES,
    Limit,
    Measured,
    NewQuestion,
    Pace,
)
from lab.rooms.room_views import HOUR, answered
from lab.rooms.student_names import clean_name, free_animal, name_key
from lab.rooms.tally import results_csv

MOST_ROOMS = 50
"""Open at the same time."""
MOST_HOURS = 24.0
KEPT_HOURS = 24.0
"""How long the data of a room is kept after its end, unless its teacher says otherwise."""
MOST_HANDED_IN = 20
"""Records that one student may hand in."""
LONGEST_RECORD = 80


@dataclass(frozen=True)
class Opened:
    """A new room. The secret is told once and kept nowhere."""

    code: str
    secret: str


@dataclass(frozen=True)
class Seat:
    """A student's place in a room. The secret is told once and kept nowhere."""

    secret: str
    student: str
    name: str


class RoomStore(RoomReader):
    """Rooms, students, questions and predictions. Thread-safe; several processes may share the
    file."""

    # --- opening, joining, leaving

    def open_room(
        self, limit: Limit | None = None, hours: float = 3.0, kept_hours: float = KEPT_HOURS
    ) -> Opened:
        """Open a room.

        Args:
            limit: what its students may do.
            hours: after which it ends by itself.
            kept_hours: after its end, until its data is deleted.

        Raises:
            RoomRefused: if too many rooms are open.
        """
        self.sweep()
        now, secret = self._clock(), new_secret()
        ends = now + HOUR * min(max(hours, 0.1), MOST_HOURS)
        deleted = ends + HOUR * min(max(kept_hours, 0.0), 30 * 24.0)
        with self._file.writing() as db:
            (count,) = db.execute(
                "SELECT count(*) FROM rooms WHERE NOT closed AND ends > ?", (now,)
            ).fetchone()
            if count >= MOST_ROOMS:
                raise RoomRefused("many", most=MOST_ROOMS)
            code = free_code(db)
            text = (limit or Limit()).model_dump_json()
            db.execute(
                "INSERT INTO rooms (code, opened, ends, deleted, limits) VALUES (?, ?, ?, ?, ?)",
                (code, now, ends, deleted, text),
            )
            db.execute("INSERT INTO teachers VALUES (?, ?, 0)", (code, hash_of(secret)))
        return Opened(code, secret)

    def join(self, code: str, name: str, animals: Sequence[str] = ()) -> Seat:
        """Take a seat.

        Args:
            name: what the student wants to be called; empty: an animal.
            animals: names to choose from.

        Raises:
            RoomRefused: for an unknown, closed or full room, a name that cannot be shown or is
                taken.
        """
        wanted = clean_name(name) if name.strip() or not animals else ""
        secret, student = new_secret(), secrets.token_hex(8)
        with self._changing(code) as db:
            room = self._open(db, code)
            taken = {
                row["name_key"]
                for row in db.execute("SELECT name_key FROM students WHERE code = ?", (code,))
            }
            size = Limit.model_validate_json(room["limits"]).size
            if len(taken) >= size:
                raise RoomRefused("full", code=code, size=size)
            name = wanted or free_animal(animals, taken)
            if name_key(name) in taken:
                raise RoomRefused("taken", name=name)
            db.execute(
                "INSERT INTO students VALUES (?, ?, ?, ?, ?)",
                (student, code, hash_of(secret), name, name_key(name)),
            )
        return Seat(secret, student, name)

    def leave(self, code: str, seat: str) -> None:
        """Give the seat up, with all predictions made from it."""
        with self._changing(code) as db:
            student = self._student(db, code, seat)
            db.execute("DELETE FROM students WHERE id = ?", (student,))

    def invite(self, code: str, secret: str) -> str:
        """A secret that lets one other person in as a teacher, once."""
        invitation = new_secret()
        with self._teaching(code, secret) as db:
            db.execute("INSERT INTO teachers VALUES (?, ?, 1)", (code, hash_of(invitation)))
        return invitation

    def accept(self, code: str, invitation: str) -> str:
        """Exchange an invitation for a teacher's secret of one's own.

        Raises:
            RoomRefused: if it was used already, or never given.
        """
        secret = new_secret()
        with self._changing(code) as db:
            used = db.execute(
                "UPDATE teachers SET secret = ?, invited = 0 WHERE code = ? AND secret = ? "
                "AND invited",
                (hash_of(secret), code, hash_of(invitation)),
            )
            if used.rowcount != 1:
                raise RoomRefused("invited")
        return secret

    # --- what a teacher does

    def pace(self, code: str, secret: str, pace: Pace) -> None:
        """Let all screens follow the teacher's, or everyone walk alone."""
        with self._teaching(code, secret) as db:
            db.execute("UPDATE rooms SET pace = ? WHERE code = ?", (pace, code))

    def pause(self, code: str, secret: str, paused: bool) -> None:
        """Stop all predictions and runs for a while, or go on."""
        with self._teaching(code, secret) as db:
            db.execute("UPDATE rooms SET paused = ? WHERE code = ?", (paused, code))

    def limit(self, code: str, secret: str, limit: Limit) -> None:
        """Set what students may do."""
        with self._teaching(code, secret) as db:
            db.execute(
                "UPDATE rooms SET limits = ? WHERE code = ?", (limit.model_dump_json(), code)
            )

    def push(self, code: str, secret: str, address: str) -> None:
        """Show a view on all screens.

        Args:
            address: the query of the view's address.

        Raises:
            RoomRefused: if it is none.
        """
        view = view_of(address)
        with self._teaching(code, secret) as db:
            db.execute(
                "UPDATE rooms SET view = ?, view_number = view_number + 1 WHERE code = ?",
                (view, code),
            )

    def ask(self, code: str, secret: str, asked: NewQuestion) -> int:
        """Open a question; it takes the place of the one before.

        Returns:
            its number.

        Raises:
            RoomRefused: if it is empty or too long, or its choices are too few or too many.
        """
        text, choices = asked.text.strip(), tuple(choice.strip() for choice in asked.choices)
        wrong = not 0 < len(text) <= LONGEST_QUESTION or len(choices) == 1
        wrong |= len(choices) > MOST_CHOICES or len(set(choices)) < len(choices)
        if wrong or any(not 0 < len(choice) <= LONGEST_CHOICE for choice in choices):
            raise RoomRefused(
                "question", most=LONGEST_QUESTION, choices=MOST_CHOICES, longest=LONGEST_CHOICE
            )
        measured = asked.measured.model_dump_json() if asked.measured and not choices else None
        right = asked.right
        if right is not None and not 0 <= right < len(choices):
            raise RoomRefused("value")
        address = view_of(asked.address)
        with self._teaching(code, secret) as db:
            made = db.execute(
                "INSERT INTO questions (code, text, choices, address, measured, answer) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (code, text, json.dumps(choices), address, measured, right),
            )
            return int(made.lastrowid or 0)

    def reveal(
        self,
        code: str,
        secret: str,
        question: int,
        right: int | None = None,
        measured: Measured | None = None,
    ) -> None:
        """Show the tally to all; nobody can predict any more.

        Args:
            question: its number, as `ask` gave it.
            right: the number of the right choice; None: what the question brought.
            measured: the rate beside which the guesses stand; None: what the question brought.

        Raises:
            RoomRefused: if there is no such question or choice.
        """
        with self._teaching(code, secret) as db:
            row = question_of(db, code, question)
            choices = json.loads(row["choices"])
            if right is not None and not 0 <= right < len(choices):
                raise RoomRefused("value")
            known = measured.model_dump_json() if measured and not choices else row["measured"]
            db.execute(
                "UPDATE questions SET revealed = 1, answer = ?, measured = ? WHERE id = ?",
                (row["answer"] if right is None else right, known, question),
            )

    def reset(self, code: str, secret: str) -> None:
        """Make the room ready for the next group: no students, questions or views of the last
        one."""
        with self._teaching(code, secret) as db:
            db.execute("DELETE FROM students WHERE code = ?", (code,))
            db.execute("DELETE FROM questions WHERE code = ?", (code,))
            db.execute("UPDATE rooms SET paused = 0, view = '' WHERE code = ?", (code,))
        self._file.empty_the_log()

    def close(self, code: str, secret: str) -> None:
        """End the room now; its results can be fetched until its data is deleted."""
        now = self._clock()
        with self._teaching(code, secret) as db:
            db.execute(
                "UPDATE rooms SET closed = 1, deleted = min(deleted, ? + deleted - ends) "
                "WHERE code = ?",
                (now, code),
            )

    def delete(self, code: str, secret: str) -> None:
        """Delete the room and everything in it, at once."""
        with self._file.writing() as db:
            check_teacher(db, code, secret)
            db.execute("DELETE FROM rooms WHERE code = ?", (code,))
        self._forget(code)
        self._file.empty_the_log()

    def results(self, code: str, secret: str) -> str:
        """All questions with how many predicted what, as CSV."""
        with self._file.reading() as db:
            check_teacher(db, code, secret)
            rows = db.execute("SELECT * FROM questions WHERE code = ? ORDER BY id", (code,))
            return results_csv([answered(db, row) for row in rows.fetchall()])

    # --- what a student does

    def predict(self, code: str, seat: str, question: int, value: float) -> None:
        """Predict; a second prediction of the same student takes the place of the first.

        Args:
            question: its number.
            value: the number of a choice, or percent.

        Raises:
            RoomRefused: after the reveal, while paused, for an older question or an impossible
                value.
        """
        with self._changing(code) as db:
            room = self._open(db, code)
            student = self._student(db, code, seat)
            row = question_of(db, code, question)
            newest = db.execute("SELECT max(id) FROM questions WHERE code = ?", (code,)).fetchone()[
                0
            ]
            if row["revealed"] or newest != question:
                raise RoomRefused("late")
            if room["paused"]:
                raise RoomRefused("paused")
            count = len(json.loads(row["choices"]))
            fits = value in range(count) if count else 0 <= value <= 100
            if not fits:
                raise RoomRefused("value")
            db.execute(
                "INSERT INTO predictions VALUES (?, ?, ?) "
                "ON CONFLICT (question, student) DO UPDATE SET value = excluded.value",
                (question, student, value),
            )

    def hand_in(self, code: str, seat: str, record: str) -> None:
        """Give a record to the teacher.

        Raises:
            RoomRefused: if it is no name of a record, or too many were handed in.
        """
        if not 0 < len(record) <= LONGEST_RECORD or not record.replace("-", "").isalnum():
            raise RoomRefused("record", most=MOST_HANDED_IN)
        with self._changing(code) as db:
            self._open(db, code)
            student = self._student(db, code, seat)
            (count,) = db.execute(
                "SELECT count(*) FROM handed_in WHERE student = ? AND record != ?",
                (student, record),
            ).fetchone()
            if count >= MOST_HANDED_IN:
                raise RoomRefused("record", most=MOST_HANDED_IN)
            db.execute("INSERT OR IGNORE INTO handed_in VALUES (?, ?)", (student, record))

    def limit_of(self, code: str) -> Limit:
        """What students of a room may do.

        Raises:
            RoomRefused: for an unknown or closed room.
        """
        with self._file.reading() as db:
            return Limit.model_validate_json(self._open(db, code)["limits"])

    def count_run(self, code: str, student: str, own: bool) -> Limit:
        """Count work for the device that a student asks for.

        Args:
            student: the id, as `student_of` gave it.
            own: it is a question of the student's own.

        Returns:
            what the student may do.

        Raises:
            RoomRefused: if the room's limits do not allow it, or too much was asked for in the
                last minute.
        """
        now = self._clock()
        with self._file.writing() as db:
            room = self._open(db, code)
            limit = Limit.model_validate_json(room["limits"])
            if room["paused"]:
                raise RoomRefused("paused")
            if own and not limit.own_questions:
                raise RoomRefused("own")
            # entries of the future are from before the clock was set back
            db.execute(
                "DELETE FROM runs WHERE student = ? AND NOT at BETWEEN ? AND ?",
                (student, now - 60, now),
            )
            (count,) = db.execute(
                "SELECT count(*) FROM runs WHERE student = ?", (student,)
            ).fetchone()
            if count >= limit.runs_per_minute:
                raise RoomRefused("runs", most=limit.runs_per_minute)
            db.execute("INSERT INTO runs VALUES (?, ?)", (student, now))
        return limit
