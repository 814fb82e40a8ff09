"""Plans become records: every method, in turn and alone, stopped and broken."""

import os
import threading

import numpy as np
import pytest

from lab import events as ev
from lab.errors import BadInput, Cancelled, ModelUnavailable
from lab.panels.run.lanes import lanes_state
from lab.plan import Plan, PlanProblem, ProblemSpec
from lab.records import Record
from lab.service import Service
from lab.service.limits import count_tokens, question_limit
from lab.service.runner import lane_ids, resolve_problem, run_plan, take_turns

WAIT = 120
SHORT = {"max_tokens": 6}
LATENT = {"method": "latentmas", "agents": ["solver", "judger"], "steps": 4, "decoding": SHORT}
MOA = {
    "method": "moa",
    "proposers": [
        {"decoding": SHORT},
        {"host": "pocket-other", "decoding": SHORT | {"temperature": 1.0, "seed": 3}},
    ],
    "aggregator": {"role": "aggregator", "decoding": SHORT},
}
SINGLE = {"method": "single", "decoding": SHORT}
TEXT = {"method": "textmas", "agents": ["planner", "refiner", "judger"], "decoding": SHORT}
GATED = {"method": "gated", "decoding": SHORT, "moa": MOA}
ALL = [SINGLE, TEXT, LATENT, MOA, GATED]


def plan(*lanes, **changes):
    data = {
        "name": "test",
        "problem": {"world": "ledger", "seed": 3, "depth": 1},
        "lanes": list(lanes),
    }
    return Plan.model_validate(data | changes)


def times_out(event):
    """An event without its clock."""
    data = ev.to_dict(event)
    return {
        k: v
        for k, v in data.items()
        if k not in ("at", "seconds", "first_token", "peak_bytes", "run_id")
    }


@pytest.fixture(scope="module")
def both(tmp_path_factory, pockets, pool):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATENT_LAB_MODELS", str(pockets))
        live = []
        record = run_plan(
            plan(LATENT, MOA), tmp_path_factory.mktemp("run") / "r", pool, on_event=live.append
        )
        return record, live


def test_what_was_live_is_what_is_replayed(both):
    record, live = both
    assert record.status == "finished"
    assert record.events == live
    assert lanes_state(record.events) == lanes_state(live)
    assert isinstance(live[0], ev.RunStarted) and isinstance(live[-1], ev.RunFinished)


def test_the_record_says_what_ran_on_what(both):
    record, _ = both
    assert set(record.meta["hosts"]) == {"pocket-base", "pocket-other"}
    assert record.host("pocket-base")["digest"] != record.host("pocket-other")["digest"]
    assert record.host("pocket-base")["why"]["device"]
    assert record.problem.truth is not None and record.meta["seeds"] == {"plan": 0, "problem": 3}
    assert {"torch", "transformers", "lab"} <= set(record.meta["versions"])
    assert set(record.meta["totals"]) == {"latentmas", "moa"}


def test_every_moment_of_the_events_has_its_rows_and_its_lens(both):
    record, live = both
    points = record.points
    for event in live:
        moment = getattr(event, "moment", None)
        if moment is not None:
            rows = points[points["moment"] == moment]
            assert list(rows["layer"]) == [0, 1, 2]
            assert set(rows["agent"]) == {event.agent} and set(rows["lane"]) == {event.lane}
        if isinstance(event, ev.PromptRead):
            rows = points[
                points["moment"].between(
                    event.first_moment, event.first_moment + len(event.ids) - 1
                )
            ]
            assert list(rows["token_id"]) == list(np.repeat(event.ids, 3))
    ids, logp, entropy = record.lens(slice(None))
    assert (ids >= 0).all() and np.isfinite(logp).all() and (entropy >= 0).all()
    assert set(points["role"]) == {"solver", "judger", "proposer", "aggregator"}


def test_a_latent_dot_shows_what_the_stored_lens_says(both):
    record, live = both
    step = next(e for e in live if isinstance(e, ev.LatentStep) and e.step == 2)
    rows = record.points[(record.points["moment"] == step.moment) & (record.points["layer"] == 2)]
    ids, _, _ = record.lens(rows["point_id"])
    assert record.token(step_host(record, step), ids[0, 0])


def step_host(record, step):
    return record.points.loc[record.points["moment"] == step.moment, "host"].iloc[0]


@pytest.mark.parametrize("lane", ALL, ids=[lane["method"] for lane in ALL])
def test_every_method_runs_alone(tmp_path, pool, lane):
    record = run_plan(plan(lane), tmp_path / "r", pool)
    last = [e for e in record.events if isinstance(e, ev.LaneFinished)]
    assert record.status == "finished" and len(last) == 1
    assert last[0].correct in (True, False) and last[0].seconds > 0
    ats = [e.at for e in record.events if e.lane]
    assert ats == sorted(ats)


