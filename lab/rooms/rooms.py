"""The rooms of one server: what is stored, who is here at the moment, and who may open a room."""

from __future__ import annotations

import hmac
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from lab.rooms.refusal import RoomRefused
from lab.rooms.room_person import RoomPerson
from lab.rooms.room_state import LONGEST_ADDRESS, Limit, RoomState
from lab.rooms.room_store import Opened, RoomStore
from lab.rooms.room_views import NOT_HERE, Presence, Snapshot

FILE = "rooms.sqlite"
HERE_SECONDS = 15.0
"""A student not heard of for longer is away: a sleeping phone, a lost network."""
SWEEP_SECONDS = 60.0


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
                self._seen[student[0]] = (time.monotonic(), where[:LONGEST_ADDRESS])

    def presence(self, student: str) -> Presence:
        """What is known of a student's browser."""
        with self._lock:
            seen = self._seen.get(student)
        if seen is None or time.monotonic() - seen[0] > HERE_SECONDS:
            return NOT_HERE
        return Presence(True, seen[1], self.waits(student))

    def person(self, secrets: Mapping[str, str], seats: Mapping[str, str]) -> RoomPerson:
        """Who holds these secrets.

        Args:
            secrets: a teacher's, by code.
            seats: a student's, by code.
        """
        known = {code: s for code in {*secrets, *seats} if (s := self._snapshot(code)) is not None}
        teaches = [code for code in secrets if code in known]
        teaches = [code for code in teaches if self.store.teaches(code, secrets[code])]
        taken = {}
        for code in seats:
            student = self.store.student_of(code, seats[code]) if code in known else None
            if student is not None and self.store.is_open(code):
                taken[code] = student[0]
        return RoomPerson(taken, frozenset(teaches), any(map(self.store.is_open, teaches)))

    def admit(self, person: RoomPerson | None, own: bool) -> bool:
        """Let somebody ask for work on the device.

        Args:
            person: who; None: not a browser.
            own: it is a question of their own.

        Returns:
            whether only pocket models may be loaded for it.

        Raises:
            RoomRefused: if a room, or this server's being in class, forbids it.
        """
        if person is None or person.leads:
            return False
        for code, student in person.seats.items():
            return not self.store.count_run(code, student, own).real_models
        if self.in_class and own:
            raise RoomRefused("own")
        return self.in_class

    def only_pocket(self, person: RoomPerson | None) -> bool:
        """Whether somebody may have pocket models loaded only; nothing is counted or refused.

        Args:
            person: who; None: not a browser.
        """
        if person is None or person.leads:
            return False
        limits = [self.store.limit_of(code) for code in person.seats]
        return not all(one.real_models for one in limits) if limits else self.in_class

    def check_training(self, person: RoomPerson | None) -> None:
        """Let somebody train a student of the data factory.

        Args:
            person: who; None: not a browser.

        Raises:
            RoomRefused: if a room does not allow it, or this server is in class.
        """
        if person is None or person.leads:
            return
        allowed = [self.store.limit_of(code).training for code in person.seats]
        if not all(allowed) or (self.in_class and not allowed):
            raise RoomRefused("training")

    def keep_record(self, person: RoomPerson | None, record: str) -> None:
        """A record that somebody is about to make is a student's own, if a student makes it.

        Args:
            person: who.
            record: the name of its folder.
        """
        if person is not None and not person.leads:
            for code, student in person.seats.items():
                self.store.records.keep(code, student, record)
                return

    def may_open(self, person: RoomPerson | None, record: str) -> bool:
        """Whether somebody may see a record: nobody's own ones all, a student's the student, the
        room's teachers, and while it is shown to all everybody in the room.

        Args:
            person: who; None: not a browser.
            record: the name of its folder.
        """
        if person is None or not self._path.exists():
            return True
        owner = self.store.records.owner_of(record)
        return owner is None or self._may(person, owner, record)

    def hidden(self, person: RoomPerson | None) -> set[str]:
        """Records that do not stand in somebody's list: what they may not open, and for teachers
        also what was not handed in."""
        if person is None or not self._path.exists():
            return set()
        hidden = set()
        for record, owner in self.store.records.owners().items():
            mine = owner[1] in person.seats.values()
            if not mine and not (self._may(person, owner, record) and self._handed(*owner, record)):
                hidden.add(record)
        return hidden

    def asked(self, person: RoomPerson | None) -> tuple[str, bool, bool] | None:
        """What a student's teacher asks: the address of the newest question (empty if there is
        none), whether its result was shown, and whether the class goes together; None for whoever
        is no student of an open room.

        Args:
            person: who.
        """
        if person is None or person.leads:
            return None
        for code in person.seats:
            room = self._snapshot(code)
            if room is not None:
                row, together = room.question, room.room["pace"] == "together"
                known = (row["address"], bool(row["revealed"])) if row else ("", False)
                return (*known, together)
        return None

    def clear(self) -> None:
        """Delete the records of students who are gone."""
        for record in self.store.records.ownerless():
            if record and Path(record).name == record:
                shutil.rmtree(self._path.parent / record, ignore_errors=True)
            self.store.records.forget(record)

    def _may(self, person: RoomPerson, owner: tuple[str, str], record: str) -> bool:
        code, student = owner
        if student in person.seats.values() or code in person.teaches:
            return True
        room = self._snapshot(code) if code in person.seats else None
        return room is not None and room.shows(record)

    def _handed(self, code: str, _student: str, record: str) -> bool:
        room = self._snapshot(code)
        return room is not None and room.handed(record)

    def _snapshot(self, code: str) -> Snapshot | None:
        """The room, or None if there is none."""
        try:
            return self.store.snapshot(code)
        except RoomRefused as error:
            if error.reason != "unknown":
                raise
            return None

    def _sweep(self) -> None:
        with self._lock:
            due = time.monotonic() - self._swept > SWEEP_SECONDS
            if due:
                self._swept = time.monotonic()
                old = time.monotonic() - 60 * HERE_SECONDS
                self._seen = {k: v for k, v in self._seen.items() if v[0] > old}
        if due:
            self.store.sweep()
            self.clear()


def new_key() -> str:
    """A teacher's key for one server, short enough to be typed."""
    return "-".join(secrets.token_hex(2) for _ in range(4))
