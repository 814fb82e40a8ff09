"""What is known of a room: frozen values that a browser is given as JSON, each person only what is
theirs to see.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lab.panels.value import FromBrowser, Value

MOST_CHOICES = 8
LONGEST_QUESTION = 300
LONGEST_CHOICE = 120
LONGEST_ADDRESS = 4000
"""A plan of many lanes lies in the address."""
MOST_STUDENTS = 500
BINS = 10
"""Columns of the histogram of a rate: 0 to 10 %, …, 90 to 100 %."""

Role = Literal["stranger", "student", "teacher"]
Pace = Literal["together", "free"]
"""``together``: every screen follows the teacher's; ``free``: each person walks alone."""


class Limit(FromBrowser):
    """What students of a room may do."""

    own_questions: bool = False
    """Ask questions of their own instead of the lab's."""
    real_models: bool = False
    """Load other models than the pocket ones."""
    training: bool = False
    """Train a student of the data factory, which takes the device for a minute or more."""
    runs_per_minute: Annotated[int, Field(ge=1, le=120)] = 30
    """Works for the device that one student may start in a minute."""
    size: Annotated[int, Field(ge=1, le=MOST_STUDENTS)] = 60
    """Students at the same time."""


class Measured(FromBrowser):
    """What was measured, beside which a class sees its guesses."""

    rate: Annotated[float, Field(ge=0, le=100)]
    """Percent."""
    low: Annotated[float, Field(ge=0, le=100)] | None = None
    """Lower end of the 95 % interval, percent."""
    high: Annotated[float, Field(ge=0, le=100)] | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    """Problems it was measured on."""


class NewQuestion(FromBrowser):
    """A question that a teacher opens: with choices, or without any for a rate in percent."""

    text: str
    choices: tuple[str, ...] = ()
    address: str = ""
    """The view of the lab it is about: the query of its address."""
    measured: Measured | None = None
    """Known before and shown at the reveal, with a rate only."""
    right: int | None = None
    """The number of the right choice, known before and shown at the reveal."""


class RoomTally(Value):
    """How many predicted what, and not who."""

    counts: tuple[int, ...]
    """Per choice, or per bin of a rate."""
    answered: int
    mean: float | None
    """Of a rate, in percent."""


class RoomQuestion(Value):
    """A question as one person sees it."""

    id: int
    text: str
    choices: tuple[str, ...]
    address: str
    revealed: bool
    mine: float | None
    """One's own prediction: the number of a choice, or percent."""
    tally: RoomTally | None
    """For students only after the reveal."""
    right: int | None
    """The number of the right choice, after the reveal, if there is one."""
    measured: Measured | None


class SeatView(Value):
    """A student as the teacher sees one."""

    name: str
    here: bool
    """Was heard of in the last seconds."""
    where: str
    """The view on the student's screen: the query of its address."""
    waits: bool
    """Has work in the queue for the device."""


class HandedIn(Value):
    """A record that a student gave to the teacher."""

    name: str
    record: str


class TeacherView(Value):
    """What only teachers see."""

    students: tuple[SeatView, ...]
    handed_in: tuple[HandedIn, ...]
    teachers: int


class RoomState(Value):
    """A room as one person sees it."""

    code: str
    role: Role
    version: int
    """Grows with every change of the room."""
    closed: bool
    pace: Pace
    paused: bool
    students: int
    limit: Limit
    name: str
    """The student's own name, else empty."""
    view: str
    """What the teacher showed last: the query of an address."""
    view_number: int
    """Grows with every view shown; 0: none yet."""
    question: RoomQuestion | None
    minutes_left: int
    """Until the room ends by itself."""
    deleted_after_hours: float
    """Its data is deleted that long after its end."""
    teacher: TeacherView | None
