"""Names that people give themselves in a room: short, printable, and each only once."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

from lab.rooms.refusal import RoomRefused

LONGEST_NAME = 24
MOST_MARKS = 2
"""Combining marks in a row; more of them pile up over the neighbouring lines."""


def clean_name(given: str) -> str:
    """The name as it is shown: compatibility forms made plain, spaces single.

    Raises:
        RoomRefused: for an empty or too long name, for control, formatting or unassigned
            characters, or a pile of combining marks.
    """
    if len(given) > 8 * LONGEST_NAME:  # before any work is done on it
        raise RoomRefused("name", most=LONGEST_NAME)
    name = " ".join(filter(None, unicodedata.normalize("NFKC", given).split(" ")))
    kinds = [unicodedata.category(letter) for letter in name]
    marks = "".join("m" if kind in ("Mn", "Me") else "." for kind in kinds)
    hostile = any(kind.startswith("C") or kind in ("Zl", "Zp") for kind in kinds)
    seen = any(kind[0] in "LNSP" for kind in kinds)
    if not seen or hostile or len(name) > LONGEST_NAME or "m" * (MOST_MARKS + 1) in marks:
        raise RoomRefused("name", most=LONGEST_NAME)
    return name


def name_key(name: str) -> str:
    """Names with the same key are the same to a reader's eye: case does not tell them apart."""
    return unicodedata.normalize("NFKC", name).casefold()


def free_animal(animals: Sequence[str], taken: Collection[str]) -> str:
    """The first animal whose key nobody has; “Fox 2” when all are taken.

    Args:
        animals: names in the order in which they are given away.
        taken: keys of names, see `name_key`.
    """
    turn = 1
    while True:
        for animal in animals:
            name = animal if turn == 1 else f"{animal} {turn}"
            if name_key(name) not in taken:
                return name
        turn += 1
