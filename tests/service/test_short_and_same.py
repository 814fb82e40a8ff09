"""What is short passes what is long, in the queue and on the device; equal requests are computed
once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.errors import BadInput
from lab.models.pool import HostPool
from lab.service import Service
from lab.service.job import Job
from lab.service.queue import PATIENCE, FairQueue

WAIT = 120


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    made.close()


def test_a_short_job_is_done_while_long_work_pauses(service: Service) -> None:
    began, asked, order = threading.Event(), threading.Event(), []

    def measure(progress, _cancelled):  # type: ignore[no-untyped-def]
        began.set()
        assert asked.wait(WAIT)
        order.append("step 1")
        progress(0.5)
        order.append("step 2")

    long = service.submit_task("measure", measure, "teacher")
    assert began.wait(WAIT)
    other = service.submit_task("measure too", lambda *_: order.append("other"), "b")
    short = service.submit_task("answer", lambda *_: order.append("answer"), "c", short=True)
    assert (short.place_in_queue, other.place_in_queue) == (1, 2)
    asked.set()
    assert all(job.wait(WAIT) for job in (long, short, other))
    assert order == ["step 1", "answer", "step 2", "other"]
    assert long.state == short.state == "finished"


def test_a_short_job_that_breaks_or_is_stopped_leaves_the_long_one_alone(service: Service) -> None:
    began, asked = threading.Event(), threading.Event()

    def measure(progress, _cancelled):  # type: ignore[no-untyped-def]
        began.set()
        assert asked.wait(WAIT)
        progress(0.5)
        return "measured"

    def broken(*_: object) -> None:
        raise BadInput("One clear sentence.")

    long = service.submit_task("measure", measure)
    assert began.wait(WAIT)
    bad = service.submit_task("answer", broken, short=True)
    gone = service.submit_task("answer", lambda *_: 1, "c", short=True)
    gone.cancel()
    asked.set()
    assert long.wait(WAIT) and long.result == "measured"
    assert bad.state == "failed" and bad.message == "One clear sentence."
    assert gone.state == "cancelled"


def test_a_long_job_is_not_passed_for_ever() -> None:
    queue: FairQueue[str] = FairQueue(9)
    long, short = Job("measure", "a", "task"), Job("answer", "b", "task")
    short.short = True
    for job in (long, short):
        queue.put(job, job.name)
    long.submitted -= PATIENCE + 1
    assert [queue.get(), queue.get()] == [(long, "measure"), (short, "answer")]


def test_equal_requests_are_computed_once_and_belong_to_each_asker(service: Service) -> None:
    computed = []

    def work(*_: object) -> list[int]:
        computed.append(1)
        return [7]

    jobs = [service.submit_task("answer", work, who, short=True, same="2") for who in "abc"]
    other = service.submit_task("answer", work, "d", short=True, same="3")
    named = service.submit_task("rates", work, "e", short=True, same="2")
    assert all(job.wait(WAIT) for job in (*jobs, other, named))
    assert len(computed) == 3
    jobs[0].result.append(8)
    assert jobs[1].result == jobs[2].result == [7]


def test_what_failed_is_asked_again(service: Service) -> None:
    tries = []

    def work(*_: object) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise BadInput("Not yet.")
        return 7

    first, second = (service.submit_task("answer", work, who, same="2") for who in "ab")
    assert first.wait(WAIT) and second.wait(WAIT)
    assert first.state == "failed" and second.result == 7


class _Broken(Service):
    """A lab whose models cannot even be asked for, the first time."""

    asked = 0

    @property
    def pool(self) -> HostPool:
        self.asked += 1
        if self.asked == 1:
            raise RuntimeError("deadlock detected by a module lock")
        return super().pool


def test_whatever_breaks_before_a_job_the_device_goes_on(tmp_path: Path) -> None:
    service = _Broken(tmp_path)
    service.admit = lambda _own: True
    first, second = (service.submit_task("answer", lambda *_: 1, owner) for owner in "ab")
    assert first.wait(WAIT) and second.wait(WAIT)
    assert (first.state, second.state, second.result) == ("failed", "finished", 1)
    service.close()
