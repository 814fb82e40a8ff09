"""The value of the lanes widget, drawn by ``assets/js/lanes.js``. Byte amounts and final times are
texts with their unit.
"""

from __future__ import annotations

from typing import Literal

from lab.events import Channel, Kind
from lab.panels.run.routing_value import RoutingView
from lab.panels.value import FromBrowser, Known, Value
from lab.roster import Chain


class Guess(Value):
    """A word and its probability."""

    word: str
    p: float


class Rate(Value):
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    """Problems it was measured on."""


class Dot(Value):
    """One latent step."""

    step: int
    """1-based."""
    top: tuple[Guess, ...]
    """What the unembedding reads here, best first."""
    entropy: Known
    """Nats."""
    norm: Known
    """L2 norm of the hidden state."""
    moment: int | None
    """None where it was not captured."""


class Word(Value):
    """One token said."""

    text: str
    logprob: Known
    """Nats; None where the endpoint told none."""
    moment: int | None


class SegmentView(Value):
    """Neighbouring slots of a KV cache, all of one writer and kind."""

    agent: str
    kind: Kind
    length: int
    kept: bool
    """False: cropped away by the cache policy."""


class Prompt(Value):
    """What an agent read; a long prompt comes as its count and the ends of its text."""

    n: int
    first: int | None
    """Moment of the first token; None when prompts were not captured."""
    text: str
    tokens: tuple[str, ...]


class Cache(Value):
    """Size of an agent's KV cache."""

    len: int
    bytes: str
    """Empty until it was measured."""


class AgentView(Value):
    """One agent as drawn."""

    name: str
    host: str
    stage: int
    """Row of the data flow."""
    sees_facts: bool | None
    """Whether it has read the facts; None where there are none."""
    phase: Literal["waiting", "reading", "thinking", "speaking", "done"]
    time: str
    """Empty until it has finished."""
    prompt: Prompt | None
    dots: tuple[Dot, ...]
    words: tuple[Word, ...]
    cut: int
    """Tokens said after the last one in ``words``."""
    text: str
    note: str
    cache: Cache
    strip: tuple[SegmentView, ...]


class Hand(Value):
    """One hand-over."""

    source: str
    target: str
    channel: Channel
    slots: int
    bytes: str
    words: int


class LaneView(Value):
    """One method at work."""

    id: str
    chain: Chain
    """What its agents hand on, where they are a chain."""
    title: str
    drawn_as: str
    done: bool
    answer: str
    value: str
    """The answer's checkable part."""
    correct: bool | None
    control: bool
    """Whether its hand-over is broken on purpose."""
    rate: Rate | None = None
    """How often the same hand-over is right over many other problems, where that is recorded."""
    routing: RoutingView | None = None
    """Who of its proposers is asked, where somebody chooses."""
    agents: tuple[AgentView, ...]
    colors: dict[str, str]
    """By agent."""
    hands: tuple[Hand, ...]


class Bar(Value):
    """Seconds that an agent spent on one kind of slot."""

    kind: Kind
    start: float
    end: float


class TimeRow(Value):
    """One agent of the timeline."""

    agent: str
    color: str
    waits: float
    """Seconds before it could start."""
    bars: tuple[Bar, ...]


class TimeLane(Value):
    """One lane of the timeline, in lane seconds."""

    title: str
    total: float
    total_text: str
    first_token: float | None
    first_token_text: str
    rows: tuple[TimeRow, ...]


class Timeline(Value):
    """Bars of all lanes on one axis."""

    max: float
    lanes: tuple[TimeLane, ...]


Column = Literal[
    "answer",
    "tokens_read",
    "tokens_written",
    "latent_steps",
    "kv_len",
    "kv_bytes",
    "first_token",
    "seconds",
    "peak_bytes",
    "flops",
]


class ComparisonRow(Value):
    """One lane of the comparison; ``cells`` in the order of the columns."""

    title: str
    correct: bool | None
    done: bool
    cells: tuple[str, ...]


class Comparison(Value):
    """The methods side by side, as texts with units."""

    columns: tuple[Column, ...]
    rows: tuple[ComparisonRow, ...]


class LanesValue(Value):
    """The whole picture of a run."""

    run_id: str
    record: str | None = None
    """Id of the record, once there is one."""
    status: str
    """``ready`` before a run, then what the record says of itself."""
    message: str
    question: str
    facts: str
    relay: bool
    """Whether some agents are not shown the facts."""
    truth: str | None
    schedule: str
    notes: tuple[str, ...]
    cache_max: int
    """Slots of the largest cache: the common scale of all strips."""
    lanes: tuple[LaneView, ...]
    timeline: Timeline
    table: Comparison


class AskAgain(FromBrowser):
    """Other proposers than the router's shall be asked, beside its choice."""

    record: str
    lane: str
    chosen: tuple[int, ...]
    """Numbers of the proposers, from 1; empty where the router shall choose."""
    k: int
    """How many the router shall choose."""


class AblateClick(FromBrowser):
    """A button beside an answer: take something from this lane's hand-over."""

    record: str
    lane: str
    condition: str
