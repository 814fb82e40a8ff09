"""From a plan to a record: resolve the problem, get the models, let the lanes work in turn, write
everything down.

The page's service and the command line run plans through this one function. It knows no method from
the inside: a lane is a generator of events that is asked for the next one, and that can be closed
at any step.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, assert_never

from lab.engine.capture import Capture
from lab.engine.capture_budget import Forecast
from lab.engine.readout import with_lens
from lab.errors import BadInput, Cancelled, LabError
from lab.events import Event, Note, RunCancelled, RunFailed, RunFinished, RunStarted
from lab.methods import Context, load_prompts, routed, run_lane
from lab.models.host import Host
from lab.models.hosts import AnyHost, local
from lab.models.pool import HostPool
from lab.models.remote import RemoteHost
from lab.plan import (
    GatedLane,
    HybridLane,
    LanePlan,
    LatentMASLane,
    MoALane,
    Plan,
    PlanProblem,
    ProblemSpec,
    RoutedLane,
    SingleLane,
    TextMASLane,
)
from lab.records import Record, Writer
from lab.records.block import CapturedBlock
from lab.records.schema import Status
from lab.roster import AgentCard, lane_cards, lane_hosts, lane_ids
from lab.service.limits import check_length
from lab.service.memory_limits import check_memory
from lab.service.threads import threads_for
from lab.words import say
from lab.worlds import make_problem


def run_plan(
    plan: Plan,
    folder: Path | str,
    pool: HostPool,
    cancelled: threading.Event | None = None,
    on_event: Callable[[Event], None] | None = None,
    on_status: Callable[[str], None] | None = None,
) -> Record:
    """Run a plan and write its record.

    Args:
        folder: the record's own folder, new or empty.
        cancelled: looked at before every step; once set, the run stops and the record says so.
        on_event: called with every event right after it was written.
        on_status: called with what is being done before the first event (loading models).

    Raises:
        BadInput, ModelUnavailable: before anything is written, if the plan cannot be run.
        Cancelled: after the record was closed as cancelled.
        LabError: after the record was closed as failed.
    """
    work_plan(plan, pool, partial(Writer.create, folder), cancelled, on_event, on_status)
    return Record.open(folder)


class Sink(Protocol):
    """Where a run goes: a `Writer`, or whoever tells one."""

    meta: dict[str, Any]
    """With ``run_id``."""

    def fact(self, name: str, value: Any) -> None:
        """Keep something about the run."""

    def host(self, name: str, info: dict[str, Any]) -> None:
        """Keep what is known of a host."""

    def event(self, event: Event) -> None:
        """Write an event."""

    def block(self, block: CapturedBlock) -> None:
        """Write captured vectors."""

    def finish(self, status: Status, message: str = "") -> None:
        """Write the last word."""


def work_plan(
    plan: Plan,
    pool: HostPool,
    begin: Callable[[Plan, PlanProblem], Sink],
    cancelled: threading.Event | None = None,
    on_event: Callable[[Event], None] | None = None,
    on_status: Callable[[str], None] | None = None,
) -> None:
    """As `run_plan`, with the record somewhere else.

    Args:
        begin: called once nothing stands against the run; what comes goes to the `Sink`.
        cancelled: looked at before every step.
        on_event: called with every event right after it was written.
        on_status: called with what is being done before the first event.

    Raises:
        LabError: as `run_plan`.
    """
    cancelled = cancelled or threading.Event()
    problem = resolve_problem(plan.problem)
    check_plan(plan)
    prompts = load_prompts(plan.prompts)
    hosts = load_hosts(plan, pool, cancelled, on_status)
    check_memory(plan, hosts.__getitem__)
    check_length(plan, problem, prompts, hosts.__getitem__)
    run = _Run(plan, problem, hosts, begin(plan, problem), on_event or (lambda _: None))
    try:
        contexts = [
            (
                lane_id,
                lane,
                Context(
                    problem,
                    prompts,
                    hosts.__getitem__,
                    run.capture,
                    plan.seed,
                    stopped=cancelled.is_set,
                ),
            )
            for lane_id, lane in zip(lane_ids(plan), plan.lanes, strict=True)
        ]
        with threads_for(hosts.values()) as threads:
            run.start(threads)
            run.work(
                [run_lane(lane_id, lane, context) for lane_id, lane, context in contexts], cancelled
            )
    except (Cancelled, KeyboardInterrupt):
        run.end(RunCancelled("", run.at), "cancelled", say("error.stopped"))
        raise
    except LabError as error:
        run.end(RunFailed("", run.at, str(error)), "failed", str(error))
        raise
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        sentence = say("error.defect.record", what=what)
        run.end(RunFailed("", run.at, sentence), "failed", sentence)
        raise
    run.end(RunFinished("", run.at), "finished")


def resolve_problem(problem: PlanProblem | ProblemSpec) -> PlanProblem:
    """The problem itself: made by its world's generator where the plan only names a seed.

    Raises:
        BadInput: for a question of blanks only, or a parameter that the world does not take.
    """
    if isinstance(problem, PlanProblem):
        if not problem.question.strip():
            raise BadInput(say("error.runner.question_empty_some_words"))
        return problem
    made = make_problem(
        problem.world, problem.seed, depth=problem.depth, distractors=problem.distractors
    )
    return PlanProblem(
        question=made.question,
        facts=made.facts,
        truth=made.truth,
        world=made.world,
        seed=made.seed,
        depth=made.depth,
        facts_for=problem.facts_for,
    )


def check_plan(plan: Plan) -> None:
    """Refuse lanes that make no sense, before any model is loaded.

    Raises:
        BadInput: for a LatentMAS lane without a thinker and a speaker, or a routed one that would
            ask nobody or more proposers than it has.
    """
    for lane in plan.lanes:
        match lane:
            case RoutedLane():
                routed.require(lane)
            case LatentMASLane():
                require_chain(lane)
            case SingleLane() | TextMASLane() | MoALane() | GatedLane() | HybridLane():
                pass  # whatever these may hold can be run
            case _:
                assert_never(lane)


def require_chain(lane: LatentMASLane) -> None:
    """Refuse a chain in which nobody could think for somebody else.

    Raises:
        BadInput: for less than a thinker and a speaker.
    """
    if len(lane.agents) < 2:
        raise BadInput(
            say("error.runner.least_agents_thinkers_speaks", title=lane.title, n=len(lane.agents))
        )


def busy_sentence() -> str:
    """What must be said about the clocks when other programs want the processor too; empty when
    they do not."""
    cores = os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load <= cores + 1:
        return ""
    return say("said.service.busy", load=load, cores=cores)


def take_turns(lanes: Sequence[Iterator[Event]], schedule: str) -> Iterator[Event]:
    """The lanes' events: step by step in turn (``interleaved``) or one lane after the other
    (``alone``)."""
    waiting = deque(lanes)
    while waiting:
        lane = waiting.popleft()
        event = next(lane, None)
        if event is None:
            continue
        yield event
        if schedule == "interleaved":
            waiting.append(lane)
        else:
            waiting.appendleft(lane)


WORTH_SAYING = 5.0
"""MB of vectors from which on a run says beforehand how large its record will be."""


def _local_agents(plan: Plan, hosts: dict[str, AnyHost]) -> Iterator[tuple[AgentCard, Host]]:
    """The agents of all lanes whose models run here."""
    for lane in plan.lanes:
        for card in lane_cards(lane):
            host = hosts[card.host]
            if not isinstance(host, RemoteHost):
                yield card, host


class _Run:
    """The road from events and captured blocks to the record and to those who watch."""

    def __init__(
        self,
        plan: Plan,
        problem: PlanProblem,
        hosts: dict[str, AnyHost],
        writer: Sink,
        on_event: Callable[[Event], None],
    ) -> None:
        self.plan, self.problem, self.hosts, self.writer, self.on_event = (
            plan,
            problem,
            hosts,
            writer,
            on_event,
        )
        forecast = Forecast.of(plan.capture, _local_agents(plan, hosts))
        self.capture = Capture(plan.capture, forecast)
        self._most = min(forecast.thought_bytes / 1e6, plan.capture.budget_mb)
        self.at = 0.0
        """Device seconds of all lanes together."""
        self._by_name = {host.name: host for host in hosts.values()}
        self._lane_at: dict[str, float] = {}

    def start(self, threads: int) -> None:
        """Write who works on what."""
        self.writer.fact("threads", threads)
        for host in self._by_name.values():
            self.writer.host(host.name, host.info())
        p, run_id = self.problem, self.writer.meta["run_id"]
        self.emit(RunStarted("", 0.0, run_id, p.question, p.facts, p.truth, self.plan.schedule))
        if self._most >= WORTH_SAYING:
            size = {"mb": self._most, "budget": self.plan.capture.budget_mb}
            self.emit(Note("", 0.0, say("said.capture.ahead", **size)))
        if busy := busy_sentence():
            self.emit(Note("", 0.0, busy))

    def work(self, lanes: list[Generator[Event]], cancelled: threading.Event) -> None:
        """Ask the lanes for events until all are done.

        Raises:
            Cancelled: before the first step after the stop.
        """
        events = take_turns(lanes, self.plan.schedule)
        try:
            while True:
                if cancelled.is_set():
                    raise Cancelled(say("error.stopped"))
                event = next(events, None)
                if event is None:
                    return
                self.emit(event)
                self.store()
        finally:
            for lane in lanes:
                lane.close()

    def emit(self, event: Event) -> None:
        """Write an event, then tell it."""
        if event.lane:
            self._lane_at[event.lane] = event.at
            self.at = sum(self._lane_at.values())
        self.writer.event(event)
        self.on_event(event)

    def store(self) -> None:
        """Give the blocks that are complete their stored lens and write them."""
        for block in self.capture.drain():
            self.writer.block(
                with_lens(local(self._by_name[block.host]), block, self.plan.capture.top_k)
            )

    def end(self, last: Event, status: Status, message: str = "") -> None:
        """Write what is left, and the last word."""
        try:
            self.store()
            for text in self.capture.notes():
                self.emit(Note("", self.at, text))
            self.emit(last)
        finally:
            self.writer.finish(status, message)


def load_hosts(
    plan: Plan,
    pool: HostPool,
    cancelled: threading.Event | None = None,
    on_status: Callable[[str], None] | None = None,
) -> dict[str, AnyHost]:
    """All hosts of the plan by the name the plan uses; agents of one model share one host.

    Raises:
        ModelUnavailable: if one of them cannot be had.
        Cancelled: between two models, after a stop.
    """
    hosts: dict[str, AnyHost] = {}
    for name in dict.fromkeys(_hosts_of(plan.lanes)):
        if cancelled is not None and cancelled.is_set():
            raise Cancelled(say("error.stopped"))
        if on_status is not None:
            on_status(say("said.service.loading", name=name))
        hosts[name] = pool.speaker(name)
    return hosts


def _hosts_of(lanes: tuple[LanePlan, ...]) -> Iterator[str]:
    for lane in lanes:
        yield from lane_hosts(lane)
