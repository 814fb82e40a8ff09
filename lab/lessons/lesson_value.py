"""What the lessons' widget is given, and what it sends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lab.panels.value import FromBrowser, Value

Role = Literal["floor", "asked", "ceiling"]


class LessonFigure(Value):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    text: str
    """The figure as people read it."""
    interval: str
    """The same of its interval."""


class LessonBar(Value):
    """One condition, as it was recorded, and as it was measured now."""

    label: str
    role: Role
    option: int | None
    """Number of the choice it stands for."""
    recorded: LessonFigure
    live: LessonFigure | None = None
    hits: tuple[bool, ...] = ()
    """Problem by problem, of the live measurement of a rate."""


class Revealed(Value):
    """What is shown once somebody has predicted."""

    bars: tuple[LessonBar, ...]
    scale: float
    """Where the axis ends; 1 for shares."""
    metric: str
    right: int | None
    """Number of the right choice, by the recorded figures."""
    told: str
    """The prediction beside what was measured."""
    take: str
    source: str
    """Experiment, number of problems, models and versions."""
    measurable: bool
    """Whether it can be measured again within moments."""
    only_recorded: str
    """Why it cannot be; empty if it can."""
    agrees: str
    """Whether the live figures lie where the recorded ones do; empty before."""


class SceneCard(Value):
    """The scene in front."""

    name: str
    ask: str
    choices: tuple[str, ...]
    """None: a rate in percent."""
    guess: float | None
    """Number of a choice, or percent."""
    revealed: Revealed | None
    look: str
    """What the panel behind it shows."""
    address: str
    """The panel behind it: the query of its address."""
    seconds: int


class LessonEntry(Value):
    """A lesson in the list."""

    name: str
    number: int
    title: str
    about: str
    scenes: int
    seconds: int
    open: bool


class LessonsValue(Value):
    """The tab."""

    entries: tuple[LessonEntry, ...]
    lesson: str
    number: int
    title: str
    about: str
    scene: int
    """Number of the scene in front, from 0."""
    done: tuple[bool, ...]
    """Per scene, whether it was answered."""
    card: SceneCard
    problems: int
    """How many are taken by one live measurement."""
    working: str = ""
    """What is being done on the device for this page; empty: nothing."""
    next: str = ""
    """Name of the lesson that follows this one."""


class SceneWanted(FromBrowser):
    """Another scene, or another lesson."""

    lesson: Annotated[str, Field(max_length=60)]
    scene: Annotated[int, Field(ge=0, le=99)] = 0


class SceneGuess(FromBrowser):
    """A prediction for the scene in front."""

    value: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class MeasureScene(FromBrowser):
    """The scene in front is to be measured now."""


class LookBehind(FromBrowser):
    """The panel behind the scene in front is wanted."""

    lesson: Annotated[str, Field(max_length=60)]
    scene: Annotated[int, Field(ge=0, le=99)]
