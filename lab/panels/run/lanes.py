"""The lanes: what every agent of a run read, thought, said and was given, made from events alone.

Live and replayed pictures are equal because both are a fold of the same events, one after the
other. Nothing here knows of models, files or Gradio; the drawing is in ``assets/js/lanes.js``.
"""

from __future__ import annotations

from collections.abc import Iterable

from lab import events as ev
from lab.panels.agent_colors import AgentColors
from lab.panels.run import routing_value
from lab.panels.run.compare import comparison
from lab.panels.run.lane_rates import lane_rates
from lab.panels.run.lanes_value import (
    Cache,
    Dot,
    Guess,
    Hand,
    LanesValue,
    Prompt,
    SegmentView,
    Word,
)
from lab.panels.run.so_far import AgentSoFar, LaneSoFar
from lab.panels.run.status_value import AtWork
from lab.panels.run.timeline import timeline
from lab.panels.run.tokens_saved import with_saved
from lab.panels.style import amount_of_bytes, visible
from lab.plan import Plan
from lab.roster import Roster, lane_ids, roster_of_run
from lab.words import known

PROMPT_TOKENS_SENT = 600
"""Prompts longer than this are sent as a count and their first and last words: the browser shows
slots, not essays."""
PROMPT_CHARS_SENT = 4000
TOP_SENT = 3
WORDS_SENT = 2000


def lanes_state(
    events: Iterable[ev.Event], roster: Roster | None = None, plan: Plan | None = None
) -> LanesValue:
    """The whole picture of a list of events, see `Lanes.state`.

    Args:
        roster: the agents of the whole run; None tells them from the events.
        plan: what was run, as far as it is known.
    """
    known = list(events)
    lanes = Lanes(roster_of_run(known) if roster is None else roster, plan)
    for event in known:
        lanes.add(event)
    return lanes.state()


def ready_state(question: str, facts: str, truth: str | None, relay: bool = False) -> LanesValue:
    """The picture before a run: the question that would be asked, and no lanes.

    Args:
        relay: only the first agents will be shown the facts.
    """
    started = ev.RunStarted("", 0.0, f"next: {question}", question, facts, truth, "")
    return lanes_state([started]).model_copy(
        update={"status": "ready", "relay": relay and bool(facts)}
    )


