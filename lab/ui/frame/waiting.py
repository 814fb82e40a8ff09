"""Work for the device from a page: whose it is, where it stands in line, and what came of it.

Whose it is goes with the handler's thread, so that no handler can forget to say it: the guards of
`lab.ui.frame.context` set it from the browser's session.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from lab.errors import LabError
from lab.rooms import RoomPerson
from lab.rooms.room_person import owner_name
from lab.service import Job, Service
from lab.words import for_the_page, say

TASK_SECONDS = 180.0
"""How long a job may have the device, or wait behind one job, before it is given up."""
POLL = 0.2
_browser: contextvars.ContextVar[RoomPerson | None] = contextvars.ContextVar(
    "browser", default=None
)
_person: contextvars.ContextVar[str] = contextvars.ContextVar("person", default="local")
_asked: contextvars.ContextVar[list[DeviceRequest] | None] = contextvars.ContextVar(
    "asked", default=None
)


def person() -> str:
    """Who asks: the browser's session whose event is handled on this thread."""
    return _person.get()


def browser() -> RoomPerson | None:
    """Who that is in the rooms; None where no browser asks."""
    return _browser.get()


@contextmanager
def acting_for(name: str, known: RoomPerson | None = None) -> Iterator[None]:
    """Within it, `person` is this one, and `browser` what is known of them; texts are for the page
    (`lab.words.for_the_page`).

    Args:
        name: for the queue.
        known: in the rooms.
    """
    token, kept = _person.set(name), _browser.set(known)
    try:
        with for_the_page():
            yield
    finally:
        _person.reset(token)
        _browser.reset(kept)


def place_sentence(service: Service, job: Job) -> str:
    """“You are 3rd, about 6 s.”; empty when the job does not wait."""
    n = job.place_in_queue
    if job.state != "queued" or n < 1:
        return ""
    seconds = max(1, round(service.seconds_before(job)))
    if n == 1:
        return say("said.queue.next", seconds=seconds)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10 if n % 100 not in (11, 12, 13) else 0, "th")
    return say(f"said.queue.{ending}", n=n, seconds=seconds)


def waits(service: Service, student: str) -> bool:
    """Whether a student has work on the device or in the queue for it.

    Args:
        service: that has the queue.
        student: the id.
    """
    return any(not job.over for job in service.jobs(owner_name(student)))


class DeviceRequest:
    """One piece of work on the device, asked for by `person`."""

    def __init__(
        self,
        service: Service,
        name: str,
        work: Callable[[Any], Any],
        own: bool = False,
        *,
        short: bool = True,
        same: str | None = None,
    ) -> None:
        """
        Args:
            own: it is about a question of the person's own.
            same: tells equal requests, see `Service.submit_task`.
            short: it is done within moments, and passes long work.
            work: called with the models, on this device or on a worker's, see
                `lab.service.crew.DeviceWork`.
        """
        self.service = service
        self.job = service.submit_work(
            name, lambda pool, _: work(pool), person(), own, short=short, same=same
        )
        known = _asked.get()
        if known is not None:
            known.append(self)

    def lines(self) -> Iterator[str]:
        """Until the work is over, a few times a second: the place in line, or an empty text while
        it has the device.

        Raises:
            LabError: if nothing moved for `TASK_SECONDS`.
        """
        for _ in self._looks():
            yield place_sentence(self.service, self.job)

    def _looks(self) -> Iterator[None]:
        since, before = time.monotonic(), None
        while not self.job.wait(POLL):
            now = (self.job.state, self.job.place_in_queue)
            if now != before:
                since, before = time.monotonic(), now
            if time.monotonic() - since > TASK_SECONDS:
                self.cancel()
                raise LabError(say("error.waiting.device_was_busy_more", task_seconds=TASK_SECONDS))
            yield

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self.job.cancel()

    def result(self) -> Any:
        """What the work returned, waiting for it.

        Raises:
            LabError: the job's own sentence if it failed or was stopped, or took too long.
        """
        for _ in self._looks():
            pass
        if self.job.state != "finished":
            raise LabError(self.job.message)
        return self.job.result


def telling(call: Callable[[], Any], told: Callable[[str], Any]) -> Generator[Any, None, None]:
    """Run a handler that waits for the device, and meanwhile yield ``told(place)`` whenever its
    place in line changes; its value comes last.

    Raises:
        LabError: what the handler raised.
    """
    asked: list[DeviceRequest] = []
    outcome: list[tuple[bool, Any]] = []

    def work() -> None:
        _asked.set(asked)
        try:
            outcome.append((True, call()))
        except BaseException as error:  # noqa: BLE001 - it is raised again where the page waits
            outcome.append((False, error))

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True)
    thread.start()
    before = ""
    try:
        thread.join(POLL)
        while thread.is_alive():
            line = place_sentence(asked[-1].service, asked[-1].job) if asked else ""
            if line and line != before:
                yield told(line)
                before = line
            thread.join(POLL)
    finally:
        if thread.is_alive() and asked:
            asked[-1].cancel()
    fine, value = outcome[0]
    if not fine:
        raise value
    yield value
