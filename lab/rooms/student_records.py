"""Whose a record is: the shelves of the students."""

from __future__ import annotations

from lab.rooms.rooms_file import RoomsFile


class StudentRecords:
    """Records that are a student's own; all others are for all."""

    def __init__(self, file: RoomsFile) -> None:
        self._file = file

    def keep(self, code: str, student: str, record: str) -> None:
        """Note that a record is a student's own: nobody else but the room's teachers may open it.

        Args:
            student: the id.
            record: the name of its folder.
        """
        with self._file.writing() as db:
            db.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (record, code, student))

    def owners(self) -> dict[str, tuple[str, str]]:
        """Code and student id of every record that is a student's."""
        with self._file.reading() as db:
            rows = db.execute("SELECT record, code, student FROM records").fetchall()
        return {row["record"]: (row["code"], row["student"]) for row in rows}

    def owner_of(self, record: str) -> tuple[str, str] | None:
        """Code and student id of one record, or None if it is nobody's own."""
        with self._file.reading() as db:
            row = db.execute(
                "SELECT code, student FROM records WHERE record = ?", (record,)
            ).fetchone()
        return (row["code"], row["student"]) if row else None

    def ownerless(self) -> list[str]:
        """Records of students who are gone: with a reset, a deleted room, or by leaving."""
        with self._file.reading() as db:
            rows = db.execute(
                "SELECT record FROM records WHERE student NOT IN (SELECT id FROM students)"
            ).fetchall()
        return [row["record"] for row in rows]

    def forget(self, record: str) -> None:
        """A record is not there any more."""
        with self._file.writing() as db:
            db.execute("DELETE FROM records WHERE record = ?", (record,))
