"""What anybody may ask about the rooms of one file, answered from snapshots that last until a room
changes.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.rooms.refusal import RoomRefused
from lab.rooms.room_checks import check_teacher, hash_of, room_of
from lab.rooms.room_state import RoomState
from lab.rooms.room_views import NOT_HERE, Presence, Snapshot, is_over, read_snapshot, state_for
from lab.rooms.rooms_file import RoomsFile
from lab.rooms.student_records import StudentRecords

FRESH_SECONDS = 1.0
"""How long a room is shown as it was read, if only another process changed it."""


class RoomReader:
    """The file, its snapshots, and the checks that every change begins with."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """
        Args:
            path: of the SQLite file; it is made when it is missing.
            clock: seconds of the server's clock; it may jump.

        Raises:
            RoomRefused: if the file cannot be used.
        """
        self._file = RoomsFile(path)
        self._clock = clock
        self._kept: dict[str, tuple[float, Snapshot]] = {}
        """Snapshots with the moment they were read, by code."""
        self._changes = 0
        self._lock = threading.Lock()
        self.records = StudentRecords(self._file)
        self.sweep()

    def student_of(self, code: str, seat: str) -> tuple[str, str] | None:
        """Id and name of the student whose seat this is, or None.

        Raises:
            RoomRefused: if there is no such room.
        """
        return self.snapshot(code).seats.get(hash_of(seat))

    def teaches(self, code: str, secret: str) -> bool:
        """Whether this is a teacher's secret of the room.

        Raises:
            RoomRefused: if there is no such room.
        """
        return hash_of(secret) in self.snapshot(code).teachers

    def is_open(self, code: str) -> bool:
        """Whether there is such a room that has not ended."""
        try:
            return not self.snapshot(code).over(self._clock())
        except RoomRefused as error:
            if error.reason != "unknown":
                raise
            return False

    def look(
        self,
        code: str,
        secret: str = "",
        seat: str = "",
        presence: Callable[[str], Presence] = lambda _: NOT_HERE,
    ) -> RoomState:
        """The room as the holder of these secrets may see it.

        Args:
            secret: a teacher's, or empty.
            seat: a student's, or empty.
            presence: by student id, for teachers.

        Raises:
            RoomRefused: if there is no such room.
        """
        snapshot = self.snapshot(code)
        return state_for(snapshot, hash_of(secret), hash_of(seat), presence, self._clock())

    def snapshot(self, code: str) -> Snapshot:
        """All of a room, as it is or was within the last second.

        Raises:
            RoomRefused: if there is no such room.
        """
        kept = self._kept.get(code)
        if kept is not None and time.monotonic() - kept[0] < FRESH_SECONDS:
            return kept[1]
        with self._lock:
            changes = self._changes
        began = time.monotonic()
        with self._file.reading() as db:
            snapshot = read_snapshot(db, room_of(db, code))
        with self._lock:
            if self._changes == changes:  # else it may be older than a change made meanwhile
                self._kept[code] = (began, snapshot)
        return snapshot

    def is_fresh(self, code: str) -> bool:
        """Whether a look at the room needs no file."""
        kept = self._kept.get(code)
        return kept is not None and time.monotonic() - kept[0] < FRESH_SECONDS

    def sweep(self) -> int:
        """Delete the rooms whose time is over; how many."""
        with self._file.writing() as db:
            gone = db.execute("DELETE FROM rooms WHERE deleted <= ?", (self._clock(),)).rowcount
        if gone:
            self._forget()
            self._file.empty_the_log()
        return gone

    # --- what every change begins with

    def _forget(self, code: str | None = None) -> None:
        """Let the next look read the file: of one room, or of all."""
        with self._lock:
            self._changes += 1
            if code is None:
                self._kept.clear()
            else:
                self._kept.pop(code, None)

    def _open(self, db: sqlite3.Connection, code: str) -> sqlite3.Row:
        room = room_of(db, code)
        if is_over(room, self._clock()):
            raise RoomRefused("closed", code=code)
        return room

    def _student(self, db: sqlite3.Connection, code: str, seat: str) -> str:
        row = db.execute(
            "SELECT id FROM students WHERE code = ? AND secret = ?", (code, hash_of(seat))
        ).fetchone()
        if row is None:
            raise RoomRefused("seat", code=code)
        return str(row["id"])

    @contextmanager
    def _changing(self, code: str) -> Iterator[sqlite3.Connection]:
        try:
            with self._file.writing() as db:
                room_of(db, code)
                yield db
                db.execute("UPDATE rooms SET version = version + 1 WHERE code = ?", (code,))
        finally:
            self._forget(code)

    @contextmanager
    def _teaching(self, code: str, secret: str) -> Iterator[sqlite3.Connection]:
        with self._changing(code) as db:
            check_teacher(db, code, secret)
            self._open(db, code)
            yield db
