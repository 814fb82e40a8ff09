"""Equal runs of a class are worked on once; each student has a record of their own, and who stops
stops nobody else."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.events import RunStarted
from lab.plan import Plan
from lab.records import Record
from lab.service import Job, Service
from lab.service.runner import run_plan
from lab.service.service_times import FIRST_SECONDS
from lab.service.shared_runs import SECONDS_KEPT

WAIT = 60


class Desk:
    """A crew of one that stops after its first event until it may go on."""

    size, lost = 1, 0

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.began, self.go = threading.Event(), threading.Event()
        self.runs = 0

    def run(self, plan, folder, cancelled, on_event, on_status, pocket_only):  # type: ignore[no-untyped-def]
        self.runs += 1

        def told(event: Any) -> None:
            on_event(event)
            self.began.set()
            assert self.go.wait(WAIT)

        return run_plan(plan, folder, self._pool, cancelled, told, on_status)

    def loaded(self) -> list[Any]:
        return []

    def close(self) -> None:
        self.go.set()


def plan(seed: int = 3, **changes: Any) -> Plan:
    lane = {"method": "single", "decoding": {"max_tokens": 4}}
    problem = {"world": "ledger", "seed": seed, "depth": 1}
    return Plan.model_validate({"name": "test", "problem": problem, "lanes": [lane]} | changes)


@pytest.fixture
def desk(pool: Any) -> Desk:
    return Desk(pool)


@pytest.fixture
def service(tmp_path: Path, desk: Desk) -> Iterator[Service]:
    made = Service(tmp_path, crew=desk)  # type: ignore[arg-type]
    yield made
    made.close()


def record_of(job: Job) -> Record:
    assert job.record_folder is not None
    return Record.open(job.record_folder)


def test_a_class_that_presses_run_gets_one_run_and_as_many_records(
    service: Service, desk: Desk
) -> None:
    first = service.submit(plan(), "a")
    assert desk.began.wait(WAIT)
    others = [service.submit(plan(), who) for who in "bcd"]
    assert all(job.state == "running" and len(job.events()) == 1 for job in others)
    desk.go.set()
    late = None
    for job in (first, *others):
        assert job.wait(WAIT) and job.state == "finished", job.message
    late = service.submit(plan(), "e")
    assert late.wait(WAIT) and desk.runs == 1
    assert late.seconds == first.seconds  # what it took, not how long ago that was
    jobs = [first, *others, late]
    assert len({job.record_folder for job in jobs}) == 5
    for job in jobs:
        record = record_of(job)
        assert job.record_folder is not None
        assert record.run_id == job.record_folder.name and record.status == "finished"
        assert record.events == job.events()
        started = record.events[0]
        assert isinstance(started, RunStarted) and started.run_id == record.run_id
        assert record.points.equals(record_of(first).points)
    assert record_of(late).meta["same_run"] == record_of(first).run_id
    assert first.record_folder is not None
    shutil.rmtree(first.record_folder)  # one's own is one's own
    assert len(record_of(late).points) > 0


def test_who_stops_stops_nobody_else(service: Service, desk: Desk) -> None:
    leader = service.submit(plan(), "a")
    assert desk.began.wait(WAIT)
    stays, leaves = service.submit(plan(), "b"), service.submit(plan(), "c")
    leaves.cancel()
    leader.cancel()
    assert leader.state == leaves.state == "cancelled" and leaves.record_folder is None
    service.submit(plan(), "a")  # a second thought is a run of its own
    desk.go.set()
    assert stays.wait(WAIT) and stays.state == "finished"
    assert record_of(stays).status == "finished" and leader.state == "cancelled"


def test_the_last_one_to_stop_stops_the_work(service: Service, desk: Desk) -> None:
    leader = service.submit(plan(), "a")
    assert desk.began.wait(WAIT)
    other = service.submit(plan(), "b")
    leader.cancel()
    other.cancel()
    desk.go.set()
    again = service.submit(plan(), "c")
    assert again.wait(WAIT) and again.state == "finished"
    assert desk.runs == 2 and record_of(leader).status == "cancelled"


def test_what_waits_stays_in_the_queue_while_somebody_wants_it(
    service: Service, desk: Desk
) -> None:
    service.submit(plan(seed=1), "z")
    assert desk.began.wait(WAIT)
    leader, other = service.submit(plan(), "a"), service.submit(plan(), "b")
    assert (leader.place_in_queue, other.place_in_queue) == (1, 1)
    last = service.submit(plan(seed=4), "c")
    before = service.seconds_before(last)
    leader.cancel()
    assert other.place_in_queue == 1 and service.seconds_before(last) == pytest.approx(
        before, abs=1
    )
    assert before > FIRST_SECONDS
    other.cancel()
    assert last.place_in_queue == 1  # nobody wants it any more
    assert not service._shared._at_work.keys() & {leader.id, other.id}
    desk.go.set()
    assert last.wait(WAIT) and desk.runs == 2


def test_nobody_waits_for_other_work_of_the_leader(service: Service, desk: Desk) -> None:
    service.submit(plan(seed=1), "a")
    assert desk.began.wait(WAIT)
    for seed in (5, 6):
        service.submit(plan(seed=seed), "a")
    own = service.submit(plan(seed=6), "b")
    assert own.place_in_queue == 2  # behind the first of a, not behind both
    desk.go.set()
    assert own.wait(WAIT) and desk.runs == 4


def test_one_person_who_runs_again_runs_again(service: Service, desk: Desk) -> None:
    desk.go.set()
    for _ in range(2):
        assert service.submit(plan(), "a").wait(WAIT)
    assert desk.runs == 2


def test_what_differs_or_failed_or_is_old_is_not_shared(
    service: Service, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.go.set()
    service.admit = lambda own: own
    bad = {"question": "  ", "facts": "", "truth": None}
    refused = [service.submit(plan(problem=bad), who) for who in "ab"]
    assert all(job.wait(WAIT) and job.state == "failed" for job in refused)
    assert refused[0].message == refused[1].message
    assert service.submit(plan(), "a").wait(WAIT)
    runs = desk.runs
    assert service.submit(plan(seed=4), "b").wait(WAIT) and desk.runs == runs + 1
    now = service._shared._clock() + SECONDS_KEPT + 1
    monkeypatch.setattr(service._shared, "_clock", lambda: now)
    assert service.submit(plan(), "b").wait(WAIT) and desk.runs == runs + 2


def test_a_record_that_is_gone_is_made_again(service: Service, desk: Desk) -> None:
    leader = service.submit(plan(), "a")
    assert desk.began.wait(WAIT)
    other = service.submit(plan(), "b")
    shared = service._shared
    serve = shared._settle

    def leader_leaves_the_room(*args: Any) -> Any:
        assert leader.record_folder is not None
        shutil.rmtree(leader.record_folder)
        return serve(*args)

    shared._settle = leader_leaves_the_room  # type: ignore[method-assign]
    desk.go.set()
    assert leader.wait(WAIT)
    shared._settle = serve  # type: ignore[method-assign]
    assert other.wait(WAIT) and other.state == "finished" and desk.runs == 2
    assert json.loads((record_of(other).folder / "record.json").read_text())["status"] == "finished"
