"""The SQLite file of the rooms: a connection per thread, short transactions, and a sentence for
whatever the disk refuses.

WAL lets everybody read while one writes; a commit reaches the disk before it is confirmed
(``synchronous = FULL``), so that nothing confirmed is lost with the process or the machine; deleted
data is overwritten (``secure_delete``).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.rooms.refusal import RoomRefused, refusal_of
from lab.rooms.room_schema import TABLES, VERSION

PATIENCE_SECONDS = 3.0
"""How long a write waits for another process that holds the file."""
TURN_SECONDS = 10.0
"""How long a write waits for those of this process that came before."""
SETTINGS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")


class RoomsFile:
    """Opens the file, makes the tables when they are missing."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            RoomRefused: if the file cannot be used, or is of a newer lab.
        """
        self.path = path
        self._own = threading.local()
        self._turn = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RoomRefused("disk", what=error) from error
        with self.writing() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise RoomRefused("damaged", what=f"version {version}, this lab reads {VERSION}")
            if version == 0:
                for statement in TABLES.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent look at the file.

        Raises:
            RoomRefused: if the file cannot be read.
        """
        with self._transaction("BEGIN") as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All changes made within, or none of them.

        Raises:
            RoomRefused: if the file is held by another process or cannot be written.
        """
        # Threads of this process wait here: SQLite's own waiting has no order, and starves some.
        if not self._turn.acquire(timeout=TURN_SECONDS):
            raise RoomRefused("locked")
        try:
            with self._transaction("BEGIN IMMEDIATE") as db:
                yield db
        finally:
            self._turn.release()

    def empty_the_log(self) -> None:
        """Let the write-ahead log forget deleted data, as far as nobody reads it now."""
        try:
            self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise refusal_of(error) from error

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            db = self._connection()
            db.execute(begin)
        except sqlite3.Error as error:
            raise refusal_of(error) from error
        try:
            yield db
            db.execute("COMMIT")
        except BaseException as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise refusal_of(error) from error
            raise

    def _connection(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._own, "db", None)
        if db is None:
            db = sqlite3.connect(self.path, timeout=PATIENCE_SECONDS, isolation_level=None)
            db.row_factory = sqlite3.Row
            try:
                for setting in SETTINGS:
                    db.execute(f"PRAGMA {setting}").fetchall()
            except sqlite3.Error:
                db.close()
                raise
            self._own.db = db
        return db
