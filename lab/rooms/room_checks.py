"""Small checks within a transaction, and what codes, secrets and addresses look like.

Secrets are 256 random bits; only their SHA-256 is stored, which is enough for what nobody can
guess.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3

from lab.rooms.refusal import RoomRefused
from lab.rooms.room_state import LONGEST_ADDRESS

LETTERS = "CDFGHJKMNPQRTVWXY346789"
"""Of codes: no vowels, so that no words come out, and nothing that looks like something else."""
CODE_LENGTH = 6


def new_secret() -> str:
    """256 random bits, as text that fits into a cookie and a link."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def free_code(db: sqlite3.Connection) -> str:
    """A code that no room has."""
    while True:
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        if not db.execute("SELECT 1 FROM rooms WHERE code = ?", (code,)).fetchone():
            return code


def room_of(db: sqlite3.Connection, code: str) -> sqlite3.Row:
    """The row of a room.

    Raises:
        RoomRefused: if there is none of this code.
    """
    room: sqlite3.Row | None = db.execute("SELECT * FROM rooms WHERE code = ?", (code,)).fetchone()
    if room is None:
        raise RoomRefused("unknown", code=code[:CODE_LENGTH])
    return room


def is_teacher(db: sqlite3.Connection, code: str, secret: str) -> bool:
    """Whether this is a secret of somebody who teaches the room, and no open invitation."""
    found = db.execute(
        "SELECT 1 FROM teachers WHERE code = ? AND secret = ? AND NOT invited",
        (code, hash_of(secret)),
    ).fetchone()
    return found is not None


def check_teacher(db: sqlite3.Connection, code: str, secret: str) -> None:
    """Let teachers of the room pass, and nobody else.

    Raises:
        RoomRefused: for an unknown room or another secret.
    """
    room_of(db, code)
    if not is_teacher(db, code, secret):
        raise RoomRefused("rights", code=code)


def view_of(given: str) -> str:
    """The query of an address of the lab: never another host's, never the room itself."""
    query = given.removeprefix("?")
    plain = query.isascii() and query.isprintable() and not set(query) & set("<>\"'\\ `#")
    if len(query) > LONGEST_ADDRESS or not plain:
        raise RoomRefused("address", most=LONGEST_ADDRESS)
    return "&".join(part for part in query.split("&") if part and not part.startswith("room="))


def question_of(db: sqlite3.Connection, code: str, number: int) -> sqlite3.Row:
    """The row of a question of this room.

    Raises:
        RoomRefused: if the room has none of this number.
    """
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM questions WHERE code = ? AND id = ?", (code, number)
    ).fetchone()
    if row is None:
        raise RoomRefused("none")
    return row
