"""One worker: turns, places, stops, budgets, and jobs that break. Tasks stand for any work; runs
are tested beside.
"""

import threading

import pytest

from lab.errors import BadInput
from lab.plan import Plan
from lab.service import Job, Limits, Service
from lab.service.service_times import NEWEST, ServiceTimes

WAIT = 120


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path, limits=Limits(max_queued=3, max_tokens=500, max_question_chars=100))
    yield made
    made.close()


class Gate:
    """A task that holds the worker until it is opened or stopped."""

    def __init__(self):
        self.began, self.open = threading.Event(), threading.Event()

    def __call__(self, progress, _cancelled):
        self.began.set()
        while not self.open.wait(0.01):
            progress(0.5, "waiting at the gate")
        return "through"


def hold(service, owner="holder"):
    gate = Gate()
    job = service.submit_task("gate", gate, owner, short=True)  # nothing passes it
    assert gate.began.wait(WAIT)
    return gate, job


def test_a_task_returns_its_result_and_reports_progress(service):
    seen = []

    def work(progress, _cancelled):
        progress(0.25, "a quarter")
        seen.append(job.progress)
        return threading.current_thread().name

    gate, _ = hold(service)
    job = service.submit_task("work", work)
    gate.open.set()
    assert job.wait(WAIT) and job.state == "finished"
    assert job.result == "device" and seen == [(0.25, "a quarter")]


def test_owners_take_turns_and_know_their_places(service):
    order = []
    gate, held = hold(service)
    jobs = {
        name: service.submit_task(name, lambda *_, name=name: order.append(name), owner=name[0])
        for name in ("a1", "a2", "a3", "b1", "c1", "b2")
    }
    assert held.place_in_queue == 0
    assert {n: j.place_in_queue for n, j in jobs.items()} == {
        "a1": 1,
        "b1": 2,
        "c1": 3,
        "a2": 4,
        "b2": 5,
        "a3": 6,
    }
    gate.open.set()
    assert all(job.wait(WAIT) for job in jobs.values())
    assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_a_waiting_job_is_stopped_at_once_and_the_places_close_up(service):
    gate, _ = hold(service)
    first, second = (service.submit_task(name, lambda *_: None) for name in "xy")
    first.cancel()
    assert first.state == "cancelled" and "before it began" in first.message
    assert second.place_in_queue == 1 and service.waiting == 1
    gate.open.set()
    assert second.wait(WAIT) and second.state == "finished"


def test_a_running_task_is_stopped_when_it_next_reports(service):
    _, job = hold(service)
    job.cancel()
    assert job.wait(WAIT) and job.state == "cancelled"
    after = service.submit_task("after", lambda *_: 1)
    assert after.wait(WAIT) and after.result == 1


def test_a_broken_job_takes_nothing_with_it(service, caplog):
    def broken(*_):
        raise ZeroDivisionError("by zero")

    def refused(*_):
        raise BadInput("One clear sentence.")

    bad, no = service.submit_task("bad", broken), service.submit_task("no", refused)
    good = service.submit_task("good", lambda *_: 7)
    assert good.wait(WAIT) and good.result == 7
    assert bad.state == "failed" and "ZeroDivisionError: by zero" in bad.message
    assert no.state == "failed" and no.message == "One clear sentence."
    assert "Traceback" in caplog.text


def test_a_newer_task_takes_the_place_of_the_same_persons_oldest_one_of_its_name(service):
    gate, _ = hold(service)
    names = ("other", "same", "same")
    other, oldest, second = (service.submit_task(n, lambda *_: 1, "eager") for n in names)
    newest = service.submit_task("same", lambda *_: 1, owner="eager")
    assert oldest.state == "cancelled" and "newer request" in oldest.message
    third = service.submit_task("unlike the others", lambda *_: 1, owner="eager")
    assert other.state == "cancelled"
    assert [j.place_in_queue for j in (second, newest, third)] == [1, 2, 3]
    gate.open.set()
    assert all(job.wait(WAIT) and job.result == 1 for job in (second, newest, third))


def test_a_run_too_many_of_one_owner_is_refused_and_none_is_dropped(service):
    plan = Plan.model_validate({"problem": {"question": "x"}, "lanes": [{"method": "single"}]})
    hold(service)
    runs = [service.submit(plan, owner="eager") for _ in range(3)]
    for submit in (service.submit, lambda p, owner: service.submit_task("t", print, owner)):
        with pytest.raises(BadInput, match="expected at most 3 of one person"):
            submit(plan, owner="eager")
    assert [job.state for job in runs] == ["queued"] * 3
    service.submit_task("t", lambda *_: None, owner="other")


def test_seconds_before_a_job_follow_from_how_long_the_jobs_ahead_last(service):
    service._times.add("long", 400.0)
    service._times.add("short", 0.0)
    _, held = hold(service)
    held._started += 1000  # it has not lasted yet
    jobs = [service.submit_task(name, lambda *_: None) for name in ("long", "short", "long")]
    first, second, third = (service.seconds_before(job) for job in jobs)
    assert second - first == pytest.approx(400, rel=0.1)
    assert third - second == pytest.approx(0, abs=40)


def test_the_wait_follows_the_newest_works_and_counts_equal_ones_once(service):
    times = ServiceTimes()
    for seconds in (90.0, *[2.0] * NEWEST):
        times.add("run", seconds)
    times.add("lens", 1.0)
    assert times.typical("run") == 2 and times.typical("lens") == 1
    assert times.typical("never seen") == pytest.approx((2 * (NEWEST - 1) + 1) / NEWEST)
    jobs = [
        Job(name, owner, "task") for name, owner in zip(["run", *["lens"] * 3], "abcd", strict=True)
    ]
    for place, (job, same) in enumerate(zip(jobs, ("", "x", "x", "y"), strict=True), start=1):
        job.place_in_queue, job.same = place, same
    assert [times.wait(job, jobs, [], lambda _: False) for job in jobs] == [0, 2, 3, 3]
    assert times.wait(jobs[3], jobs, [], lambda same: same == "x") == 2
    begun = Job("run", "z", "task")
    assert times.wait(jobs[0], jobs, [begun], lambda _: False) == 2
    jobs[0].short = True  # passes what has begun
    assert times.wait(jobs[0], jobs, [begun], lambda _: False) == 0


BUDGETS = [
    ({"question": "x" * 101}, {}, "expected at most 100 characters, got 101"),
    (
        {"question": "x"},
        {"steps": 200, "decoding": {"max_tokens": 200}},
        "600 tokens and latent steps",
    ),
]


@pytest.mark.parametrize(("problem", "lane", "sentence"), BUDGETS)
def test_budgets_are_checked_before_the_queue(service, problem, lane, sentence):
    plan = Plan.model_validate({"problem": problem, "lanes": [{"method": "latentmas"} | lane]})
    with pytest.raises(BadInput, match=sentence):
        service.submit(plan)
    assert service.jobs() == []


def test_closing_ends_everything(tmp_path):
    service = Service(tmp_path)
    gate, running = hold(service)
    waiting = service.submit_task("w", lambda *_: None)
    service.close()
    assert running.state == waiting.state == "cancelled"
    with pytest.raises(BadInput, match="shutting down"):
        service.submit_task("late", lambda *_: None)
    assert not gate.open.is_set()


def test_an_unknown_job_says_so(service):
    job = service.submit_task("t", lambda *_: None)
    assert service.job(job.id) is job
    with pytest.raises(BadInput, match="no job 'nope'"):
        service.job("nope")
