"""What is heard of a worker: the words of a run, written down as its record, or the answer of other
work.
"""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from lab.errors import Cancelled, LabError
from lab.events import Event, Note, RunFailed, to_dict
from lab.plan import Plan, PlanProblem
from lab.records import Writer
from lab.words import say


class Unrepeatable(LabError):
    """A run that took another course when it was done again."""


class Ear(Protocol):
    """Who listens to a worker."""

    broken: bool
    """Whether something went wrong here, not at the worker."""

    def take(self, word: str, content: Any) -> None:
        """Hear one word."""

    def again(self) -> None:
        """The worker died: another one begins anew."""

    def end(self, status: Any, message: str) -> None:
        """There comes nothing more."""


class WorkAnswer:
    """Hears how far some work is, and what it returned."""

    def __init__(self, progress: Callable[..., None]) -> None:
        """
        Args:
            progress: called with the share that is done and a sentence.
        """
        self._progress = progress
        self.value: Any = None
        self.broken = False

    def take(self, word: str, content: Any) -> None:
        """Hear one word, see `lab.cluster.ray_worker.RayWorker.do`."""
        if word == "answer":
            self.value = pickle.loads(content)
            return
        with suppress(Cancelled):  # the worker hears of the stop, and ends by itself
            self._progress(*content)

    def again(self) -> None:
        """Nothing was kept of it."""

    def end(self, status: Any, message: str) -> None:
        """Nothing is written of it."""


class Scribe:
    """Writes down what a worker tells of a run, once, however often it is begun."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        on_event: Callable[[Event], None],
        on_status: Callable[[str], None],
        delays: deque[float],
    ) -> None:
        """
        Args:
            plan: that is run.
            folder: of the record.
            on_event: called with every event right after it was written.
            on_status: called with what is being done before the first event.
            delays: gets the seconds from an event's happening to its being told.
        """
        self._plan, self._folder, self._delays = plan, folder, delays
        self._on_event, self._on_status = on_event, on_status
        self._writer: Writer | None = None
        self._told: list[Event] = []
        """What was heard of the run so far, notes on the machine left out."""
        self._count = 0
        self.broken = False
        """Whether something went wrong here, not at the worker."""

    def take(self, word: str, content: Any) -> None:
        """Write one word of a worker down.

        Raises:
            Unrepeatable: if the run, done again, takes another course.
        """
        self.broken = True
        self._take(word, content)
        self.broken = False

    def _take(self, word: str, content: Any) -> None:
        if word == "status":
            with suppress(Cancelled):  # the worker hears of the stop, and ends by itself
                self._on_status(content)
        elif word == "begin":
            self._begin(*content)
        elif word == "event" and self._writer is not None:
            event, happened = content
            self._writer.event(event)
            self._hear(event)
            self._delays.append(time.time() - happened)
        elif self._writer is not None:
            getattr(self._writer, word)(*content)

    def again(self) -> None:
        """The worker died: the record begins anew."""
        if self._writer is not None:
            self._writer.abandon()
        self._writer, self._count = None, 0

    def end(self, status: Any, message: str) -> None:
        """The last word, where the worker could not say it."""
        if self._writer is not None and self._writer.meta["status"] == "running":
            at = self._told[-1].at if self._told else 0.0
            if status == "failed":
                self._writer.event(RunFailed("", at, message))
            self._writer.finish(status, message)

    def _begin(self, problem: PlanProblem, versions: dict[str, str]) -> None:
        self._writer = Writer.create(self._folder, self._plan, problem)
        self._writer.fact("versions", versions)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Note) and not event.lane:
            self._on_event(event)
            return
        self._count += 1
        if self._count > len(self._told):
            self._told.append(event)
            self._on_event(event)
        elif gist(event) != gist(self._told[self._count - 1]):
            raise Unrepeatable(say("error.cluster.other_course", event=type(event).__name__))


def gist(event: Event) -> dict[str, Any]:
    """What an event says besides measured numbers: words, ids, places."""

    def told(value: Any) -> bool:
        if isinstance(value, tuple | list):
            return not any(isinstance(part, float | tuple | list | dict) for part in value)
        return isinstance(value, str | int)

    return {name: value for name, value in to_dict(event).items() if told(value)}
