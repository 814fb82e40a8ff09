"""The rooms of one server: what is stored, who is here at the moment, and who may open a room."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

from lab.rooms.refusal import RoomRefused
from lab.rooms.room_state import Limit, RoomState
from lab.rooms.room_store import Opened, RoomStore
from lab.rooms.room_views import NOT_HERE, Presence

FILE = "rooms.sqlite"
HERE_SECONDS = 15.0
"""A student not heard of for longer is away: a sleeping phone, a lost network."""
SWEEP_SECONDS = 60.0
LONGEST_WHERE = 200


class Rooms:
    """All rooms of one server."""

    def __init__(self, folder: Path, key: str = "") -> None:
        """
        Args:
            folder: where the file lies; it is made when it is first needed.
            key: whoever knows it may open rooms; empty: everybody may.
        """
        self._path = Path(folder) / FILE
        self._store: RoomStore | None = None
        self.key = key
        self.waits: Callable[[str], bool] = lambda _student: False
        """Whether a student has work in the queue; the page knows."""
        self._seen: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._swept = time.monotonic()

    @property
    def store(self) -> RoomStore:
        """The file.

        Raises:
            RoomRefused: if it cannot be used.
        """
        with self._lock:
            if self._store is None:
                self._store = RoomStore(self._path)
            return self._store

    @property
    def in_class(self) -> bool:
        """Whether this server was started for classes: then whoever is no teacher has limits."""
        return bool(self.key)

    def open_room(self, key: str, limit: Limit, hours: float, kept_hours: float) -> Opened:
        """Open a room, see `RoomStore.open_room`.

        Args:
            key: the server's teacher's key.

        Raises:
            RoomRefused: if the server has a key and this is another.
        """
        if self.key and not hmac.compare_digest(key.strip().encode(), self.key.encode()):
            raise RoomRefused("key")
        return self.store.open_room(limit, hours, kept_hours)

    def look(self, code: str, secret: str, seat: str, where: str | None = None) -> RoomState:
        """The room as the holder of these secrets may see it; a student is seen to be here.

        Args:
            secret: a teacher's, or empty.
            seat: a student's, or empty.
            where: the query of the address on the student's screen, if that is told.
        """
        self._sweep()
        if where is not None:
            self.hear(code, seat, where)
        return self.store.look(code, secret, seat, self.presence)

    def at_once(self, code: str) -> bool:
        """Whether a look needs no file, so that it may be done where nothing may wait."""
        store, swept = self._store, time.monotonic() - self._swept
        return store is not None and swept < SWEEP_SECONDS and store.is_fresh(code)

    def hear(self, code: str, seat: str, where: str) -> None:
        """Note that the holder of a seat is here, and where."""
        student = self.store.student_of(code, seat) if seat else None
        if student is not None:
            with self._lock:
                self._seen[student[0]] = (time.monotonic(), where[:LONGEST_WHERE])

    def presence(self, student: str) -> Presence:
        """What is known of a student's browser."""
        with self._lock:
            seen = self._seen.get(student)
        if seen is None or time.monotonic() - seen[0] > HERE_SECONDS:
            return NOT_HERE
        return Presence(True, seen[1], self.waits(student))

    def _sweep(self) -> None:
        with self._lock:
            due = time.monotonic() - self._swept > SWEEP_SECONDS
            if due:
                self._swept = time.monotonic()
                old = time.monotonic() - 60 * HERE_SECONDS
                self._seen = {k: v for k, v in self._seen.items() if v[0] > old}
        if due:
            self.store.sweep()


def new_key() -> str:
    """A teacher's key for one server, short enough to be typed."""
    return "-".join(secrets.token_hex(2) for _ in range(4))
