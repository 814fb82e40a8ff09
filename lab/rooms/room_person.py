"""Who asks, over all rooms of the server: what a browser's secrets prove."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RoomPerson:
    """One browser. Somebody without a seat who teaches nothing is a stranger."""

    seats: dict[str, str] = field(default_factory=dict)
    """Student id by the code of the room, open rooms only."""
    teaches: frozenset[str] = frozenset()
    """Codes of the rooms where this is a teacher, closed ones too."""
    leads: bool = False
    """Teaches a room that is open."""

    @property
    def owner(self) -> str:
        """A name for the queue, the same in all tabs of a student; empty for others."""
        return next((owner_name(student) for student in self.seats.values()), "")


def owner_name(student: str) -> str:
    """What a student is called in the queue for the device."""
    return f"student {student}"
