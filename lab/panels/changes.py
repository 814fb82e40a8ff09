"""What turns one JSON value into the next, so that many pictures that differ little take little
room.

A change is ``{"to": value}``, or for an object or a list ``{"at": {key: change}}``; for a list also
``"n"``, how many of the old items stay, and ``"more"``, the items after them. ``applied`` in
``assets/js/replay.js`` reads it.
"""

from __future__ import annotations

from typing import Any


def change(old: Any, new: Any) -> dict[str, Any]:
    """What makes ``new`` of ``old``; empty where they are equal."""
    if old == new:
        return {}
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        return {"at": {key: change(old[key], new[key]) for key in new if old[key] != new[key]}}
    if isinstance(old, list) and isinstance(new, list):
        kept = min(len(old), len(new))
        at = {str(i): change(old[i], new[i]) for i in range(kept) if old[i] != new[i]}
        return {"at": at, "n": kept, "more": new[kept:]}
    return {"to": new}
