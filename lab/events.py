"""The facts of a run, in the order they happened: small, serialisable, without tensors.

A method yields events; the writer appends them to ``events.jsonl``; the page draws them as they
arrive. Replay reads the same list back, so a live picture and a replayed one are equal. A *lane* is
one method at work on the question; an *agent* is unique within its lane. A *moment* is one captured
position of one agent (all its layers); it joins an event with its rows in ``points.parquet``.
Seconds count the lane's own compute time since it began: the clock of a lane stands still while
another lane has the device.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import TypeAdapter, ValidationError

from lab.errors import RecordDamaged
from lab.words import first_mistake, say

Kind = Literal["prompt", "latent", "token"]
Channel = Literal["kv", "hidden", "text"]


@dataclass(frozen=True)
class Segment:
    """A run of neighbouring slots of one KV cache, all written by one agent."""

    agent: str
    kind: Kind
    start: int
    """First slot (column of the cache) of the segment."""
    length: int
    kept: bool = True
    """False: cropped away by the cache policy, drawn hatched."""


@dataclass(frozen=True)
class Event:
    """One fact. ``at`` is lane seconds; ``lane`` is empty for facts of the whole run."""

    type: ClassVar[str] = ""
    lane: str
    at: float


@dataclass(frozen=True)
class RunStarted(Event):
    type: ClassVar[str] = "run_started"
    run_id: str
    question: str
    facts: str
    truth: str | None
    schedule: str
    """``alone`` (one lane after the other) or ``interleaved`` (step by step in turn, one worker,
    own clocks)."""


@dataclass(frozen=True)
class LaneStarted(Event):
    type: ClassVar[str] = "lane_started"
    method: str
    title: str
    host: str
    drawn_as: str
    """Sentence on what the lane really computes (for example true fan-in against the official
    chain)."""


@dataclass(frozen=True)
class PastAsked(Event):
    """A router learns: a proposer is asked past questions."""

    type: ClassVar[str] = "past_asked"
    host: str
    done: int
    """Of them answered."""
    total: int
    kept: bool
    """Its answers were known from before."""


@dataclass(frozen=True)
class Candidate:
    """One proposer in a router's eyes."""

    agent: str
    host: str
    asked: bool
    chance: float | None
    """Of being right on this question; None where nobody looked at the question."""
    rate: float | None
    """Share of the past questions on which it was right."""
    words: tuple[tuple[str, float], ...] = ()
    """Words of the question that moved the chance most, with their logits, strongest first."""


@dataclass(frozen=True)
class Routed(Event):
    """Who of a mixture's proposers is asked, and why."""

    type: ClassVar[str] = "routed"
    ask: str
    """Who chose: ``router``, ``random`` (by lot) or ``chosen`` (by hand)."""
    candidates: tuple[Candidate, ...]
    sure: float | None
    """Chance that at least one of the asked is right, as the router sees it."""
    learned: int
    """Past questions that it knows, none about what is asked now."""


@dataclass(frozen=True)
class AgentStarted(Event):
    type: ClassVar[str] = "agent_started"
    agent: str
    role: str
    host: str
    stage: int
    """Row of the data flow: agents of one stage work side by side."""
    reads: tuple[str, ...]
    """Agents whose words or memory this agent is given."""
    memory: tuple[Segment, ...] = ()
    """Cache slots the agent finds when it starts."""


@dataclass(frozen=True)
class PromptRead(Event):
    type: ClassVar[str] = "prompt_read"
    agent: str
    text: str
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    first_moment: int | None
    """Moment of the first prompt token; the others follow one by one. None when prompts are not
    captured."""
    kv_len: int
    kv_bytes: int


@dataclass(frozen=True)
class LatentStep(Event):
    type: ClassVar[str] = "latent_step"
    agent: str
    step: int
    """1-based."""
    top: tuple[tuple[str, float], ...]
    """What ``lm_head`` would say here: (word, probability), best first."""
    entropy: float
    """Nats, of that distribution."""
    norm: float
    """L2 norm of the hidden state before alignment."""
    fed_norm: float
    """L2 norm of the vector fed as the next input embedding."""
    moment: int | None
    kv_len: int


@dataclass(frozen=True)
class TokenOut(Event):
    type: ClassVar[str] = "token"
    agent: str
    step: int
    token: str
    token_id: int
    logprob: float
    """Nats, under the untempered distribution."""
    entropy: float
    moment: int | None
    kv_len: int


@dataclass(frozen=True)
class HandOver(Event):
    type: ClassVar[str] = "hand_over"
    source: str
    target: str
    channel: Channel
    slots: int
    """KV positions handed over (0 for text)."""
    bytes: int
    words: int
    """Words handed over (0 for KV)."""
    text: str = ""


@dataclass(frozen=True)
class AgentFinished(Event):
    type: ClassVar[str] = "agent_finished"
    agent: str
    text: str
    tokens_read: int
    tokens_written: int
    latent_steps: int
    kv_len: int
    kv_bytes: int
    seconds: float
    memory: tuple[Segment, ...] = ()
    note: str = ""
    """Why it ended when not by itself (cut at the limit, failed, repeated its prompt)."""


@dataclass(frozen=True)
class LaneFinished(Event):
    type: ClassVar[str] = "lane_finished"
    answer: str
    value: str
    """The answer's checkable part, empty if none was found."""
    correct: bool | None
    """None where the truth is unknown."""
    tokens_read: int
    tokens_written: int
    latent_steps: int
    kv_len: int
    kv_bytes: int
    first_token: float | None
    """Lane seconds until the first token of the final answer."""
    seconds: float
    peak_bytes: int | None
    """Peak device memory of the lane; None where it cannot be measured."""
    flops: float
    """Estimated from parameters and context, see lab.engine.cost."""


@dataclass(frozen=True)
class Note(Event):
    """Something the reader must know: what capture left out, which fallback was taken."""

    type: ClassVar[str] = "note"
    text: str


@dataclass(frozen=True)
class RunFinished(Event):
    type: ClassVar[str] = "run_finished"


@dataclass(frozen=True)
class RunFailed(Event):
    type: ClassVar[str] = "run_failed"
    message: str


@dataclass(frozen=True)
class RunCancelled(Event):
    type: ClassVar[str] = "run_cancelled"


EVENT_TYPES: dict[str, type[Event]] = {
    cls.type: cls
    for cls in (
        RunStarted,
        LaneStarted,
        PastAsked,
        Routed,
        AgentStarted,
        PromptRead,
        LatentStep,
        TokenOut,
        HandOver,
        AgentFinished,
        LaneFinished,
        Note,
        RunFinished,
        RunFailed,
        RunCancelled,
    )
}


@functools.cache
def _adapter(kind: str) -> TypeAdapter[Event]:
    return TypeAdapter(EVENT_TYPES[kind])


def to_dict(event: Event) -> dict[str, Any]:
    """The event as plain JSON data; ``type`` names its class."""
    return {"type": event.type, **_adapter(event.type).dump_python(event)}


def from_dict(data: dict[str, Any]) -> Event:
    """The inverse of `to_dict`; fields that this version does not know are left out.

    Raises:
        RecordDamaged: if the type is unknown, a field is missing or has a value of another kind.
    """
    cls = EVENT_TYPES.get(str(data.get("type")))
    if cls is None:
        raise RecordDamaged(say("error.events.unknown_event_type_record", type=data.get("type")))
    try:
        return _adapter(cls.type).validate_python(data)
    except ValidationError as error:
        raise RecordDamaged(
            say(
                "error.events.damaged_event_record_cannot",
                type=data.get("type"),
                mistake=first_mistake(error),
            )
        ) from error