def test_interleaving_changes_clocks_and_nothing_else(tmp_path, pool):
    lanes = {}
    for schedule in ("interleaved", "alone"):
        record = run_plan(plan(LATENT, TEXT, schedule=schedule), tmp_path / schedule, pool)
        for lane in ("latentmas", "textmas"):
            moments = ("moment", "first_moment")
            lanes[schedule, lane] = [
                {k: v for k, v in times_out(e).items() if k not in moments}
                for e in record.events
                if e.lane == lane
            ]
    for lane in ("latentmas", "textmas"):
        assert lanes["interleaved", lane] == lanes["alone", lane]


def test_a_run_can_be_repeated_from_its_record(tmp_path, pool, both):
    record, _ = both
    again = run_plan(record.plan, tmp_path / "again", pool)
    told = [[times_out(e) for e in r.events if not isinstance(e, ev.Note)] for r in (again, record)]
    assert told[0] == told[1]
    np.testing.assert_array_equal(again.states(slice(None)), record.states(slice(None)))


@pytest.mark.parametrize(("load", "said"), [(0.5, ""), (9.0, "load 9 on 2 cores")])
def test_a_busy_machine_is_named_beside_the_clocks(tmp_path, pool, monkeypatch, load, said):
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    notes = run_plan(plan(SINGLE), tmp_path / "r", pool).meta["notes"]
    assert (
        any(said in note for note in notes) if said else not any("busy" in note for note in notes)
    )


def test_turns_are_one_step_each():
    def lane(name, n):
        for i in range(n):
            yield f"{name}{i}"

    assert list(take_turns([lane("a", 3), lane("b", 1), lane("c", 2)], "interleaved")) == [
        "a0",
        "b0",
        "c0",
        "a1",
        "c1",
        "a2",
    ]
    assert list(take_turns([lane("a", 2), lane("b", 1)], "alone")) == ["a0", "a1", "b0"]


def test_lanes_of_one_method_get_numbers():
    assert lane_ids(plan(LATENT, MOA, LATENT, LATENT)) == [
        "latentmas",
        "moa",
        "latentmas-2",
        "latentmas-3",
    ]


def test_a_stop_takes_effect_within_one_step(tmp_path, pool):
    cancelled, seen = threading.Event(), []

    def stop_at_second_thought(event):
        seen.append(event)
        if isinstance(event, ev.LatentStep) and event.step == 2:
            cancelled.set()

    with pytest.raises(Cancelled):
        run_plan(plan(LATENT, MOA), tmp_path / "r", pool, cancelled, stop_at_second_thought)
    record = Record.open(tmp_path / "r")
    assert record.status == "cancelled" and record.events == seen
    assert [type(e) for e in seen[-2:]] == [ev.LatentStep, ev.RunCancelled]
    assert len(record.points) == len(record.states(slice(None)))


def test_a_stop_in_the_middle_of_a_step_lets_that_step_end_and_no_other_begin(tmp_path, pool):
    cancelled, seen = threading.Event(), []

    def within_the_third(_module, _inputs):
        if sum(isinstance(event, ev.LatentStep) for event in seen) == 2:
            cancelled.set()

    hook = pool.get("pocket-base").backbone.register_forward_pre_hook(within_the_third)
    try:
        with pytest.raises(Cancelled):
            run_plan(plan(LATENT | {"steps": 9}), tmp_path / "r", pool, cancelled, seen.append)
    finally:
        hook.remove()
    assert [e.step for e in seen if isinstance(e, ev.LatentStep)] == [1, 2, 3]
    assert isinstance(seen[-1], ev.RunCancelled)


def test_whose_a_record_is_is_said_before_there_is_one(tmp_path, pool):
    said, service = [], Service(tmp_path, pool)
    try:
        for _ in range(2):
            job = service.submit(
                plan(SINGLE), keep=lambda name: said.append((name, (tmp_path / name).exists()))
            )
            assert job.wait(WAIT) and job.state == "finished"
            assert said[-1] == (job.record_folder.name, False)
    finally:
        service.close()


def test_ctrl_c_leaves_a_cancelled_record(tmp_path, pool):
    def interrupt(event):
        if isinstance(event, ev.LatentStep):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_plan(plan(LATENT), tmp_path / "r", pool, on_event=interrupt)
    assert Record.open(tmp_path / "r").status == "cancelled"


def test_a_defect_is_named_in_the_record(tmp_path, pool):
    def broken(event):
        if isinstance(event, ev.LatentStep):
            raise ZeroDivisionError("by zero")

    with pytest.raises(ZeroDivisionError):
        run_plan(plan(LATENT), tmp_path / "r", pool, on_event=broken)
    record = Record.open(tmp_path / "r")
    assert record.status == "failed" and "ZeroDivisionError: by zero" in record.meta["message"]


