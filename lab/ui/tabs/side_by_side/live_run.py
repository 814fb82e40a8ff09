"""A run as it happens: follow one job and yield what the page shows, a few pictures per second.

Each picture is a fold of the events so far; Gradio sends only what changed since the last one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from lab.errors import LabError
from lab.panels.agent_colors import plan_of_record, roster_of
from lab.panels.run.lanes import Lanes, live_line
from lab.panels.run.lanes_value import LanesValue
from lab.panels.run.status_value import CommandValue, StatusValue
from lab.plan import Plan
from lab.records import Record
from lab.roster import roster
from lab.service import Job
from lab.service.limits import written
from lab.ui.frame.context import Ctx
from lab.ui.frame.waiting import browser, person, place_sentence
from lab.ui.tabs.side_by_side.plan_form import OWN, plan_of
from lab.ui.tabs.side_by_side.setup_panel import question_limit
from lab.ui.widgets import sentence
from lab.words import known, say

SECONDS_BETWEEN_PICTURES = 0.12
SECONDS_BETWEEN_REPLAYED = 0.2
LIMIT_SECONDS = 60.0


def follow(ctx: Ctx, plan: Plan, command: str, owner: str) -> Iterator[list[Any]]:
    """Submit a plan and draw it until it is over; a page that goes away stops its run.

    Yields:
        values for lanes, status, command, job id, run button, history counter, record id.

    Raises:
        BadInput: if the service refuses the plan.
    """
    job = ctx.service.submit(plan, owner)
    if job.record_folder is not None:
        ctx.rooms.keep_record(browser(), job.record_folder.name)
    planned = sum(written(lane) for lane in plan.lanes)
    lanes, seen = Lanes(roster(plan), plan), 0
    idle, busy = gr.Button(interactive=True), gr.Button(interactive=False)
    keep = gr.skip()
    try:
        yield [keep, _waiting(ctx, job), CommandValue(command=command), job.id, busy, keep, keep]
        while True:
            over = job.over
            events = job.events(seen, timeout=0.5)
            for event in events:
                lanes.add(event)
            seen += len(events)
            if over and not events:
                break
            picture = lanes.state() if seen else None
            listed = time.time() if seen and seen == len(events) else keep
            yield [
                picture or keep,
                _working(job, picture, planned) if picture else _waiting(ctx, job),
                keep,
                keep,
                keep,
                listed,
                keep,
            ]
            time.sleep(SECONDS_BETWEEN_PICTURES)
    finally:
        if not job.over:
            job.cancel()
    record_id = job.record_folder.name if job.record_folder and seen else keep
    told = StatusValue() if seen else sentence(job.message or say("run.ended"))
    yield [keep, told, keep, None, idle, time.time(), record_id]


def replay(record: Record, record_id: str, seconds: float) -> Iterator[tuple[LanesValue, int]]:
    """Draw a recorded run again, slowly enough to watch: the same fold, spread evenly over
    ``seconds``.

    Yields:
        the picture and the number of events in it.
    """
    events = record.events
    lanes = Lanes(roster_of(record), plan_of_record(record))
    pictures = max(1, round(seconds / SECONDS_BETWEEN_REPLAYED))
    shown = 0
    for i in range(1, pictures + 1):
        upto = round(i * len(events) / pictures)
        for event in events[shown:upto]:
            lanes.add(event)
        shown = upto
        yield lanes.state().model_copy(update={"record": record_id}), shown
        time.sleep(SECONDS_BETWEEN_REPLAYED)


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
