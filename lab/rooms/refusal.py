"""Why a room says no: a reason that programs can tell apart, and one sentence for people.

The sentences stand in ``assets/words`` under ``said.room.no.REASON``, so that the page says them in
its language.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Literal

from lab.errors import LabError
from lab.words import say

Refusal = Literal[
    "unknown",
    "closed",
    "full",
    "many",
    "taken",
    "name",
    "rights",
    "seat",
    "late",
    "none",
    "paused",
    "value",
    "question",
    "address",
    "record",
    "own",
    "real",
    "training",
    "runs",
    "invited",
    "key",
    "guesses",
    "message",
    "locked",
    "disk",
    "damaged",
]


class RoomRefused(LabError):
    """A room, or the file that holds it, does not do what was asked."""

    def __init__(self, reason: Refusal, **values: Any) -> None:
        """
        Args:
            reason: ends the key of the sentence.
            values: what fills the sentence's ``{placeholders}``.
        """
        super().__init__(say(f"said.room.no.{reason}", **values))
        self.reason: Refusal = reason


def refusal_of(error: sqlite3.Error) -> RoomRefused:
    """What SQLite could not do, as a sentence. Its low byte is the kind of error; the rest says
    where it came from."""
    kind = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return RoomRefused("locked")
    if kind in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):
        return RoomRefused("damaged", what=error)
    return RoomRefused("disk", what=error)