REFUSED = [
    (
        plan(SINGLE, problem={"question": "word " * 1200}),
        BadInput,
        r"too long for Single agent on pocket-base",
    ),
    (plan(LATENT | {"agents": ["judger"]}), BadInput, "expected at least 2 agents"),
    (plan(SINGLE | {"role": "clown"}), BadInput, "has no role 'clown'"),
    (
        plan(SINGLE | {"host": "pocket-nobody"}),
        ModelUnavailable,
        "Pocket model pocket-nobody is not on this machine",
    ),
    (plan(LATENT | {"layer": 9}), BadInput, "Layer 9"),
    (plan(SINGLE, problem={"question": " "}), BadInput, "The question is empty"),
    (
        plan(SINGLE, problem={"world": "almanac", "distractors": 2}),
        BadInput,
        "the almanac has none",
    ),
]


@pytest.mark.parametrize(("bad", "error", "sentence"), REFUSED, ids=[r[2][:24] for r in REFUSED])
def test_a_plan_that_cannot_run_is_one_sentence(tmp_path, pool, bad, error, sentence):
    with pytest.raises(error, match=sentence) as caught:
        run_plan(bad, tmp_path / "r", pool)
    assert "\n" not in str(caught.value)


def test_the_longest_question_allowed_really_fits(tmp_path, pool):
    from lab.methods import load_prompts

    one = plan(LATENT | {"agents": ["solver", "solver", "judger"], "steps": 150})
    limit, where = question_limit(one, load_prompts("pocket"), pool.get)
    service = Service(tmp_path, pool)
    job = service.submit_limit(one)
    assert job.wait(WAIT) and job.result == (limit, where)
    service.close()
    assert where == "LatentMAS on pocket-base (window 1024 tokens)"
    spelled = count_tokens(pool.get("pocket-base"), "How")  # the first word has no blank before it
    for length, fits in ((limit, True), (limit + 1, False)):
        question = "How" + " many" * (length - spelled)
        tried = one.model_copy(update={"problem": PlanProblem(question=question)})
        if fits:
            assert run_plan(tried, tmp_path / "r", pool).status == "finished"
        else:
            with pytest.raises(
                BadInput,
                match=f"expected at most {limit} tokens of question and facts, got {length}",
            ):
                run_plan(tried, tmp_path / "no", pool)


def test_problems_are_made_by_their_world():
    made = resolve_problem(ProblemSpec(world="ledger", seed=5, depth=2, facts_for="first"))
    assert made.depth == 2 and made.facts and made.truth and made.facts_for == "first"
    assert resolve_problem(made) is made


def test_capture_under_a_budget_says_what_it_left_out(tmp_path, pool):
    record = run_plan(plan(LATENT, capture={"budget_mb": 0.01}), tmp_path / "r", pool)
    assert any("the budget of 0.01 MB was used up" in note for note in record.meta["notes"])
    assert len(record.points) * 32 * 4 <= 10_000
    none = run_plan(plan(LATENT, capture={"layers": "none"}), tmp_path / "n", pool)
    assert len(none.points) == 0 and "kept no hidden states" in " ".join(none.meta["notes"])


def test_two_owners_never_see_each_others_events(tmp_path, pool):
    service = Service(tmp_path, pool)
    try:
        jobs = [
            service.submit(plan(lane, name=f"of {owner}"), owner)
            for owner, lane in (("a", LATENT), ("b", MOA))
        ]
        heard = [list(service.follow(job)) for job in jobs]
        assert all(job.wait(WAIT) and job.state == "finished" for job in jobs)
        for job, events, method in zip(jobs, heard, ("latentmas", "moa"), strict=True):
            assert {e.lane for e in events} == {"", method}
            assert events == job.result.events == Record.open(job.record_folder).events
        assert [job.result.plan.name for job in jobs] == ["of a", "of b"]
    finally:
        service.close()


def test_the_service_stops_a_run_and_goes_on(tmp_path, pool):
    service = Service(tmp_path, pool)
    try:
        long = service.submit(plan(LATENT | {"steps": 200}))
        for event in service.follow(long):
            if isinstance(event, ev.LatentStep):
                long.cancel()
        assert long.state == "cancelled" and Record.open(long.record_folder).status == "cancelled"
        bad = service.submit(plan(SINGLE | {"host": "pocket-nobody"}))
        good = service.submit(plan(SINGLE))
        assert good.wait(WAIT) and good.state == "finished"
        assert bad.state == "failed" and "pocket-nobody" in bad.message
    finally:
        service.close()


class Deserted:
    """A crew whose workers have all gone."""

    size = lost = 0

    def close(self):
        """Nobody is left."""


def test_who_waits_for_a_crew_that_is_gone_is_told_how_long_all_the_same(tmp_path):
    service = Service(tmp_path, crew=Deserted())
    try:
        job = service.submit(plan(SINGLE))
        assert job.state == "queued" and service.seconds_before(job) >= 0
        job.cancel()
        assert job.state == "cancelled"
    finally:
        service.close()
