"""Going back to a moment of a recorded run: the lane is run again up to there, and its memory
forked.

Runs are deterministic, so the memory is the one that was; whether the words agree with the record
is checked and said (another dtype, device or library may differ). The record is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lab.engine.attention import AttentionMass, attention_mass
from lab.engine.decode import TextResult, generate_text
from lab.engine.memory import LatentMemory
from lab.errors import BadInput, ModelUnavailable
from lab.events import (
    AgentFinished,
    AgentStarted,
    Event,
    LaneStarted,
    LatentStep,
    PromptRead,
    TokenOut,
)
from lab.methods import run_lane
from lab.methods.lane_context import Context
from lab.models.host import Host
from lab.models.hosts import AnyHosts
from lab.plan import Decoding, LanePlan, LatentMASLane
from lab.records import Record
from lab.roster import lane_ids, plan_of_lane
from lab.words import say
from lab.worlds.prompts import load_prompts

When = Literal["start", "prompt", "latent", "token", "end"]
"""Before the agent's prompt, after it, after a latent step, before a word is fed, after the agent
is done."""
_MARKS: dict[str, type[Event]] = {
    "start": AgentStarted,
    "prompt": PromptRead,
    "latent": LatentStep,
    "token": TokenOut,
    "end": AgentFinished,
}

# Version 0.1.0 wrote this for every compat lane, whatever was cut; a record bears no other mark.
COMPAT_BEFORE = (
    "The official code's “hierarchical” setting: really the sequential chain, with other prompts; "
    "with m = 0 it drops the cache."
)


@dataclass(frozen=True)
class Replayed:
    """The memory of one agent at one moment, free to be written on."""

    host: Host
    memory: LatentMemory
    """One row."""
    agent: str
    agrees: bool
    """All words and latent read-outs until there were those of the record."""
    older_cut: bool = False
    """The record is from before ``compat`` cut the cache as the official code does, see
    `cut_before`: a reason not to agree."""


def replay(
    record: Record,
    lane: str,
    agent: str,
    hosts: AnyHosts,
    when: When = "end",
    step: int | None = None,
) -> Replayed:
    """Run a lane of a record again up to a moment of one of its agents.

    Args:
        record: the run.
        lane, agent: whose moment.
        hosts: name as in the plan → host (a pool's ``get``).
        when: where in the agent's work; ``end`` is after its last word or step.
        step: which latent step or word, from 1; None means the last one.

    Raises:
        BadInput: if the lane, agent or step is not in the record.
        ModelUnavailable: if the model is not here, or is another one than the record's.
    """
    plan = lane_plan(record, lane)
    ctx = Context(record.problem, load_prompts(record.plan.prompts), hosts, None, record.plan.seed)
    recorded = _said(e for e in record.events if e.lane == lane)
    wanted = _position(record, lane, agent, when, step)
    agrees, seen = True, 0
    events = run_lane(lane, plan, ctx)
    try:
        for event in events:
            if isinstance(event, (LatentStep, TokenOut)):
                agrees = agrees and _word(event) == recorded.get(
                    (event.agent, event.type, event.step)
                )
            if isinstance(event, _MARKS[when]) and getattr(event, "agent", "") == agent:
                seen += 1
                if seen == wanted:
                    memory, row = ctx.memories[agent]
                    _require_same_model(record, memory.host)
                    row_memory = memory.select_rows([row])
                    older = cut_before(record, lane)
                    return Replayed(memory.host, row_memory, agent, agrees, older)
    finally:
        events.close()
    raise BadInput(
        say("error.replay.no_lane_when_run", agent=agent, when=when, value=step or "", lane=lane)
    )


def ask_latent(
    record: Record,
    lane: str,
    agent: str,
    hosts: AnyHosts,
    when: When = "end",
    step: int | None = None,
    question: str | None = None,
    decoding: Decoding | None = None,
) -> tuple[TextResult, Replayed]:
    """Let the model speak from a moment of the run: go on in words, or answer a question put to it
    there.

    This decodes what a thought does, where the head only shows what it resembles. The run itself is
    not changed.

    Args:
        record, lane, agent, hosts, when, step: as in `replay`.
        question: put to the model there; None lets it go on by itself.
        decoding: how it speaks; None means the default.
    """
    there = replay(record, lane, agent, hosts, when, step)
    decoding = decoding or Decoding(max_tokens=48)
    prompt: list[int] = []
    if question and question.strip():
        template = load_prompts(record.plan.prompts).template
        prompt = there.host.render([{"role": "user", "content": question.strip()}], **template)
    if when == "start" and not prompt:
        raise BadInput(say("error.replay.read_nothing_its_own", agent=agent))
    return generate_text(
        there.host, [prompt], there.memory, decoding, "asked", keep_memory=True
    ), there


def reader_attention(record: Record, lane: str, agent: str, hosts: AnyHosts) -> AttentionMass:
    """Attention of an agent over everything it found and its own prompt, while it reads that
    prompt.

    The last query is the one that chooses its first word or thought.

    Args:
        record: the run.
        lane, agent: who reads.
        hosts: name as in the plan → host (a pool's ``get``).

    Raises:
        BadInput: if the record has no prompt of this agent.
    """
    read = next(
        (
            e
            for e in record.events
            if isinstance(e, PromptRead) and (e.lane, e.agent) == (lane, agent)
        ),
        None,
    )
    if read is None:
        raise BadInput(say("error.replay.read_no_prompt_lane", agent=agent, lane=lane))
    there = replay(record, lane, agent, hosts, "start")
    return attention_mass(there.host, there.memory, read.ids, agent)


def lane_plan(record: Record, lane: str) -> LanePlan:
    """The plan of a lane.

    Args:
        record: the run.
        lane: id of the lane in its events.

    Raises:
        BadInput: if there is no such lane.
    """
    found = plan_of_lane(record.plan, lane)
    if found is None:
        raise BadInput(
            say(
                "error.replay.record_no_lane_choose",
                lane=lane,
                names=", ".join(lane_ids(record.plan)),
            )
        )
    return found


def cut_before(record: Record, lane: str) -> bool:
    """Whether a lane's cache was cut as the official code does not: older versions let positions go
    on after a cut of a ``compat`` lane, and the lane did not say what it cut.

    Args:
        record: any record, also of an older version.
        lane: id of one of its lanes.

    Raises:
        BadInput: if there is no such lane.
    """
    plan = lane_plan(record, lane)
    if not isinstance(plan, LatentMASLane) or plan.topology != "compat" or plan.cache == "keep_all":
        return False
    started = next(e for e in record.events if isinstance(e, LaneStarted) and e.lane == lane)
    return started.drawn_as == COMPAT_BEFORE


def _position(record: Record, lane: str, agent: str, when: When, step: int | None) -> int:
    marks = [
        e
        for e in record.events
        if isinstance(e, _MARKS[when]) and (e.lane, getattr(e, "agent", "")) == (lane, agent)
    ]
    if not marks or not 1 <= (step or 1) <= len(marks):
        raise BadInput(
            say(
                "error.replay.lane_events_none_number",
                agent=agent,
                lane=lane,
                n=len(marks),
                when=when,
                value=step or 1,
            )
        )
    return step or len(marks)


def _said(events: Iterator[Event]) -> dict[tuple[str, str, int], str]:
    return {
        (e.agent, e.type, e.step): _word(e) for e in events if isinstance(e, (LatentStep, TokenOut))
    }


def _word(event: LatentStep | TokenOut) -> str:
    if isinstance(event, TokenOut):
        return event.token
    return event.top[0][0] if event.top else ""


def _require_same_model(record: Record, host: Host) -> None:
    recorded = record.host(host.name).get("digest")
    if recorded and recorded != host.digest:
        raise ModelUnavailable(
            say(
                "error.replay.not_model_record_digest",
                name=host.name,
                recorded=str(recorded)[:12],
                digest=host.digest[:12],
            )
        )