class Lanes:
    """A picture that grows event by event."""

    def __init__(self, roster: Roster, plan: Plan | None = None) -> None:
        """
        Args:
            roster: the agents of the run, those included that are still to come.
            plan: what is run; without it no lane is known as a control, and none has a rate.
        """
        self._roster = roster
        self._plans = dict(zip(lane_ids(plan), plan.lanes, strict=True)) if plan else {}
        self._rates = lane_rates(plan) if plan else {}
        self._colors = AgentColors.from_roster(roster)
        self._run: ev.RunStarted | None = None
        self._status, self._message = "running", ""
        self._notes: list[str] = []
        self._lanes: dict[str, LaneSoFar] = {}
        self._agents: dict[tuple[str, str], AgentSoFar] = {}

    def add(self, event: ev.Event) -> None:
        """Take in one event; events of one lane must come in their order."""
        if event.lane in self._lanes:
            self._lanes[event.lane].at = max(self._lanes[event.lane].at, event.at)
        take = getattr(self, f"_{event.type}", None)
        if take is not None:
            take(event)
        if event.lane in self._lanes:
            self._lanes[event.lane].drawn = None

    def state(self) -> LanesValue:
        """The picture so far; later events do not change it."""
        with_saved(self._lanes, self._plans)
        lanes = list(self._lanes.values())
        run = self._run or ev.RunStarted("", 0.0, "", "", "", None, "")
        return LanesValue(
            run_id=run.run_id,
            status=self._status,
            message=self._message,
            question=run.question,
            facts=run.facts,
            relay=any(agent.sees_facts is False for agent in self._agents.values()),
            truth=run.truth,
            schedule=run.schedule,
            notes=tuple(self._notes),
            cache_max=max((agent.cache.len for agent in self._agents.values()), default=0),
            lanes=tuple(lane.card() for lane in lanes),
            timeline=timeline(lanes),
            table=comparison(lanes),
        )

    # --- one method per event type
    # ------------------------------------------------------------------------------

    def _run_started(self, e: ev.RunStarted) -> None:
        self._run = e

    def _lane_started(self, e: ev.LaneStarted) -> None:
        plan = self._plans.get(e.lane)
        self._lanes[e.lane] = LaneSoFar(
            e,
            e.at,
            self._colors.of(e.lane),
            control=plan is not None and plan.is_control,
            rate=self._rates.get(e.lane),
        )

    def _past_asked(self, e: ev.PastAsked) -> None:
        self._lanes[e.lane].routing = routing_value.learning(e)

    def _routed(self, e: ev.Routed) -> None:
        self._lanes[e.lane].routing = routing_value.chosen(e)

    def _agent_started(self, e: ev.AgentStarted) -> None:
        held = sum(s.length for s in e.memory if s.kept)
        agent = AgentSoFar(e, _strip(e.memory), Cache(len=held, bytes=""), {"prompt": (e.at, e.at)})
        card = self._roster.card(e.lane, e.agent)
        if card is not None and self._run is not None and self._run.facts:
            agent.sees_facts = card.sees_facts
        self._agents[e.lane, e.agent] = agent
        self._lanes[e.lane].agents.append(agent)

    def _prompt_read(self, e: ev.PromptRead) -> None:
        agent = self._agents[e.lane, e.agent]
        whole = len(e.tokens) <= PROMPT_TOKENS_SENT
        text = (
            e.text if len(e.text) <= PROMPT_CHARS_SENT else e.text[: PROMPT_CHARS_SENT // 2] + " … "
        )
        agent.prompt = Prompt(
            n=len(e.ids) or len(e.tokens),
            first=e.first_moment,
            text="" if whole else text,
            tokens=e.tokens if whole else (),
        )
        agent.grow("prompt", e.at, agent.prompt.n, e.kv_len)
        agent.cache = Cache(len=e.kv_len, bytes=amount_of_bytes(e.kv_bytes))

    def _latent_step(self, e: ev.LatentStep) -> None:
        agent = self._agents[e.lane, e.agent]
        agent.phase = "thinking"
        top = tuple(Guess(word=visible(word, 24), p=round(p, 4)) for word, p in e.top[:TOP_SENT])
        agent.dots.append(
            Dot(
                step=e.step,
                top=top,
                entropy=round(e.entropy, 3),
                norm=round(e.norm, 3),
                moment=e.moment,
            )
        )
        agent.grow("latent", e.at, 1, e.kv_len)

    def _token(self, e: ev.TokenOut) -> None:
        agent = self._agents[e.lane, e.agent]
        agent.phase = "speaking"
        if len(agent.words) < WORDS_SENT:
            word = Word(text=e.token, logprob=round(e.logprob, 3), moment=e.moment)
            agent.words.append(word)
        else:
            agent.cut += 1
        agent.grow("token", e.at, 1, e.kv_len)

    def _hand_over(self, e: ev.HandOver) -> None:
        self._lanes[e.lane].hands.append(
            Hand(
                source=e.source,
                target=e.target,
                channel=e.channel,
                slots=e.slots,
                bytes=amount_of_bytes(e.bytes),
                words=e.words,
            )
        )

    def _agent_finished(self, e: ev.AgentFinished) -> None:
        agent = self._agents[e.lane, e.agent]
        agent.phase, agent.finished = "done", e
        agent.cache = Cache(len=e.kv_len, bytes=amount_of_bytes(e.kv_bytes))
        if e.memory:
            agent.strip = _strip(e.memory)

    def _lane_finished(self, e: ev.LaneFinished) -> None:
        self._lanes[e.lane].finished = e

    def _note(self, e: ev.Note) -> None:
        title = known(self._lanes[e.lane].started.title) if e.lane in self._lanes else ""
        text = known(e.text)
        self._notes.append(f"{title}: {text}" if title else text)

    def _run_finished(self, _: ev.RunFinished) -> None:
        self._status = "finished"

    def _run_failed(self, e: ev.RunFailed) -> None:
        self._status, self._message = "failed", known(e.message)

    def _run_cancelled(self, _: ev.RunCancelled) -> None:
        self._status = "cancelled"


def live_line(state: LanesValue) -> list[AtWork]:
    """What runs right now: per unfinished lane the agent at work, its phase and its step."""
    out = []
    for lane in state.lanes:
        busy = [agent for agent in lane.agents if agent.phase not in ("waiting", "done")]
        if busy and not lane.done:
            agent = busy[-1]
            step = len(agent.dots) if agent.phase == "thinking" else len(agent.words)
            out.append(AtWork(lane=lane.title, agent=agent.name, phase=agent.phase, step=step))
    return out


def _strip(memory: tuple[ev.Segment, ...]) -> list[SegmentView]:
    return [SegmentView(agent=s.agent, kind=s.kind, length=s.length, kept=s.kept) for s in memory]
