"""A run as it happens: follow one job and yield what the page shows, a few pictures per second.

Each picture is a fold of the events so far; Gradio sends only what changed since the last one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.run.lanes import Lanes, live_line
from lab.panels.run.lanes_ahead import with_waiting
from lab.panels.run.lanes_value import LanesValue
from lab.panels.run.replay_value import ReplayValue
from lab.panels.run.status_value import CommandValue, StatusValue
from lab.plan import Plan
from lab.roster import roster
from lab.service import Job
from lab.service.limits import written
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import person, place_sentence
from lab.ui.tabs.side_by_side.plan_form import OWN, plan_of
from lab.ui.tabs.side_by_side.setup_panel import question_limit
from lab.ui.widgets import sentence
from lab.words import known, say

SECONDS_BETWEEN_PICTURES = 0.12
HELD_SECONDS = 3.0
"""A run that is over within this time is not drawn while it runs but played afterwards."""
LIMIT_SECONDS = 60.0
FIRST_NEWS, NEWS_PER_PLACE = 0.5, 0.1
"""Seconds between two sentences of who waits: at least, and for each place in line."""


def follow(
    ctx: Ctx,
    plan: Plan,
    command: str,
    owner: str,
    before: LanesValue,
    *,
    slow: bool,
    from_form: bool,
) -> Iterator[list[Any]]:
    """Submit a plan and draw it until it is over; a page that goes away stops its run.

    Args:
        before: the lanes before anything has happened.
        slow: whether a run that is over in a moment is played afterwards instead of being drawn
            while it runs.
        from_form: whether the form was filled in for it, and not for another run.

    Yields:
        values for lanes, status, command, job id, run button, history counter, record id, replay,
        id of a record that shall be played, id of one that was started from the form.

    Raises:
        BadInput: if the service refuses the plan.
    """
    job = ctx.service.submit(plan, owner, ctx.keep)
    planned = sum(written(lane) for lane in plan.lanes)
    lanes, seen = Lanes(roster(plan), plan), 0
    idle, busy = gr.Button(interactive=True), gr.Button(interactive=False)
    keep = gr.skip()
    try:
        line, empty = CommandValue(command=command), ReplayValue()
        yield [before, _waiting(ctx, job), line, job.id, busy, keep, keep, empty, None, keep]
        for told in _in_line(ctx, job):
            yield [keep, told, *[keep] * 8]
        held, began = slow, 0.0
        while True:
            over = job.over
            events = job.events(seen, timeout=0.5)
            for event in events:
                lanes.add(event)
            seen += len(events)
            if over and not events:
                break
            began = began or (time.monotonic() if seen else 0.0)
            held = held and (not seen or time.monotonic() - began < HELD_SECONDS)
            picture = lanes.state() if seen else None
            listed = time.time() if seen and seen == len(events) else keep
            yield [
                keep if held or not picture else with_waiting(picture, before),
                _working(job, picture, planned) if picture else _waiting(ctx, job),
                keep,
                keep,
                keep,
                listed,
                *[keep] * 4,
            ]
            time.sleep(SECONDS_BETWEEN_PICTURES)
    finally:
        if not job.over:
            job.cancel()
    record_id = job.record_folder.name if job.record_folder and seen else keep
    status = StatusValue() if seen else sentence(job.message or say("run.ended"))
    last = keep if held or not seen else lanes.state()
    played = record_id if held and seen and job.state == "finished" else None
    own = record_id if from_form else None
    yield [last, status, keep, None, idle, time.time(), record_id, keep, played, own]


def limit_sentence(ctx: Ctx, base: Plan, fields: dict[str, Any]) -> str:
    """How long a question may be: measured with the models for an own question, the model's window
    for a world's.

    Raises:
        LabError: if the plan or one of its models cannot be used.
    """
    if fields["source"] != OWN:
        return question_limit(fields["host"])
    job = ctx.service.submit_limit(
        plan_of(fields | {"question": fields["question"].strip() or "?"}, base), person()
    )
    if not job.wait(LIMIT_SECONDS) or job.state != "finished":
        return known(job.message) or question_limit(fields["host"])
    limit, where = job.result
    return say("setup.limit_exact", limit=limit, where=known(where))


def stop(ctx: Ctx, job_id: str | None) -> StatusValue:
    """Ask the page's running job to stop."""
    if not job_id:
        return StatusValue(text=say("run.nothing_to_stop"))
    try:
        ctx.service.job(job_id).cancel()
    except LabError:
        return StatusValue(text=say("run.nothing_to_stop"))
    return StatusValue(stopping=True)


def _in_line(ctx: Ctx, job: Job) -> Iterator[StatusValue]:
    """Where a job stands while it waits: the rarer the farther back, so that a class that waits
    does not keep the device's own process busy with telling it so. It ends as soon as its turn
    comes."""
    due = time.monotonic() + FIRST_NEWS
    while job.state == "queued":
        place = job.place_in_queue
        if time.monotonic() >= due:
            due = time.monotonic() + max(FIRST_NEWS, NEWS_PER_PLACE * place)
            yield _waiting(ctx, job)
        job.changed("queued", place, job.progress, max(0.05, due - time.monotonic()))
    if not job.over:
        yield _waiting(ctx, job)


def _waiting(ctx: Ctx, job: Job) -> StatusValue:
    if job.state == "queued":
        return StatusValue(text=place_sentence(ctx.service, job))
    text = known(job.progress[1])
    return StatusValue(text=text, loading=not text, elapsed=round(job.seconds, 1))


def _working(job: Job, picture: LanesValue, planned: int) -> StatusValue:
    """Who does what right now, and an upper bound of the seconds left: every agent may end before
    its limit."""
    done = sum(
        len(agent.dots) + len(agent.words) + agent.cut
        for lane in picture.lanes
        for agent in lane.agents
    )
    left = job.seconds / done * max(0, planned - done) if done >= 5 else None
    return StatusValue(
        now=tuple(live_line(picture)),
        elapsed=round(job.seconds, 1),
        left=round(left, 1) if left else None,
    )
