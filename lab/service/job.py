"""A job: one run or one task on its way through the queue, and everything others may know of it.

Threads meet here and nowhere else: the worker adds, readers wait. A job knows nothing of models.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from lab.errors import Cancelled
from lab.events import Event, RunStarted
from lab.words import say

State = Literal["queued", "loading", "running", "finished", "failed", "cancelled"]
OVER: tuple[State, ...] = ("finished", "failed", "cancelled")


class Job:
    """One submission. Its events only grow; a reader says how many it has seen."""

    def __init__(
        self, name: str, owner: str, kind: Literal["run", "task"], folder: Path | None = None
    ) -> None:
        self.id = secrets.token_hex(6)
        self.name = name
        self.owner = owner
        self.kind = kind
        self.record_folder = folder
        """Where the record is, or will be; None for a task."""
        self.travels = kind == "run"
        """Whether a crew's worker may do it; else it belongs to this process."""
        self.short = False
        """Whether somebody looks on and waits for it: it passes long work in the queue."""
        self.same = ""
        """Tells equal requests, which are worked on once; empty: nobody else's is the same."""
        self.submitted = time.monotonic()
        self.pocket_only = False
        """Whether it may load members of the pocket family only."""
        self.state: State = "queued"
        self.message = ""
        """One sentence when it failed or was stopped."""
        self.result: Any = None
        """What a task returned."""
        self.progress: tuple[float, str] = (0.0, "")
        """Share done from 0 to 1, and what is being done."""
        self.place_in_queue = 0
        """0 while it has the device, 1 when it is next; meaningless when over."""
        self.cancelled = threading.Event()
        self._events: list[Event] = []
        self._changed = threading.Condition()
        self._on_cancel: Callable[[Job], None] = lambda _: None
        self._on_leave: Callable[[Job], bool] = lambda _: False
        self._on_pause: Callable[[Job], None] = lambda _: None
        self._followers: list[Job] = []
        self._started = self._ended = 0.0

    @property
    def over(self) -> bool:
        """True when nothing more will happen."""
        return self.state in OVER

    @property
    def seconds(self) -> float:
        """How long it has had the device."""
        return (self._ended or time.monotonic()) - self._started if self._started else 0.0

    def cancel(self) -> None:
        """Ask the job to stop: at once when it waits, within one step when it runs. What others
        want too goes on for them."""
        if not self._on_leave(self):
            self.cancel_work()

    def cancel_work(self) -> None:
        """Stop the work itself, whoever wants it."""
        self.cancelled.set()
        self._on_cancel(self)

    def events(self, start: int = 0, timeout: float | None = None) -> list[Event]:
        """Events from number ``start`` on; waits for the first of them at most ``timeout`` seconds
        (None: no wait)."""
        with self._changed:
            if timeout:
                self._changed.wait_for(lambda: len(self._events) > start or self.over, timeout)
            return self._events[start:]

    def follow(self) -> Iterator[Event]:
        """All events, the coming ones too, until the job is over."""
        seen = 0
        while True:
            over = self.over
            new = self.events(seen, timeout=0.5)
            yield from new
            seen += len(new)
            if over and not new:
                return

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the job is over; False if it is not over in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.over, timeout)

    def changed(
        self, state: State, place: int, progress: tuple[float, str], timeout: float
    ) -> None:
        """Wait until state, place or progress differ from what the caller knows, at most
        ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    (self.state, self.place_in_queue, self.progress) != (state, place, progress)
                ),
                timeout,
            )

    # For the service only.

    def lend_to(self, other: Job) -> None:
        """From now on another job shows what this one does, and what it did so far."""
        with self._changed:
            other._events = [other._own(event) for event in self._events]
            other._started, other._ended = self._started, self._ended
            other.progress = self.progress
            if not self.over:
                other.state, other.place_in_queue = self.state, self.place_in_queue
            self._followers.append(other)

    def lend_no_more_to(self, other: Job) -> None:
        """Another job is on its own again."""
        with self._changed:
            self._followers = [job for job in self._followers if job is not other]

    def lend_to_nobody(self) -> None:
        """All others are on their own again."""
        with self._changed:
            self._followers = []

    def _own(self, event: Event) -> Event:
        """An event of another's run as one of this job's."""
        if isinstance(event, RunStarted) and self.record_folder is not None:
            return replace(event, run_id=self.record_folder.name)
        return event

    def add(self, event: Event) -> None:
        """Append an event (worker only)."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()
            followers = self._followers
        for other in followers:
            other.add(other._own(event))

    def report(self, share: float, text: str = "") -> None:
        """Say how far a task is (worker only).

        Raises:
            Cancelled: when the owner asked to stop, so that a task that reports can be stopped.
        """
        with self._changed:
            self.progress = (min(max(share, 0.0), 1.0), text)
            self._changed.notify_all()
            followers = self._followers
        for other in followers:
            with other._changed:
                other.progress = self.progress
                other._changed.notify_all()
        if self.cancelled.is_set():
            raise Cancelled(say("error.stopped"))
        self.pause()

    def pause(self) -> None:
        """A moment between two steps, in which the device may do something else (worker only)."""
        self._on_pause(self)

    def turn(self, state: State, message: str = "") -> None:
        """Enter a state (worker only). A state of `OVER` is never left."""
        for other in self._followers if state not in OVER else ():
            other.turn(state, message)
        with self._changed:
            if self.over:
                return
            if state in ("loading", "running") and not self._started:
                self._started = time.monotonic()
            if state in OVER:
                self._ended = self._ended or time.monotonic()
            self.state, self.message = state, message
            self._changed.notify_all()

    def move(self, place: int) -> None:
        """Take another place in the queue (service only)."""
        with self._changed:
            self.place_in_queue = place
            self._changed.notify_all()
            followers = self._followers
        for other in followers:
            other.move(place)


def defect(error: BaseException) -> str:
    """The sentence for an error that is nobody's input but the lab's own fault."""
    text = " ".join(str(error).split())[:160]
    what = f"{type(error).__name__}: {text}"
    return say("error.defect.run", what=what)
